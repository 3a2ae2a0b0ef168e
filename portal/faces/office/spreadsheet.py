"""Tables for a spreadsheet: UTF-8 with its mark, and no cell that would be a formula (OWASP CSV injection; guard.md 37)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain_cell(value: object) -> str:
    """Give a cell as text that a spreadsheet shows and never computes."""
    written = str(value)
    return f"'{written}" if written.lstrip(" \u3000").startswith(_RISKY) or written.startswith(_RISKY) else written


def csv_answer(name: str, rows: Iterable[Sequence[object]]) -> Response:
    """Give rows as a file to keep."""
    file = io.StringIO()
    csv.writer(file).writerows([plain_cell(each) for each in row] for row in rows)
    response = Response(file.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response

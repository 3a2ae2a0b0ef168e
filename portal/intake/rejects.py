"""The file of rejected rows: their own columns, then line and reason; to be mended and imported again."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from portal.base.errors import Refused
from portal.intake.staging import Staging

ENDING = ".rejected.csv"
HEADINGS = ("line", "reason")
_CALCULATES = ("=", "+", "-", "@", "\t", "\r")


class BadRejects(Refused):
    """Rejected rows cannot be written there."""

    code = "bad_rejects"


def rejects_path(path: Path, wished: Path | None, *others: Path) -> Path:
    """Give where rejected rows go: where wished, else beside the file. Raises BadRejects for a place that is taken by `others`."""
    chosen = wished or path.with_name(path.name + ENDING)
    if any(chosen.resolve() == each.resolve() for each in (path, *others)):
        raise BadRejects("%(name)s is the file itself, or its mapping: rejected rows need a file of their own.", name=chosen.name)
    if not chosen.resolve().parent.is_dir():
        raise BadRejects("There is no folder %(folder)s for the rejected rows.", folder=str(chosen.parent))
    return chosen


def write_rejects(staging: Staging, path: Path) -> int:
    """Write the rejected rows for a spreadsheet to open (UTF-8 with its mark), readable by the owner alone; give how many.

    Nothing in it is calculated by a spreadsheet: an apostrophe stands before what would be. Without any rejected row a
    file that an earlier run left under the usual name is removed.
    """
    if not staging.tally.rejected:
        if path.name.endswith(ENDING):
            path.unlink(missing_ok=True)
        return 0
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            header = staging.header[:-2] if staging.header[-2:] == HEADINGS else staging.header  # rejected once before
            width = len(header)
            writer.writerow([*map(harmless, header), *HEADINGS])
            for line, reason, cells in staging.rejected():
                writer.writerow([*map(harmless, _fitted(cells, len(staging.header))[:width]), line, harmless(reason)])
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BadRejects("The rejected rows cannot be written to %(name)s: %(why)s", name=path.name, why=error.strerror) from error
    return staging.tally.rejected


def harmless(cell: str) -> str:
    """Give a cell that no spreadsheet takes for a formula, without zero bytes."""
    cell = cell.replace("\0", "")
    return "'" + cell if cell.startswith(_CALCULATES) else cell


def _fitted(cells: Sequence[str], width: int) -> list[str]:
    """Give as many cells as there are headings; what is beyond them stays together in the last one."""
    if len(cells) > width:
        return [*cells[: width - 1], " ".join(cells[width - 1 :])]
    return [*cells, *[""] * (width - len(cells))]

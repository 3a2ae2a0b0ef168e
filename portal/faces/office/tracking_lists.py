"""A list of references with tracking numbers, as it is pasted from a carrier's page or comes as a file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.base.errors import N_, Invalid
from portal.orders import read_reference

MOST_LINES, MOST_BYTES = 200, 100_000
_PARTS = re.compile(r"""["']?([A-Za-z0-9]{4}[- ]?[A-Za-z0-9]{4})["']?[\s,;，；]+["']?(.*?)["']?""")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list. `reference` is None where it cannot be one."""

    text: str
    reference: str | None
    tracking: str


def read_file(raw: bytes) -> str:
    """Read a file as spreadsheets write it, in UTF-8 or GB 18030; Invalid for anything else, or more than 100 kB."""
    if len(raw) > MOST_BYTES:
        raise Invalid({"file": N_("The file is larger than 100 kB.")})
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Invalid({"file": N_("This file is no text. Save the table as CSV and choose that.")})


def read_lines(text: str, *, field: str) -> list[Line]:
    """Read a list, a line for each order: reference, then tracking number. A heading is passed over. Invalid for more than 200."""
    written = [line.strip()[:200] for line in text.splitlines() if line.strip(" \t,;\r")]
    lines = [_read(line) for line in written]
    if len(lines) > 1 and lines[0].reference is None and not any(sign.isdigit() for sign in lines[0].text):
        lines = lines[1:]
    if len(lines) > MOST_LINES:
        raise Invalid({field: N_("At most 200 lines at once.")})
    return lines


def _read(line: str) -> Line:
    parts = _PARTS.fullmatch(line)
    alone = read_reference(line.strip("\"'"))
    if parts is None or alone is not None:
        return Line(line, alone, "")
    return Line(line, read_reference(parts[1]), " ".join(parts[2].split()))

"""Opening an operator's file: rows of text with their line numbers, from CSV or a workbook, one at a time.

Whatever is wrong with a row is given in its place and the rows after it go on; what is wrong with the file is refused.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Protocol

from portal.base.errors import Refused
from portal.intake.encodings import AUTO, look_through
from portal.intake.fields import Fault
from portal.intake.workbooks import Workbook

LONGEST_LINE = 1_000_000
"""So many characters of a line are read; one that is longer is rejected, and passed over unread."""
MOST_COLUMNS = 1000
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"

Row = tuple[int, Sequence[str], Fault | None]
"""A row's line in the file, its cells, and what makes it unreadable, if anything does."""


class Unreadable(Refused):
    """The file is none that can be read; the sentence says why."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True)
class Reader:
    """How a file is to be read: `delimiter` one character, `encoding` a name or auto, `sheet` a workbook's, None: the first."""

    delimiter: str = ","
    encoding: str = AUTO
    sheet: str | None = None


class Sheet(Protocol):
    """An open file. `header` are its headings; `said` what it was taken for, in words."""

    header: tuple[str, ...]
    sha256: str
    said: str

    def rows(self) -> Iterator[Row]:
        """Give every row below the header that is not blank."""
        ...

    def progress(self) -> tuple[int, int]:
        """Give how much of how much has been read."""
        ...

    def close(self) -> None:
        """Give back what it holds besides the file."""
        ...


@contextmanager
def open_sheet(path: Path, reader: Reader = Reader()) -> Iterator[Sheet]:
    """Open a file of customers. Raises Unreadable, Undecipherable."""
    if not path.is_file():
        raise Unreadable("%(name)s is no file.", name=path.name)
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        start = file.read(len(_ZIP))
        if not start:
            raise Unreadable("The file is empty.")
        if start == _OLD_EXCEL:
            raise Unreadable("This is an old or an encrypted workbook. Save it as .xlsx without a password, or as CSV.")
        sheet: Sheet = Workbook(file, reader.sheet) if start == _ZIP else CsvSheet(file, reader)
        _check_header(sheet.header)
        try:
            yield sheet
        finally:
            sheet.close()
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise Unreadable("The file was changed while it was read. Nothing was imported.")


def _check_header(header: tuple[str, ...]) -> None:
    if not any(header):
        raise Unreadable("The file has no headings.")
    if len(header) > MOST_COLUMNS:
        raise Unreadable("The file has %(count)s columns; %(most)s are read.", count=len(header), most=MOST_COLUMNS)
    if any("\0" in heading for heading in header):
        raise Unreadable("The headings hold zero bytes: is the file UTF-16 without a mark (--encoding utf-16-le), or no text?")


class CsvSheet:
    """Rows of a CSV file. Quotes follow RFC 4180; what does not is rejected from the line it begins on to where it ends."""

    def __init__(self, file: BinaryIO, reader: Reader) -> None:
        if len(reader.delimiter) != 1 or reader.delimiter in '"\r\n':
            raise Unreadable("The delimiter is one character, such as , or ; or a tab.")
        found = look_through(file, reader.encoding)
        self.sha256, self.said = found.sha256, f"CSV, {found.encoding}"
        file.seek(0)
        self._file, self._size = file, os.fstat(file.fileno()).st_size
        self._text = TextIOWrapper(file, found.encoding, newline="")
        self._lines = _Lines(self._text)
        self._csv = csv.reader(self._lines, delimiter=reader.delimiter, strict=True)
        self.header = self._header()

    def progress(self) -> tuple[int, int]:
        """Give bytes read, bytes in all."""
        return self._file.tell(), self._size

    def close(self) -> None:
        """Leave the file to whoever opened it."""
        self._text.detach()

    def rows(self) -> Iterator[Row]:
        """Give every row below the header that is not blank."""
        width, header = len(self.header), list(self.header)
        lines, each = self._lines, iter(self._csv)
        while True:
            line = lines.number + 1
            try:
                cells = next(each)
            except StopIteration:
                return
            except _TooLong as error:
                yield line, [error.shown], Fault(f"The line is longer than {LONGEST_LINE:,} characters.")
                continue
            except csv.Error as error:
                yield line, [lines.last.strip()[:200]], _csv_fault(str(error), line, lines.number)
                continue
            if len(cells) != width:
                if cells:
                    yield line, cells, Fault(f"There are {len(cells)} cells where the headings are {width}.")
            elif any(cells):
                yield line, cells, Fault("The headings stand here again.") if cells == header else None

    def _header(self) -> tuple[str, ...]:
        try:
            for cells in self._csv:
                if any(cells):
                    return tuple(heading.strip() for heading in cells)
        except (_TooLong, csv.Error) as error:
            raise Unreadable("The headings cannot be read: their line is too long, or a quotation mark is never closed.") from error
        raise Unreadable("The file has no headings.")


def _csv_fault(said: str, first: int, last: int) -> Fault:
    where = f" (lines {first} to {last})" if last > first else ""
    if "limit" in said or "end of data" in said:
        return Fault("A quotation mark is opened and never closed.", value=where.strip(" ()"))
    return Fault("Something follows a closing quotation mark.", value=where.strip(" ()"))


class _TooLong(Exception):
    def __init__(self, shown: str) -> None:
        super().__init__(shown)
        self.shown = shown


class _Lines:
    """The lines of a text, none of them ever held beyond LONGEST_LINE; counts them."""

    def __init__(self, text: TextIOWrapper) -> None:
        self._read = text.readline
        self.number = 0
        self.last = ""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._read(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        self.last = line
        if len(line) == LONGEST_LINE and line[-1] not in "\r\n":
            self.last = line[:200]
            while (rest := self._read(LONGEST_LINE)) and rest[-1] not in "\r\n":
                pass
            raise _TooLong(self.last)
        return line

"""Rows of a workbook (.xlsx). Its sizes are looked at before anything of it is unpacked; nothing in it is calculated."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import IO, Any, BinaryIO
from xml.etree.ElementTree import ParseError

from portal.base.errors import Refused
from portal.intake.fields import Fault, Unusable

MOST_PARTS = 2000
MOST_BYTES = 2_000_000_000
MOST_TEXT_BYTES = 32_000_000
"""Whatever is no sheet is kept in memory while the sheets are read: from this size on it has to be a CSV file."""
MOST_TIMES = 150
LONGEST_TEXT_BYTES = 1 << 18
SMALL = 1_000_000
_SHEETS = "xl/worksheets/"
_BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, ParseError, EOFError, OSError, RuntimeError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError),
)
"""What openpyxl and zipfile raise for files that are no workbooks."""


class BadWorkbook(Refused):
    """The workbook cannot be read, or is larger than one should be."""

    code = "bad_workbook"


class Workbook:
    """The rows of one sheet, as text: days as 2024-03-05, whole numbers without a point."""

    def __init__(self, file: BinaryIO, sheet: str | None) -> None:
        self.sha256 = _sha256(file)
        _check_sizes(file)
        try:
            self._book, self._sheet = _open(file, sheet)
            self._each = self._sheet.iter_rows()
            self.header, self._line = self._header()
        except _BROKEN as error:
            raise BadWorkbook("This is no workbook that can be read (.xlsx without a password).") from error
        self.said = f"workbook, sheet {self._sheet.title}"
        self._total = self._sheet.max_row or 0

    def progress(self) -> tuple[int, int]:
        """Give rows read, rows in all as far as the workbook says."""
        return self._line, max(self._total, self._line)

    def close(self) -> None:
        """Give back what it holds."""
        self._book.close()

    def rows(self) -> Iterator[tuple[int, Sequence[str], Fault | None]]:
        """Give every row below the header that is not blank."""
        width, header = len(self.header), list(self.header)
        while True:
            self._line += 1
            try:
                row = next(self._each)
            except StopIteration:
                return
            except _BROKEN as error:
                raise BadWorkbook("The workbook is damaged at line %(line)s. Nothing was imported.", line=self._line) from error
            cells = [_text(cell) for cell in row[:width]]
            cells += [""] * (width - len(cells))
            if any(_text(cell) for cell in row[width:]):
                yield self._line, cells, Fault(f"There are more cells than the {width} headings.")
            elif any(cells):
                yield self._line, cells, Fault("The headings stand here again.") if cells == header else None

    def _header(self) -> tuple[tuple[str, ...], int]:
        for line, row in enumerate(self._each, 1):
            cells = [_text(cell).strip() for cell in row]
            if any(cells):
                while not cells[-1]:
                    cells.pop()
                return tuple(cells), line
        raise BadWorkbook("The sheet is empty.")


def _open(file: BinaryIO, sheet: str | None) -> tuple[Any, Any]:
    """Give the workbook and its sheet."""
    from openpyxl import load_workbook  # a tenth of a second, and few files are workbooks

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of every style and drawing it does not know
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    named = {each.title: each for each in book.worksheets}
    if sheet is not None and sheet not in named:
        raise BadWorkbook("There is no sheet %(name)s: there are %(named)s.", name=sheet, named=", ".join(named))
    shown = [each for each in book.worksheets if each.sheet_state == "visible"]
    if not shown:
        raise BadWorkbook("The workbook has no sheet.")
    found = named[sheet] if sheet is not None else shown[0]
    found.reset_dimensions()  # a sheet may say it is a million columns wide
    return book, found


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return Unusable(str(value), "The cell is a formula: paste it as a value.")
    if cell.data_type == "e":
        return Unusable(str(value), "The cell shows an error of the spreadsheet.")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_sizes(file: BinaryIO) -> None:
    """Refuse what is far larger unpacked than a sheet of customers is: before unpacking."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
                raise BadWorkbook("The workbook is too large when unpacked. Save it as CSV.")
            for part in parts:
                _check_part(archive, part)
    except _BROKEN as error:
        raise BadWorkbook("This is no workbook that can be read (.xlsx without a password).") from error
    file.seek(0)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    if part.file_size > SMALL and part.file_size > MOST_TIMES * max(part.compress_size, 1):
        raise BadWorkbook("A part of the workbook unpacks to more than %(times)s times its size. Save it as CSV.", times=MOST_TIMES)
    name = part.filename.lower()
    if not name.startswith(_SHEETS) and part.file_size > MOST_TEXT_BYTES:
        raise BadWorkbook("The workbook holds more text than is read from one. Save it as CSV.")
    if name.endswith((".xml", ".rels")):
        with archive.open(part) as opened:
            _look_through(opened)


def _look_through(part: IO[bytes]) -> None:
    """Refuse what no spreadsheet writes: declarations and entities, and a text so long that it alone would fill the memory."""
    end = b""
    while block := part.read(LONGEST_TEXT_BYTES):
        if b"<!" in end + block:
            raise BadWorkbook("The workbook declares something of its own, which none needs. Save it anew, or as CSV.")
        if len(block) == LONGEST_TEXT_BYTES and b"<" not in block:
            raise BadWorkbook("A cell of the workbook holds more text than any should.")
        end = block[-1:]


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()

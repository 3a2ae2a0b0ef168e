"""The first pass: every row of a file is read and checked against the mapping and the other rows, and laid aside on disk.

What is laid aside lives in a temporary database without a name, which the system forgets with the process, however it
ends. Memory does not grow with the file.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from portal.intake.fields import Fault
from portal.intake.job import Job
from portal.intake.rows import LeftOut, RowReader, Told, Values, fingerprint, written
from portal.intake.sheets import Sheet

AT_ONCE = 1000
"""So many rows are compared together."""
_CACHE_KIB = 16_000
_SCHEMA = (
    f"PRAGMA cache_size=-{_CACHE_KIB}",
    "PRAGMA journal_mode=OFF",
    "PRAGMA synchronous=OFF",
    "PRAGMA locking_mode=EXCLUSIVE",
    "CREATE TABLE row (line INTEGER PRIMARY KEY, external_id, mark, told, numbers, cells, state, customer_id)",
    "CREATE TABLE bears (external_id TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID",
    "CREATE TABLE number (number TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID",
    "CREATE TABLE rejected (line INTEGER PRIMARY KEY, reason TEXT, cells TEXT)",
    "CREATE TABLE corrected (chain INTEGER, customer_id INTEGER, fields TEXT)",
)
Report = Callable[[int, int], None]
"""Told now and then: so much of so much is done."""


@dataclass(slots=True)
class Tally:
    """What was found: rows by what becomes of them, and how often for each reason or rule."""

    rows: int = 0
    rejected: int = 0
    left_out: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    known_before: int = 0
    known_after: int = 0
    missing: int = 0
    """Customers of earlier files of this source that this file does not name."""
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(column, sentence): how many rows were rejected for it."""
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(what was done, the rule's sentence): how many rows it decided on."""
    fields: Counter[str] = field(default_factory=Counter)
    """How many customers differ in each field."""

    @property
    def accepted(self) -> int:
        """How many rows are neither rejected nor left out."""
        return self.added + self.changed + self.unchanged


class Face(NamedTuple):
    """What a row is known by: its place, the id it bears, the hash of what it says, its numbers."""

    line: int
    external_id: str
    fingerprint: str
    numbers: list[str]


class StagedRow(NamedTuple):
    """A row that was taken, as it was laid aside."""

    line: int
    external_id: str
    fingerprint: str
    values: Values
    customer_id: int | None


class Staging:
    """What a first pass laid aside."""

    def __init__(self, connection: sqlite3.Connection, header: Sequence[str]) -> None:
        self.header = tuple(header)
        self.tally = Tally()
        self._run = connection.execute
        self._many = connection.executemany

    def take(self, line: int, told: Told, owned: AbstractSet[str], cells: Sequence[str]) -> None:
        """Lay a row aside. Raises Fault when a row before it bears the same id, or one of its numbers."""
        self._bear(told.external_id, line)
        numbers = told.values.get("number", ())
        for number in numbers:
            if (other := self._run("SELECT line FROM number WHERE number = ?", (number,)).fetchone()) is not None:
                raise Fault("Another row above has this number.", value=f"line {other[0]}")
        self._many("INSERT INTO number VALUES (?, ?)", [(number, line) for number in numbers])
        text = written(told.values)
        row = (line, told.external_id, fingerprint(told.values, text, owned), text, " ".join(numbers), _joined(cells))
        self._run("INSERT INTO row (line, external_id, mark, told, numbers, cells) VALUES (?, ?, ?, ?, ?, ?)", row)

    def note_id(self, external_id: str, line: int) -> None:
        """Note that a row which is not taken bears an id."""
        self._run("INSERT OR IGNORE INTO bears VALUES (?, ?)", (external_id, line))

    def reject(self, line: int, fault: Fault, cells: Sequence[str]) -> None:
        """Lay a row aside as rejected."""
        self.tally.rejected += 1
        self.tally.reasons[fault.column, fault.sentence] += 1
        self._run("INSERT INTO rejected VALUES (?, ?, ?)", (line, _reason(fault), _joined(cells)))

    def reject_staged(self, line: int, fault: Fault) -> None:
        """Reject a row after all that was laid aside as taken."""
        cells = self._run("SELECT cells FROM row WHERE line = ?", (line,)).fetchone()[0]
        self.reject(line, fault, cells.split(_BETWEEN))

    def mark(self, marks: Sequence[tuple[str, int | None, int]]) -> None:
        """Note what becomes of rows: (state, customer, line) of each."""
        self._many("UPDATE row SET state = ?, customer_id = ? WHERE line = ?", marks)

    def faces(self) -> Iterator[list[Face]]:
        """Give what each row that was taken is known by, in the order of the file."""
        line = 0
        query = f"SELECT line, external_id, mark, numbers FROM row WHERE line > ? ORDER BY line LIMIT {AT_ONCE}"  # noqa: S608  # nosec B608 - our own number
        while found := self._run(query, (line,)).fetchall():
            line = found[-1][0]
            yield [Face(at, external_id, mark, numbers.split()) for at, external_id, mark, numbers in found]

    def values_of(self, line: int) -> Values:
        """Give what a row that was taken says."""
        return dict(_read(self._run("SELECT told FROM row WHERE line = ?", (line,)).fetchone()[0]))

    def batches(self, state: str, count: int = AT_ONCE) -> Iterator[list[StagedRow]]:
        """Give the rows of a state, so many at a time, in the order of the file."""
        line = 0
        query = "SELECT line, external_id, mark, told, customer_id FROM row WHERE state = ? AND line > ? ORDER BY line LIMIT ?"
        while found := self._run(query, (state, line, count)).fetchall():
            line = found[-1][0]
            yield [StagedRow(at, external_id, mark, _read(told), customer_id) for at, external_id, mark, told, customer_id in found]

    def ids(self) -> Iterator[list[str]]:
        """Give every id the file bears, rejected rows' included."""
        last = ""
        while found := self._run("SELECT external_id FROM bears WHERE external_id > ? ORDER BY 1 LIMIT 1000", (last,)).fetchall():
            last = found[-1][0]
            yield [each[0] for each in found]

    def note_corrected(self, chain: int, customer_id: int, fields: Sequence[str]) -> None:
        """Note that a customer was changed, for the audit log."""
        self._run("INSERT INTO corrected VALUES (?, ?, ?)", (chain, customer_id, " ".join(fields)))

    def corrected(self) -> Iterator[tuple[int, list[str]]]:
        """Give each customer that was changed, chain by chain, with the fields."""
        for customer_id, fields in self._run("SELECT customer_id, fields FROM corrected ORDER BY chain, rowid"):
            yield customer_id, fields.split()

    def rejected(self) -> Iterator[tuple[int, str, list[str]]]:
        """Give each rejected row in the order of the file: its line, why, its cells."""
        for line, reason, cells in self._run("SELECT line, reason, cells FROM rejected ORDER BY line"):
            yield line, reason, cells.split(_BETWEEN)

    def _bear(self, external_id: str, line: int) -> None:
        if self._run("INSERT OR IGNORE INTO bears VALUES (?, ?)", (external_id, line)).rowcount:
            return
        other = self._run("SELECT line FROM bears WHERE external_id = ?", (external_id,)).fetchone()[0]
        raise Fault("Another row above has this id.", value=f"line {other}")


@contextmanager
def stage_file(sheet: Sheet, job: Job, report: Report | None = None) -> Iterator[Staging]:
    """Read a file through, laying aside what it says. Raises MissingColumns, BadMapping, and what the sheet raises."""
    reader, owned = RowReader(job, sheet.header), job.owned
    with closing(sqlite3.connect("", isolation_level=None)) as connection:
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("BEGIN")
        staging = Staging(connection, sheet.header)
        for line, cells, fault in sheet.rows():
            _stage_row(staging, reader, owned, line, cells, fault)
            if report is not None and staging.tally.rows % AT_ONCE == 0:
                report(*sheet.progress())
        if report is not None:
            report(*sheet.progress())
        yield staging


def _stage_row(staging: Staging, reader: RowReader, owned: AbstractSet[str], line: int, cells: Sequence[str], fault: Fault | None) -> None:
    tally = staging.tally
    tally.rows += 1
    try:
        if fault is not None:
            raise fault
        told = reader.read(cells)
        if isinstance(told, LeftOut):
            tally.left_out += 1
            tally.rules["left out", told.because] += 1
        else:
            staging.take(line, told, owned, cells)
            if told.rule is not None:
                tally.rules["taken", told.rule] += 1
            return
    except Fault as found:
        staging.reject(line, found, cells)
    if external_id := reader.find_id(cells):
        staging.note_id(external_id, line)


def _read(text: str) -> Any:
    return _decoder.raw_decode(text)[0]


_decoder = json.JSONDecoder()
_BETWEEN = "\x1f"


def _joined(cells: Sequence[str]) -> str:
    """Write cells as one text: quicker than JSON, and they are read again only where a row is rejected."""
    text = _BETWEEN.join(cells)
    return text if text.count(_BETWEEN) == len(cells) - 1 else _BETWEEN.join([cell.replace(_BETWEEN, "") for cell in cells])


def _reason(fault: Fault) -> str:
    """Give what is wrong in one line: the column, the sentence, and what stood there as far as it can be shown."""
    shown = "".join(char if char.isprintable() else "·" for char in fault.value[:40])
    where = f"{fault.column}: " if fault.column else ""
    return where + fault.sentence + (f" ({shown})" if shown else "")

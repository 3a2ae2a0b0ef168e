"""The second look: what the portal knows already of the customers a file names, and what is in the way of a row."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.customers import CustomerLeft, Holder, NumberInUse, find_differences, find_holders
from portal.intake.fields import Fault
from portal.intake.job import Job
from portal.intake.models import ImportedCustomer
from portal.intake.rows import asked_of, customer_of
from portal.intake.staging import Face, Report, Staging

ADDED, CHANGED, NOTED, SAME, REJECTED = "added", "changed", "noted", "same", "rejected"

_known = sa.select(ImportedCustomer.external_id, ImportedCustomer.customer_id, ImportedCustomer.fingerprint).where(
    ImportedCustomer.source == sa.bindparam("source"), ImportedCustomer.external_id.in_(sa.bindparam("ids", expanding=True))
)
_count = sa.select(sa.func.count()).select_from(ImportedCustomer).where(ImportedCustomer.source == sa.bindparam("source"))


class Comparison:
    """Compares a staged file with what is known, and marks every row with what becomes of it. Reads alone."""

    def __init__(self, session: Session, staging: Staging, job: Job) -> None:
        self._session, self._staging, self._job = session, staging, job

    def run(self, report: Report | None = None) -> None:
        """Look at every row. Afterwards the staging's tally says how many will be added, changed, left as they are."""
        tally, done = self._staging.tally, 0
        if self._session.get_bind().dialect.name == "sqlite":  # a large file that is mapped fills the memory of this process
            self._session.connection().exec_driver_sql("PRAGMA mmap_size=0")
        expected = tally.rows - tally.rejected - tally.left_out
        tally.known_before = self._session.connection().execute(_count, {"source": self._job.source}).scalar_one()
        for batch in self._staging.faces():
            self._staging.mark(self._judge_all(batch))
            done += len(batch)
            if report is not None:
                report(done, expected)
        tally.known_after = tally.known_before + tally.added
        tally.missing = self._count_missing() if tally.known_before else 0

    def _judge_all(self, batch: list[Face]) -> list[tuple[str, int | None, int]]:
        known = self._known([row.external_id for row in batch])
        said_before = {external_id: mark for external_id, (_, mark) in known.items()}
        asked = [row for row in batch if said_before.get(row.external_id) != row.fingerprint]
        holders = find_holders(self._session, [number for row in asked for number in row.numbers])
        marks: list[tuple[str, int | None, int]] = []
        for row in batch:
            customer_id, mark = known.get(row.external_id, (None, ""))
            try:
                state = SAME if mark == row.fingerprint else self._judge(row, customer_id, holders)
            except Fault as fault:
                self._staging.reject_staged(row.line, fault)
                state = REJECTED
            self._count(state)
            marks.append((state, customer_id, row.line))
        return marks

    def _judge(self, row: Face, customer_id: int | None, holders: Mapping[str, Holder]) -> str:
        if customer_id is None or "number" in self._job.owns:
            for number in row.numbers:
                holder = holders.get(number)
                if holder is not None and holder.customer_id != customer_id:
                    raise Fault(NumberInUse.sentence, column="number", value=number)
        if customer_id is None:
            return ADDED
        values = self._staging.values_of(row.line)
        told = customer_of(row.external_id, values, self._job)
        try:
            fields = find_differences(self._session, customer_id, told, asked_of(values, self._job.owns), self._job.sold)
        except CustomerLeft as error:
            raise Fault(error.sentence) from error
        self._staging.tally.fields.update(fields)
        return CHANGED if fields else NOTED

    def _count(self, state: str) -> None:
        tally = self._staging.tally
        if state == ADDED:
            tally.added += 1
        elif state == CHANGED:
            tally.changed += 1
        elif state != REJECTED:
            tally.unchanged += 1

    def _known(self, ids: list[str]) -> Mapping[str, tuple[int, str]]:
        """Give the customer and the fingerprint of each id that is known."""
        if not self._staging.tally.known_before:
            return {}
        found = self._session.connection().execute(_known, {"source": self._job.source, "ids": ids})
        return {row.external_id: (row.customer_id, row.fingerprint) for row in found}

    def _count_missing(self) -> int:
        named = sum(len(self._known(ids)) for ids in self._staging.ids())
        return self._staging.tally.known_before - named

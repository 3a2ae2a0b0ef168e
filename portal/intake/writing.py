"""Writing what was compared: everything, or nothing, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.base.audit import Entry, chain_of, record, record_many
from portal.base.bulk import BulkTransaction
from portal.base.errors import Refused
from portal.base.ids import new_id
from portal.customers import CustomersInBulk, NewCustomer, NumberInUse, correct_customer
from portal.intake.comparing import ADDED, CHANGED, NOTED
from portal.intake.job import Job
from portal.intake.models import ImportedCustomer, ImportRun
from portal.intake.rows import asked_of, customer_of
from portal.intake.staging import Report, StagedRow, Staging

ACTOR, CHANNEL = "operator", "cli"
LOCK = 7_203_114
"""The number of the advisory lock that imports into one PostgreSQL database wait for."""
TOGETHER = 2000
"""So many customers are added together: their search keys are put in order first, and neighbours are cheap to insert."""
_COLUMNS = ("source", "external_id", "customer_id", "fingerprint", "run_id")

_note = (
    sa.update(ImportedCustomer)
    .where(ImportedCustomer.source == sa.bindparam("of_source"), ImportedCustomer.external_id == sa.bindparam("of_id"))
    .values(fingerprint=sa.bindparam("new_fingerprint"), run_id=sa.bindparam("new_run"))
)


class ChangedMeanwhile(Refused):
    """Somebody else wrote what the file was about to, between looking and writing."""

    code = "changed_meanwhile"
    sentence = "While the file was being written, a number or an id in it was taken by somebody else. Nothing was imported: try again."


def claim_import(session: Session) -> None:
    """Wait until no other import is being written, and keep others waiting until this transaction ends."""
    if session.get_bind().dialect.name != "sqlite":  # there, writers stand in line anyhow
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


class Writing:
    """Writes a compared file under one run."""

    def __init__(self, session: Session, staging: Staging, job: Job) -> None:
        self.run_id = new_id(job.now)
        self._session, self._staging, self._job, self._now = session, staging, job, job.now

    def write(self, report: Report | None = None) -> None:
        """Add and change what the comparison marked. Raises ChangedMeanwhile."""
        tally, done = self._staging.tally, 0
        expected = tally.added + tally.changed
        try:
            for count in self._steps():
                done += count
                if report is not None:
                    report(done, expected)
        except (IntegrityError, NumberInUse) as error:
            raise ChangedMeanwhile from error

    def close(self, key: bytes, *, file_name: str, file_sha256: str, ended_at: datetime) -> None:
        """Note the run, and in the audit log who was changed and how; the last thing to do, for others wait for the log."""
        tally = self._staging.tally
        counts = {
            "added": tally.added, "changed": tally.changed, "unchanged": tally.unchanged, "rejected": tally.rejected,
            "left_out": tally.left_out, "missing": tally.missing,
        }  # fmt: skip
        self._session.add(
            ImportRun(
                id=self.run_id, source=self._job.source, file_name=file_name, file_sha256=file_sha256,
                mapping_sha256=self._job.mapping.sha256, counts=counts, started_at=self._now, ended_at=ended_at,
            )
        )  # fmt: skip
        self._session.flush()
        record_many(self._session, key, self._entries(), now=ended_at)
        run = Entry(ACTOR, "customers.imported", CHANNEL, subject=f"import:{self.run_id}", detail={"source": self._job.source, **counts})
        record(self._session, key, run, now=ended_at)

    def _steps(self) -> Iterator[int]:
        in_bulk, bulk = CustomersInBulk(self._session, now=self._now), BulkTransaction(self._session)
        table = ImportedCustomer.__table__
        for batch in self._staging.batches(ADDED, TOGETHER):
            made = in_bulk.add([self._customer(row) for row in batch])
            pairs = zip(batch, made, strict=True)
            rows = [(self._job.source, row.external_id, one.customer_id, row.fingerprint, self.run_id) for row, one in pairs]
            bulk.write(table, _COLUMNS, sorted(rows))
            yield len(batch)
        for batch in self._staging.batches(CHANGED):
            for row in batch:
                self._correct(row)
            self._note(batch)
            yield len(batch)
        for batch in self._staging.batches(NOTED):
            self._note(batch)

    def _correct(self, row: StagedRow) -> None:
        assert row.customer_id is not None
        asked = asked_of(row.values, self._job.owns)
        fields = correct_customer(self._session, row.customer_id, self._customer(row), asked, self._job.sold, now=self._now)
        self._staging.note_corrected(chain_of(self._entry(row.customer_id, fields)), row.customer_id, fields)
        self._session.expunge_all()  # a million customers are not kept in mind

    def _note(self, batch: list[StagedRow]) -> None:
        """Keep what the rows say now, to know them again."""
        noted = {"of_source": self._job.source, "new_run": self.run_id}
        told = [{**noted, "of_id": row.external_id, "new_fingerprint": row.fingerprint} for row in batch]
        self._session.connection().execute(_note, told)

    def _customer(self, row: StagedRow) -> NewCustomer:
        return customer_of(row.external_id, row.values, self._job)

    def _entries(self) -> Iterator[Entry]:
        for customer_id, fields in self._staging.corrected():
            yield self._entry(customer_id, fields)

    def _entry(self, customer_id: int, fields: Sequence[str]) -> Entry:
        subject = f"import:{self.run_id}"
        return Entry(ACTOR, "customer.corrected", CHANNEL, customer_id=customer_id, subject=subject, detail={"fields": list(fields)})

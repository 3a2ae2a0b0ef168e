"""Papers a customer showed: which one, when, to whom. Neither its number nor a copy of it is ever kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import N_, Invalid, NotFound
from portal.customers.models import CustomerPaper
from portal.customers.profile import after_months

PaperName = Literal["id_card", "business_licence", "authorisation", "student_card"]


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of paper: what it is called, what somebody is told who has not shown it, and for how many months a showing counts."""

    name: str
    ask: str
    months: int | None = None


PAPERS: Mapping[str, Paper] = {
    "id_card": Paper(N_("Identity card"), N_("Show your identity card at an outlet once.")),
    "business_licence": Paper(N_("Business licence"), N_("Show your business licence at an outlet once.")),
    "authorisation": Paper(N_("Letter of authorisation"), N_("Show your letter of authorisation at an outlet once.")),
    "student_card": Paper(N_("Student card"), N_("Show your student card at an outlet once."), months=12),
}
"""Every paper there is, by PaperName: offers ask for these, orders wait for these, and no other is kept."""


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper as it was last shown. `valid_until`: the last day on which that counts, None for good; `counts`: it does today."""

    name: str
    seen_at: datetime
    seen_by: str
    valid_until: date | None
    counts: bool

    @property
    def seen_on(self) -> date:
        """The day on which it was seen."""
        return today(self.seen_at)


_paper = CustomerPaper.metadata.tables["customer_paper"]
_of = _paper.c.customer_id == sa.bindparam("of_customer")
_listed = (
    sa.select(_paper.c.name, _paper.c.seen_at, _paper.c.seen_by, _paper.c.valid_until).where(_of).order_by(_paper.c.seen_at, _paper.c.name)
)


def _keeping(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    new = insert.excluded
    newest = {"seen_at": new.seen_at, "seen_by": new.seen_by, "valid_until": new.valid_until}
    return insert.on_conflict_do_update(index_elements=["customer_id", "name"], set_=newest, where=_paper.c.seen_at <= new.seen_at)


_keep = {"sqlite": _keeping(sqlite.insert(_paper)), "postgresql": _keeping(postgresql.insert(_paper))}


def keep_papers(session: Session, customer_id: int, names: Collection[str], *, seen_by: str, now: datetime) -> None:
    """Keep that these papers of a customer were seen, by whom (as in the audit log); of two showings the newest counts.

    Raises Invalid (`paper`) where one of the names is none of PAPERS, NotFound for no such customer.
    """
    if not set(names) <= PAPERS.keys():
        raise Invalid({"paper": N_("Choose the paper you have seen.")})
    day = today(now)
    for name in sorted(set(names)):  # in one order, so that two who note the same never wait for each other
        months = PAPERS[name].months
        until = None if months is None else after_months(day, months)
        row = {"customer_id": customer_id, "name": name, "seen_at": now, "seen_by": seen_by, "valid_until": until}
        try:
            session.connection().execute(_keep[session.get_bind().dialect.name], row)
        except IntegrityError as error:
            raise NotFound from error


def list_papers(session: Session, customer_id: int, *, now: datetime) -> Sequence[PaperView]:
    """Give the papers a customer has shown, those as well that count no more, the first shown first. One statement."""
    day, rows = today(now), session.connection().execute(_listed, {"of_customer": customer_id})
    return [PaperView(*row, counts=row.valid_until is None or row.valid_until >= day) for row in rows]

"""One person: name, language and the lines they use, for whoever may know them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.customers.entry import ENDED
from portal.customers.models import Customer, CustomerRole, Party, Subscription


@dataclass(frozen=True, slots=True)
class UsedLine:
    """A line somebody uses. `number` is whole: it is for the person, or for whom the person let see it."""

    customer_id: int
    subscription_id: int
    kind: str
    number: str
    status: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person, and the lines they use, the oldest first."""

    party_id: int
    name: str
    language: str | None
    lines: tuple[UsedLine, ...]

    @property
    def number(self) -> str | None:
        """The number they are called at: of their oldest mobile line."""
        return next((line.number for line in self.lines if line.kind == "mobile"), None)


@dataclass(frozen=True, slots=True)
class CustomerOwner:
    """Whose customer it is: the party that has the contract, its kind (individual, organisation) and its name."""

    party_id: int
    kind: str
    name: str


_owner = (
    sa.select(Party.id, Customer.kind, Party.name)
    .join_from(Customer, Party, Party.id == Customer.party_id)
    .where(Customer.customer_id == sa.bindparam("customer_id"))
)
_in_force = sa.and_(
    CustomerRole.party_id == Party.id,
    CustomerRole.valid_from <= sa.bindparam("now"),
    sa.or_(CustomerRole.valid_to.is_(None), CustomerRole.valid_to > sa.bindparam("now")),
)
_used = sa.and_(
    Subscription.customer_id == CustomerRole.customer_id, Subscription.party_id == CustomerRole.party_id, Subscription.status != ENDED
)
_person = (
    sa.select(
        Party.name, Party.language, Subscription.customer_id, Subscription.id, Subscription.kind, Subscription.number, Subscription.status
    )
    .select_from(Party)
    .outerjoin(CustomerRole, _in_force)
    .outerjoin(Subscription, _used)
    .where(Party.id == sa.bindparam("party_id"), Party.kind == "individual")
    .order_by(Subscription.activated_on, Subscription.id)
)


def find_person(session: Session, party_id: int, *, now: datetime) -> Person | None:
    """Give a person with the lines they use at `now`, or None. One statement."""
    rows = session.connection().execute(_person, {"party_id": party_id, "now": now}).all()
    if not rows:
        return None
    used = [row for row in rows if row.number is not None]
    lines = {row[3]: UsedLine(*row[2:]) for row in used}  # two roles at one customer are one line
    return Person(party_id, rows[0].name, rows[0].language, tuple(lines.values()))


def get_owner(session: Session, customer_id: int) -> CustomerOwner:
    """Give whose customer it is; NotFound for a customer there is not. One statement."""
    row = session.connection().execute(_owner, {"customer_id": customer_id}).first()
    if row is None:
        raise NotFound
    return CustomerOwner(*row)

"""Keeping what customers are found by in step with their names and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.customers.keys import KeyPair, search_keys_of, search_text_of
from portal.customers.models import Customer, Party, SearchKey, Subscription

ENDED = "terminated"

_owner = (
    sa.select(Customer.kind, Party.name)
    .join(Party, Party.id == Customer.party_id)
    .where(Customer.customer_id == sa.bindparam("customer_id"))
)
_lines = (
    sa.select(Subscription.number, Party.name)
    .join(Party, Party.id == Subscription.party_id)
    .where(Subscription.customer_id == sa.bindparam("customer_id"), Subscription.status != ENDED)
    .order_by(Subscription.id)
)
_keep_text = sa.update(Customer).where(Customer.customer_id == sa.bindparam("which")).values(search_text=sa.bindparam("text"))
_add = sa.insert(SearchKey)
_drop = sa.delete(SearchKey).where(
    SearchKey.kind == sa.bindparam("kind"),
    SearchKey.key == sa.bindparam("key"),
    SearchKey.customer_id == sa.bindparam("customer_id"),
)


@contextmanager
def kept_findable(session: Session, customer_id: int) -> Iterator[None]:
    """Around a change of names, numbers or users: afterwards the customer is found by the new ones and not by the old."""
    before, _ = _entry(session, customer_id)
    yield
    session.flush()
    after, text = _entry(session, customer_id)
    write_keys(session, customer_id, after - before)
    if gone := before - after:
        session.connection().execute(_drop, [{"kind": kind, "key": key, "customer_id": customer_id} for kind, key in gone])
    session.connection().execute(_keep_text, {"which": customer_id, "text": text})


def write_keys(session: Session, customer_id: int, keys: set[KeyPair]) -> None:
    """Write keys a customer is found by; none of them may be there yet."""
    if keys:
        session.connection().execute(_add, [{"kind": kind, "key": key, "customer_id": customer_id} for kind, key in sorted(keys)])


def _entry(session: Session, customer_id: int) -> tuple[set[KeyPair], str]:
    """Give all keys and the text of a customer: by its name and numbers, a person's also by the names of the lines' users."""
    kind, name = session.execute(_owner, {"customer_id": customer_id}).one()
    lines = session.execute(_lines, {"customer_id": customer_id}).all()
    names = [name]
    if kind == "individual":
        names += [user for _, user in lines if user != name]
    numbers = [number for number, _ in lines]
    return set().union(*(search_keys_of(each, numbers) for each in dict.fromkeys(names))), search_text_of(names)

"""What the tests of the search share: asking it, and filling a database with a crowd."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.base.db import Database
from portal.customers import SearchAnswer, search_customers, search_keys_of, search_text_of
from portal.customers.models import Account, Customer, Party, SearchKey, Subscription
from tests.cast import Cast, Person

NEW_ID = 4 * 10**15


def search(database: Database, text: str, limit: int = 20) -> SearchAnswer:
    with database.reading() as session:
        return search_customers(session, text, limit=limit)


def ids(database: Database, text: str) -> list[int]:
    return [hit.customer_id for hit in search(database, text).hits]


def noise(cast: Cast, name: str) -> Person:
    return next(person for person in cast.noise if person.name == name)


def everybody(cast: Cast) -> list[Person]:
    return [cast.alice, cast.bob, cast.charlie, cast.erin, *cast.noise]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def crowd(session: Session, name: str, prefix: str, count: int, now: datetime, first: int = NEW_ID) -> None:
    """Write `count` customers of one name, with a line each, as a loader would."""
    text, pairs = search_text_of([name]), search_keys_of(name, ())
    numbers = {first + place: f"{prefix}{place:0{11 - len(prefix)}}" for place in range(count)}
    session.execute(
        sa.insert(Party),
        [
            {"id": each, "kind": "individual", "name": name, "gender": None, "birth_date": None, "language": None, "created_at": now}
            for each in numbers
        ],
    )
    session.execute(
        sa.insert(Customer),
        [
            {
                "customer_id": each, "party_id": each, "kind": "individual", "status": "active", "tier": "standard",
                "since": now.date(), "left_on": None, "search_text": text, "created_at": now,
            }
            for each in numbers
        ],
    )  # fmt: skip
    session.execute(
        sa.insert(Account),
        [{"customer_id": each, "id": each, "currency": "CNY", "payment_method": "bank_transfer", "paperless": True} for each in numbers],
    )
    session.execute(
        sa.insert(Subscription),
        [
            {
                "customer_id": each, "id": each, "account_id": each, "party_id": each, "kind": "mobile", "number": number,
                "status": "active", "activated_on": now.date(), "terminated_on": None, "device": None, "region": None,
            }
            for each, number in numbers.items()
        ],
    )  # fmt: skip
    keys = [(each, kind, key) for each, number in numbers.items() for kind, key in pairs | search_keys_of("", [number])]
    session.execute(sa.insert(SearchKey), [{"customer_id": each, "kind": kind, "key": key} for each, kind, key in keys])

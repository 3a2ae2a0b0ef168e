"""Usage and bills for the cast, and for somebody who must never be taken for them."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.db import Base, Database
from portal.customers import NOTHING, Viewer
from tests.cast import Cast, Person

THIS_MONTH, NEXT_MONTH = date(2026, 11, 1), date(2026, 12, 1)
GB = 1024 * 1024


def owner(person: Person) -> Viewer:
    """Look at everything as the owner."""
    return Viewer("subscriber", f"party:{person.party_id}", person.customer_id)


def member(person: Person) -> Viewer:
    """Look at one's own line alone, without money."""
    return Viewer("subscriber", f"party:{person.party_id}", person.customer_id, frozenset({person.subscription_id}), rights=NOTHING)


def put(session: Session, table: str, *rows: dict[str, object]) -> None:
    """Insert rows as they are."""
    session.execute(sa.insert(Base.metadata.tables[table]), list(rows))


def bucket(person: Person, kind: str, used: int, allowance: int, start: date = THIS_MONTH, end: date = NEXT_MONTH) -> dict[str, object]:
    """Give an allowance of a line."""
    return {
        "customer_id": person.customer_id, "subscription_id": person.subscription_id, "kind": kind,
        "cycle_start": start, "cycle_end": end, "allowance": allowance, "used": used,
    }  # fmt: skip


def total(person: Person, part: str, count: int, quantity: int, charge: int, start: date = THIS_MONTH) -> dict[str, object]:
    """Give a line's usage of one part in a month."""
    return {
        "customer_id": person.customer_id, "subscription_id": person.subscription_id, "cycle_start": start, "part": part,
        "count": count, "quantity": quantity, "tariff_minor": charge + 100, "charge_minor": charge,
    }  # fmt: skip


def bill(
    person: Person, bill_id: int, month: date, items: list[tuple[Person | None, str, str | None, int]], paid: int = 0
) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Give a bill of a month and its items: (whose line, kind, part, amount)."""
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    head: dict[str, object] = {
        "customer_id": person.customer_id, "id": bill_id, "account_id": person.account_id, "cycle_start": month,
        "cycle_end": after, "issued_on": after, "due_on": after.replace(day=28), "currency": "CNY",
        "total_minor": sum(item[3] for item in items), "paid_minor": paid,
    }  # fmt: skip
    rows: list[dict[str, object]] = [
        {
            "customer_id": person.customer_id, "bill_id": bill_id, "position": place, "kind": kind,
            "subscription_id": line.subscription_id if line else None, "name": {"zh": f"名{part or kind}", "en": part or kind},
            "count": 3 if part else None, "quantity": 60 if part else None, "part": part, "amount_minor": amount,
        }
        for place, (line, kind, part, amount) in enumerate(items, 1)
    ]  # fmt: skip
    return head, rows


def put_bill(
    session: Session, person: Person, bill_id: int, month: date, items: list[tuple[Person | None, str, str | None, int]], paid: int = 0
) -> None:
    """Insert a bill with its items."""
    head, rows = bill(person, bill_id, month, items, paid)
    put(session, "bill", head)
    put(session, "bill_item", *rows)


@pytest.fixture
def noise(database: Database, cast: Cast) -> None:
    """Give Charlie and a customer much like Alice usage and bills of their own, larger than anybody's."""
    with database.writing() as session:
        for number, person in enumerate((cast.charlie, cast.noise[0])):
            put(session, "bucket", *(bucket(person, kind, 999_999, 7) for kind in ("voice", "data", "sms")))
            put(session, "usage_total", total(person, "day", 999, 99_999, 88_888))
            for back in range(1, 4):
                put_bill(session, person, 9_000 + number * 10 + back, date(2026, 11 - back, 1), [(person, "fee", None, 77_777)])

"""Adding to the running month's allowance: once for each reference, to the line it is for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.base.db import Database
from portal.base.errors import Invalid
from portal.base.money import MAX_MINOR
from portal.billing import add_allowance, usage_card
from portal.billing.models import AllowanceGrant, Bucket
from tests.billing.conftest import GB, NEXT_MONTH, THIS_MONTH, bucket, owner, put
from tests.cast import Cast, Person

pytestmark = pytest.mark.usefixtures("noise")


def add(database: Database, person: Person, amount: Any, reference: str, now: datetime, kind: str = "data") -> bool:
    with database.writing() as session:
        return add_allowance(session, person.customer_id, person.subscription_id, kind, amount, reference=reference, now=now)


def buckets(database: Database, person: Person) -> dict[tuple[str, date], tuple[int, int]]:
    wanted = sa.select(Bucket.kind, Bucket.cycle_start, Bucket.allowance, Bucket.used).where(
        Bucket.customer_id == person.customer_id, Bucket.subscription_id == person.subscription_id
    )
    with database.reading() as session:
        return {(row.kind, row.cycle_start): (row.allowance, row.used) for row in session.execute(wanted)}


def test_a_pack_adds_to_the_running_month_of_its_line_and_to_nothing_else(database: Database, cast: Cast, now: datetime) -> None:
    october = date(2026, 10, 1)
    with database.writing() as session:
        put(session, "bucket", bucket(cast.alice, "data", 3, 10), bucket(cast.alice, "voice", 1, 2), bucket(cast.bob, "data", 5, 6))
        put(session, "bucket", bucket(cast.alice, "data", 7, 8, october, THIS_MONTH))
    charlies = buckets(database, cast.charlie)
    assert add(database, cast.alice, 5 * GB, "order:1:1", now)
    assert buckets(database, cast.alice) == {
        ("data", THIS_MONTH): (10 + 5 * GB, 3),
        ("voice", THIS_MONTH): (2, 1),
        ("data", october): (8, 7),
    }
    assert buckets(database, cast.bob) == {("data", THIS_MONTH): (6, 5)}
    assert buckets(database, cast.charlie) == charlies


def test_the_same_reference_adds_once_and_another_adds_again(database: Database, cast: Cast, now: datetime) -> None:
    assert add(database, cast.alice, 5, "a", now)
    assert not add(database, cast.alice, 5, "a", now)
    assert not add(database, cast.alice, 9, "a", now + timedelta(days=400))
    assert add(database, cast.alice, 5, "b", now)
    assert buckets(database, cast.alice) == {("data", THIS_MONTH): (10, 0)}
    assert add(database, cast.charlie, 1, "a", now), "another customer's references are others"


def test_a_line_without_such_an_allowance_has_one_for_this_month(database: Database, cast: Cast, now: datetime) -> None:
    add(database, cast.alice, 5 * GB, "a", now)
    with database.reading() as session:
        card = usage_card(session, owner(cast.alice), now=now)
    line = card.of_line(cast.alice.subscription_id)
    assert line is not None
    assert [(meter.kind, meter.left, meter.renews_on) for meter in line.meters] == [("data", 5 * GB, NEXT_MONTH)]


def test_the_month_is_the_one_it_is_where_the_operator_does_business(database: Database, cast: Cast) -> None:
    add(database, cast.alice, 1, "a", datetime.fromisoformat("2026-11-30T15:59:59+00:00"))
    add(database, cast.alice, 2, "b", datetime.fromisoformat("2026-11-30T16:00:00+00:00"))
    assert buckets(database, cast.alice) == {("data", THIS_MONTH): (1, 0), ("data", NEXT_MONTH): (2, 0)}


def test_what_was_added_is_on_record(database: Database, cast: Cast, now: datetime) -> None:
    add(database, cast.alice, 60, "gift", now, kind="voice")
    with database.reading() as session:
        rows = session.execute(sa.select(AllowanceGrant.reference, AllowanceGrant.kind, AllowanceGrant.amount, AllowanceGrant.cycle_start))
        assert [tuple(row) for row in rows] == [("gift", "voice", 60, THIS_MONTH)]


@pytest.mark.parametrize("amount", [0, -1, 1.5, True, "5", None, MAX_MINOR + 1, 10**30])
def test_an_amount_is_a_whole_number_above_zero(database: Database, cast: Cast, now: datetime, amount: Any) -> None:
    with pytest.raises(Invalid):
        add(database, cast.alice, amount, "a", now)
    assert buckets(database, cast.alice) == {}


def test_an_unknown_kind_is_our_mistake(database: Database, cast: Cast, now: datetime) -> None:
    with pytest.raises(ValueError, match="no such allowance"):
        add(database, cast.alice, 5, "a", now, kind="fax")


def test_a_line_of_somebody_else_gets_nothing(database: Database, cast: Cast, now: datetime) -> None:
    before = buckets(database, cast.charlie)
    with database.writing() as session, pytest.raises(IntegrityError):
        add_allowance(session, cast.alice.customer_id, cast.charlie.subscription_id, "data", 5, reference="a", now=now)
    assert buckets(database, cast.charlie) == before

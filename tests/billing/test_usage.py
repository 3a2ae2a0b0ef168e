"""The meters of the running month."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.db import Database
from portal.billing import usage_card
from portal.billing.usage import meter_state, percent_used
from tests.billing.conftest import GB, NEXT_MONTH, THIS_MONTH, bucket, member, owner, put, total
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("noise")


@pytest.fixture
def used(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        put(
            session, "bucket",
            bucket(cast.alice, "voice", 36_100, 36_000), bucket(cast.alice, "data", 8 * GB, 10 * GB), bucket(cast.alice, "sms", 3, 100),
            bucket(cast.bob, "voice", 0, 18_000),
            bucket(cast.alice, "voice", 1, 2, date(2026, 10, 1), THIS_MONTH),
        )  # fmt: skip
        put(
            session, "usage_total",
            total(cast.alice, "international", 2, 600, 270), total(cast.alice, "day", 12, 3_000, 30), total(cast.bob, "day", 4, 500, 9),
            total(cast.alice, "day", 50, 9_000, 5_000, date(2026, 10, 1)),
        )  # fmt: skip


@pytest.mark.usefixtures("used")
def test_the_owner_sees_the_meters_of_every_line_and_what_went_beyond(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        card = usage_card(session, owner(cast.alice), now=now)
    alice, bob = card.of_line(cast.alice.subscription_id), card.of_line(cast.bob.subscription_id)
    assert alice is not None
    assert bob is not None
    assert [(meter.kind, meter.used, meter.left, meter.percent, meter.state) for meter in alice.meters] == [
        ("voice", 36_100, 0, 100, "over"),
        ("data", 8 * GB, 2 * GB, 80, "near"),
        ("sms", 3, 97, 3, "normal"),
    ]
    assert [meter.unit for meter in alice.meters] == ["seconds", "kilobytes", "messages"]
    assert [(part.part, part.count, part.quantity, part.charge_minor) for part in alice.parts] == [
        ("day", 12, 3_000, 30),
        ("international", 2, 600, 270),
    ]
    assert (alice.charge_minor, bob.charge_minor, card.charge_minor) == (300, 9, 309)
    assert (card.cycle_start, card.renews_on, card.current) == (THIS_MONTH, NEXT_MONTH, True)


@pytest.mark.usefixtures("used")
def test_a_member_sees_the_own_line_alone(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        card = usage_card(session, member(cast.bob), now=now)
    assert [line.subscription_id for line in card.lines] == [cast.bob.subscription_id]
    assert card.charge_minor == 9


def test_nothing_used_yet_is_an_empty_card(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        card = usage_card(session, owner(cast.alice), now=now)
    assert (card.lines, card.charge_minor, card.renews_on, card.current) == ((), 0, None, False)
    assert card.of_line(cast.alice.subscription_id) is None


@pytest.mark.usefixtures("used")
def test_a_month_that_has_ended_is_shown_as_old(database: Database, cast: Cast) -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    last_second = datetime(2026, 11, 30, 23, 59, 59, tzinfo=shanghai)
    with database.reading() as session:
        assert usage_card(session, owner(cast.alice), now=last_second).current
        old = usage_card(session, owner(cast.alice), now=last_second + timedelta(seconds=1))
    assert not old.current
    assert old.cycle_start == THIS_MONTH
    assert len(old.lines) == 2


@pytest.mark.usefixtures("used")
def test_a_month_that_has_not_begun_is_not_shown(database: Database, cast: Cast) -> None:
    with database.reading() as session:
        card = usage_card(session, owner(cast.alice), now=datetime(2026, 10, 31, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert card.cycle_start == date(2026, 10, 1)
    assert card.charge_minor == 5_000


@pytest.mark.parametrize(
    ("used_now", "allowance", "state"),
    [(0, 10, "normal"), (79, 100, "normal"), (80, 100, "near"), (99, 100, "near"), (100, 100, "over"), (101, 100, "over"), (0, 0, "over")],
)
def test_a_meter_is_near_from_four_fifths_and_over_when_nothing_is_left(used_now: int, allowance: int, state: str) -> None:
    assert meter_state(used_now, allowance) == state


@given(used_now=st.integers(0, 10**12), allowance=st.integers(0, 10**12))
def test_a_meter_says_100_per_cent_only_when_nothing_is_left(used_now: int, allowance: int) -> None:
    percent = percent_used(used_now, allowance)
    assert 0 <= percent <= 100
    assert (percent == 100) == (used_now >= allowance) == (meter_state(used_now, allowance) == "over")

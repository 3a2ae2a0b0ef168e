"""Reading bills: the card, the list, one bill in full."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.base.db import Database
from portal.base.errors import NotFound
from portal.billing import bills_card, get_bill, list_bills
from tests.billing.conftest import member, owner, put_bill
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("noise")
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def billed(database: Database, cast: Cast) -> None:
    """Alice: eight months; the newest open, one of the older half paid."""
    alice, bob = cast.alice, cast.bob
    with database.writing() as session:
        for month in range(3, 11):
            items = [(alice, "fee", None, 2_000), (bob, "fee", None, 500), (None, "fee", None, 100), (alice, "usage", "day", 10 * month)]
            if month == 10:
                items += [(alice, "usage", "evening", 4_000), (bob, "usage", "day", 6_160)]
            total = sum(item[3] for item in items)
            paid = {10: 0, 9: 1_000}.get(month, total)
            put_bill(session, alice, 100 + month, date(2026, month, 1), items, paid)


@pytest.mark.usefixtures("billed")
def test_the_card_shows_the_last_six_and_counts_everything_that_is_due(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        card = bills_card(session, owner(cast.alice), now=now)
    assert [bill.id for bill in card.bills] == [110, 109, 108, 107, 106, 105]
    assert [point.month.month for point in card.trend] == [5, 6, 7, 8, 9, 10]
    assert card.trend[-1].total_minor == 12_860
    assert card.due_minor == 12_860 + (2_690 - 1_000)
    assert (card.due_on, card.due_bill_id, card.overdue) == (date(2026, 10, 28), 109, True)
    assert [bill.state for bill in card.bills[:3]] == ["open", "overdue", "paid"]
    assert card.currency == "CNY"


@pytest.mark.usefixtures("billed")
def test_the_card_names_what_changed_most_since_the_month_before(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        change = bills_card(session, owner(cast.alice), now=now).change
    assert change is not None
    assert (change.part, change.subscription_id) == ("day", cast.bob.subscription_id)
    assert (change.before_minor, change.after_minor, change.difference_minor) == (0, 6_160, 6_160)
    assert change.name["en"] == "day"


def test_bills_alike_changed_in_nothing(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        for month in (9, 10):
            put_bill(session, cast.alice, month, date(2026, month, 1), [(cast.alice, "fee", None, 2_000)])
    with database.reading() as session:
        assert bills_card(session, owner(cast.alice), now=now).change is None


def test_nobody_owes_anything_before_the_first_bill(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        card = bills_card(session, owner(cast.alice), now=now)
    assert (card.bills, card.due_minor, card.due_on, card.overdue, card.trend, card.change) == ((), 0, None, False, (), None)


def test_a_first_bill_has_nothing_to_be_compared_with(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        put_bill(session, cast.alice, 1, date(2026, 10, 1), [(cast.alice, "fee", None, 2_000)], paid=2_000)
    with database.reading() as session:
        card = bills_card(session, owner(cast.alice), now=now)
    assert card.change is None
    assert (card.due_minor, card.due_on, card.due_bill_id) == (0, None, None)


@pytest.mark.parametrize(("hour", "state"), [(23, "open"), (24, "overdue")])
@pytest.mark.usefixtures("billed")
def test_a_bill_is_overdue_when_its_day_is_over_where_the_operator_is(database: Database, cast: Cast, hour: int, state: str) -> None:
    moment = datetime(2026, 11, 28 + hour // 24, hour % 24, 30, tzinfo=SHANGHAI)
    with database.reading() as session:
        assert bills_card(session, owner(cast.alice), now=moment).bills[0].state == state


@pytest.mark.usefixtures("billed")
def test_a_bill_in_full_groups_its_items_by_line_and_adds_up(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        bill = get_bill(session, owner(cast.alice), 110, now=now)
    assert [group.subscription_id for group in bill.groups] == [cast.alice.subscription_id, cast.bob.subscription_id, None]
    alice, bob, account = bill.groups
    assert ([item.amount_minor for item in alice.fees], [item.part for item in alice.usage]) == ([2_000], ["day", "evening"])
    assert (bob.total_minor, account.total_minor, account.usage) == (6_660, 100, ())
    assert sum(group.total_minor for group in bill.groups) == bill.summary.total_minor == 12_860
    assert bill.groups[0].usage[0].unit == "seconds"
    assert bill.groups[0].fees[0].unit is None
    assert (bill.previous_id, bill.next_id) == (109, None)


@pytest.mark.usefixtures("billed")
def test_neighbouring_bills_lead_from_the_first_to_the_last(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        seen = [103]
        while (following := get_bill(session, owner(cast.alice), seen[-1], now=now).next_id) is not None:
            seen.append(following)
        assert seen == list(range(103, 111))
        assert get_bill(session, owner(cast.alice), 103, now=now).previous_id is None
        assert [bill.id for bill in list_bills(session, owner(cast.alice), now=now)] == seen[::-1]


@pytest.mark.usefixtures("billed")
def test_a_strangers_bill_and_one_that_never_was_are_the_same_nothing(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        for bill_id in (9_001, 9_011, 424_242):
            with pytest.raises(NotFound):
                get_bill(session, owner(cast.alice), bill_id, now=now)
        with pytest.raises(NotFound):
            get_bill(session, owner(cast.charlie), 110, now=now)


@pytest.mark.usefixtures("billed")
def test_a_member_sees_no_bills(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        for read in (bills_card, list_bills):
            with pytest.raises(NotFound):
                read(session, member(cast.bob), now=now)
        with pytest.raises(NotFound):
            get_bill(session, member(cast.bob), 110, now=now)

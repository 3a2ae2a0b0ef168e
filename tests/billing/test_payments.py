"""Bills issued and paid: money moves once for each reference, and never more than is owed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.base.books import check_books
from portal.base.db import Database
from portal.base.errors import Invalid, NotFound, Refused
from portal.base.events import Handlers, OutboxEvent
from portal.base.ledger import ReferenceReused, balance
from portal.billing import BillIssued, BillPaid, Fee, Overpaid, due_day, get_bill, issue_bill, operator_account, receivable, record_payment
from portal.billing.handlers import announce_bill, register
from portal.interactions import timeline_card
from tests.billing.conftest import owner, put, total
from tests.cast import Cast

OCTOBER = date(2026, 10, 1)
FEES = [Fee(None, {"zh": "套餐", "en": "Plan"}, 2_000), Fee(None, {"zh": "宽带", "en": "Internet"}, 5_000)]


def issue(database: Database, cast: Cast, now: datetime, fees: list[Fee] = FEES) -> int:
    with database.writing() as session:
        return issue_bill(session, cast.alice.customer_id, cast.alice.account_id, OCTOBER, fees, currency="CNY", now=now).bill_id


def pay(database: Database, cast: Cast, bill_id: int, amount: Any, reference: str, now: datetime) -> Any:
    with database.writing() as session:
        return record_payment(session, cast.alice.customer_id, bill_id, amount, reference=reference, now=now)


def owed(database: Database, cast: Cast, bill_id: int) -> tuple[int, int]:
    with database.reading() as session:
        row = session.execute(sa.text("SELECT total_minor - paid_minor FROM bill WHERE id = :id"), {"id": bill_id}).scalar_one()
        return row, balance(session, receivable(cast.alice.customer_id, bill_id, "CNY"))


def test_a_bill_is_its_fees_and_the_usage_that_was_rated(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        mine = [total(cast.alice, "evening", 3, 90, 12, OCTOBER), total(cast.alice, "day", 9, 900, 255, OCTOBER)]
        mine.append(total(cast.bob, "sms", 5, 5, 50, OCTOBER))
        noise = [total(cast.alice, "day", 1, 1, 9_999), total(cast.charlie, "day", 1, 1, 7_777, OCTOBER)]
        put(session, "usage_total", *mine, *noise)
    bill_id = issue(database, cast, now)
    with database.reading() as session:
        bill = get_bill(session, owner(cast.alice), bill_id, now=now)
    assert bill.summary.total_minor == 7_000 + 12 + 255 + 50
    parts = [(group.subscription_id, item.part, item.amount_minor) for group in bill.groups for item in group.usage]
    assert sorted(parts, key=str) == sorted(
        [
            (cast.alice.subscription_id, "day", 255),
            (cast.alice.subscription_id, "evening", 12),
            (cast.bob.subscription_id, "sms", 50),
        ],
        key=str,
    )
    assert owed(database, cast, bill_id) == (7_317, 7_317)


def test_a_month_is_billed_once(database: Database, cast: Cast, now: datetime) -> None:
    first = issue(database, cast, now)
    with database.writing() as session:
        again = issue_bill(session, cast.alice.customer_id, cast.alice.account_id, OCTOBER, FEES[:1], currency="CNY", now=now)
    assert (again.bill_id, again.total_minor, again.is_new) == (first, 7_000, False)
    assert owed(database, cast, first) == (7_000, 7_000)


@pytest.mark.parametrize("amount", [-1, 1.5, True, "5"])
def test_a_fee_that_is_no_whole_amount_is_refused(database: Database, cast: Cast, now: datetime, amount: Any) -> None:
    with pytest.raises(Invalid):
        issue(database, cast, now, [Fee(None, {"en": "x"}, amount)])


def test_a_bill_of_nothing_stands_and_owes_nothing(database: Database, cast: Cast, now: datetime) -> None:
    bill_id = issue(database, cast, now, [])
    assert owed(database, cast, bill_id) == (0, 0)
    with database.reading() as session:
        assert get_bill(session, owner(cast.alice), bill_id, now=now).summary.state == "paid"


@pytest.mark.parametrize(
    ("issued", "due"),
    [(date(2026, 11, 1), date(2026, 11, 28)), (date(2026, 11, 14), date(2026, 11, 28)), (date(2026, 12, 15), date(2027, 1, 28))],
)
def test_a_bill_is_due_on_a_28th_at_least_two_weeks_on(issued: date, due: date) -> None:
    assert due_day(issued) == due


def test_paying_in_parts_leaves_the_rest_until_nothing_is_left(database: Database, cast: Cast, now: datetime) -> None:
    bill_id = issue(database, cast, now)
    assert pay(database, cast, bill_id, 3_000, "p1", now).open_minor == 4_000
    assert pay(database, cast, bill_id, 4_000, "p2", now).open_minor == 0
    assert owed(database, cast, bill_id) == (0, 0)
    with database.reading() as session:
        assert balance(session, operator_account("cash", "CNY")) == -balance(session, operator_account("revenue", "CNY")) == 7_000
        assert list(check_books(session)) == []


def test_the_same_reference_is_one_payment(database: Database, cast: Cast, now: datetime) -> None:
    bill_id = issue(database, cast, now)
    first = pay(database, cast, bill_id, 3_000, "p1", now)
    again = pay(database, cast, bill_id, 3_000, "p1", now + timedelta(days=1))
    assert (first.is_new, again.is_new) == (True, False)
    assert first.open_minor == again.open_minor == 4_000
    assert owed(database, cast, bill_id) == (4_000, 4_000)


def test_a_reference_used_for_another_amount_or_bill_is_refused(database: Database, cast: Cast, now: datetime) -> None:
    bill_id = issue(database, cast, now)
    with database.writing() as session:
        other = issue_bill(session, cast.alice.customer_id, cast.alice.account_id, date(2026, 9, 1), FEES, currency="CNY", now=now).bill_id
    pay(database, cast, bill_id, 3_000, "p1", now)
    for target, amount in ((bill_id, 2_000), (other, 3_000)):
        with pytest.raises(ReferenceReused):
            pay(database, cast, target, amount, "p1", now)
    assert owed(database, cast, bill_id) == (4_000, 4_000)
    assert owed(database, cast, other) == (7_000, 7_000)


@pytest.mark.parametrize("amount", [0, -1, -7_000, 1.0, 0.5, True, False, "100", None])
def test_an_amount_that_is_no_whole_number_above_zero_is_refused(database: Database, cast: Cast, now: datetime, amount: Any) -> None:
    bill_id = issue(database, cast, now)
    with pytest.raises(Invalid):
        pay(database, cast, bill_id, amount, "p1", now)
    assert owed(database, cast, bill_id) == (7_000, 7_000)


def test_paying_more_than_is_left_is_refused_and_changes_nothing(database: Database, cast: Cast, now: datetime) -> None:
    bill_id = issue(database, cast, now)
    pay(database, cast, bill_id, 6_999, "p1", now)
    with pytest.raises(Overpaid):
        pay(database, cast, bill_id, 2, "p2", now)
    assert owed(database, cast, bill_id) == (1, 1)
    assert pay(database, cast, bill_id, 1, "p2", now).open_minor == 0


def test_a_strangers_bill_cannot_be_paid(database: Database, cast: Cast, now: datetime) -> None:
    bill_id = issue(database, cast, now)
    for customer_id, which in ((cast.charlie.customer_id, bill_id), (cast.alice.customer_id, 4_242)):
        with pytest.raises(NotFound), database.writing() as session:
            record_payment(session, customer_id, which, 100, reference="p1", now=now)


def test_the_last_amount_paid_by_six_at_once_is_paid_once(database: Database, cast: Cast, now: datetime) -> None:
    bill_id = issue(database, cast, now)

    def attempt(number: int) -> bool:
        try:
            return bool(pay(database, cast, bill_id, 7_000, f"p{number}", now).is_new)
        except Refused:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 1
    assert owed(database, cast, bill_id) == (0, 0)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(1, 4_000), max_size=6))
def test_whatever_is_paid_the_bill_and_the_books_agree(database: Database, cast: Cast, now: datetime, amounts: list[int]) -> None:
    with database.writing() as session:
        count = session.execute(sa.text("SELECT COUNT(*) FROM bill")).scalar_one()
        month = date(2000 + count // 12, count % 12 + 1, 1)
        bill_id = issue_bill(session, cast.alice.customer_id, cast.alice.account_id, month, FEES, currency="CNY", now=now).bill_id
    left = 7_000
    for number, amount in enumerate(amounts):
        if amount <= left:
            left -= amount
            assert pay(database, cast, bill_id, amount, f"{bill_id}/{number}", now).open_minor == left
        else:
            with pytest.raises(Overpaid):
                pay(database, cast, bill_id, amount, f"{bill_id}/{number}", now)
        assert owed(database, cast, bill_id) == (left, left)


def test_billing_and_paying_are_told_in_the_timeline_and_to_whoever_listens(database: Database, cast: Cast, now: datetime) -> None:
    bill_id = issue(database, cast, now)
    pay(database, cast, bill_id, 7_000, "p1", now + timedelta(minutes=1))
    pay(database, cast, bill_id, 7_000, "p1", now + timedelta(minutes=2))
    with database.reading() as session:
        items = timeline_card(session, owner(cast.alice), now=now + timedelta(hours=1)).items
        told = [(item.kind, item.params.get("total_minor") or item.params.get("amount_minor")) for item in items]
        events = session.execute(sa.select(OutboxEvent.type, OutboxEvent.payload).order_by(OutboxEvent.id)).all()
    assert told[:2] == [("bill_paid", 7_000), ("bill_issued", 7_000)]
    assert [event.type for event in events] == ["billing.bill_issued", "billing.bill_paid"]
    assert BillPaid(**events[1].payload) == BillPaid(cast.alice.customer_id, bill_id, 7_000, 0, "CNY", "p1")
    assert BillIssued(**events[0].payload).aggregate == BillPaid(**events[1].payload).aggregate


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("alice", "您2026年10月的账单为 ¥128.60，请于11月28日前缴清。登录网厅可查看明细。"),
        ("charlie", "Your bill for October 2026 is CN¥128.60, due on 28 November. Sign in to see what it is made of."),
    ],
)
def test_a_bill_is_announced_in_the_customers_language(database: Database, cast: Cast, now: datetime, who: str, expected: str) -> None:
    person = getattr(cast, who)
    with database.writing() as session:
        announce_bill(session, BillIssued(person.customer_id, 1, "2026-10-01", "2026-11-28", 12_860, "CNY"), now)
    with database.reading() as session:
        sent = session.execute(sa.text("SELECT number, body FROM message")).all()
    assert sent == [(person.number, expected)]


def test_a_bill_of_nothing_is_not_announced(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        announce_bill(session, BillIssued(cast.alice.customer_id, 1, "2026-10-01", "2026-11-28", 0, "CNY"), now)
    with database.reading() as session:
        assert session.execute(sa.text("SELECT COUNT(*) FROM message")).scalar_one() == 0


def test_the_announcement_is_registered() -> None:
    handlers = Handlers()
    register(handlers)
    assert [handler for _, handler in handlers.wanted("billing.bill_issued")] == [announce_bill]


def test_months_end_where_the_operator_is(database: Database, cast: Cast) -> None:
    late = datetime(2026, 10, 31, 17, 0, tzinfo=ZoneInfo("UTC"))  # already the first of November in Shanghai
    bill_id = issue(database, cast, late)
    with database.reading() as session:
        assert get_bill(session, owner(cast.alice), bill_id, now=late).summary.issued_on == date(2026, 11, 1)

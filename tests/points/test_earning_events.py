"""What earns points after the fact: visits and payments, through the outbox, once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from portal.base.db import Database
from portal.base.events import Handlers, emit
from portal.base.outbox import is_due
from portal.base.settings import Settings
from portal.billing import BillPaid, Fee, issue_bill, record_payment
from portal.faces.worker.deliver import Delivery
from portal.identity import Visitor, act_for, raise_level, start_staff_session, touch_session
from portal.identity.events import Visited
from portal.interactions import timeline_card
from portal.points.handlers import register, reward_payment, reward_visit
from tests.cast import Cast
from tests.identity.door import Browser, Door, make_door
from tests.points.purse import Purses, owner

PHONE = Browser("alice's phone", label="Safari · iPhone")
LAPTOP = Browser("alice's laptop", "198.51.100.20", "Firefox · Linux")


@pytest.fixture
def door(database: Database, keys: object, settings: Settings) -> Door:
    return make_door(database, keys, settings)  # type: ignore[arg-type]


def deliver(database: Database, moment: datetime) -> int:
    handlers = Handlers()
    register(handlers)
    return Delivery(database, handlers, lambda: moment).run()


def visits(alice: Purses) -> list[tuple[int, str, str]]:
    return [(each["customer_id"], each["channel"], each["day"]) for each in alice.events("identity.visited")]


def pay(alice: Purses, cast: Cast, amount: int, reference: str, channel: str = "web") -> None:
    month = date(2026, 10, 1)
    with alice.database.writing() as session:
        fees = [Fee(None, {"zh": "套餐", "en": "Plan"}, 50_000)]
        bill = issue_bill(session, alice.customer_id, cast.alice.account_id, month, fees, currency="CNY", now=alice.now)
        record_payment(session, alice.customer_id, bill.bill_id, amount, reference=reference, channel=channel, now=alice.now)


# visits, as identity tells them


def test_signing_in_is_a_visit(alice: Purses, door: Door, cast: Cast, now: datetime) -> None:
    door.enter(cast.alice.number, PHONE, now)
    assert visits(alice) == [(alice.customer_id, "web", "2026-11-22")]


def test_a_members_visit_is_the_customers(alice: Purses, door: Door, cast: Cast, now: datetime) -> None:
    door.enter(cast.bob.number, PHONE, now)
    assert visits(alice) == [(alice.customer_id, "web", "2026-11-22")]


def test_coming_back_on_a_new_day_is_a_visit_once(alice: Purses, door: Door, cast: Cast, now: datetime) -> None:
    view = door.enter(cast.alice.number, PHONE, now).view
    tomorrow = now + timedelta(days=1)
    for _ in range(3):  # requests that race: each has read the session as of yesterday
        with door.database.writing() as session:
            touch_session(session, view, now=tomorrow)
    assert visits(alice) == [(alice.customer_id, "web", "2026-11-22"), (alice.customer_id, "web", "2026-11-23")]


def test_going_on_the_same_day_is_no_new_visit(alice: Purses, door: Door, cast: Cast, now: datetime) -> None:
    view = door.enter(cast.alice.number, PHONE, now).view
    with door.database.writing() as session:
        touch_session(session, view, now=now + timedelta(hours=13))
    assert len(visits(alice)) == 1


def test_the_day_of_a_visit_is_the_operators(alice: Purses, door: Door, cast: Cast, now: datetime) -> None:
    late = now.replace(hour=23, minute=58)
    view = door.enter(cast.alice.number, PHONE, late).view
    with door.database.writing() as session:
        touch_session(session, view, now=late + timedelta(minutes=3))  # still the same day in London
    assert [day for _, _, day in visits(alice)] == ["2026-11-22", "2026-11-23"]


def test_a_visit_is_of_the_customer_acted_for(alice: Purses, door: Door, cast: Cast, now: datetime) -> None:
    from portal.customers import add_member

    with door.database.writing() as session:
        add_member(session, cast.charlie.customer_id, cast.charlie.subscription_id, cast.alice.party_id, now=now - timedelta(days=1))
    view = door.enter(cast.alice.number, PHONE, now).view
    with door.database.writing() as session:
        act_for(session, view, cast.charlie.customer_id, now=now)
    tomorrow = now + timedelta(days=1)
    with door.database.writing() as session:
        started = raise_level(session, view, level=2, now=now)
        touch_session(session, started.view, now=tomorrow)
    assert visits(alice)[1:] == [(cast.charlie.customer_id, "web", "2026-11-23")]


def test_staff_who_sign_in_visit_nobody(alice: Purses, door: Door, now: datetime) -> None:
    door.hire("dora", now)
    dora = door.clerk("dora", now)
    with door.database.writing() as session:
        started = start_staff_session(session, dora.id, Visitor("pc", "10.0.0.5"), settings=door.settings, now=now)
    with door.database.writing() as session:
        touch_session(session, started.view, now=now + timedelta(days=1))
    assert visits(alice) == []


# visits, as points hear them


def test_visits_earn_once_a_channel_and_day(rules: None, alice: Purses, door: Door, cast: Cast, now: datetime) -> None:
    for browser in (PHONE, LAPTOP, PHONE):
        door.enter(cast.alice.number, browser, now)
    deliver(door.database, now)
    assert alice.card().available == 5
    with door.database.writing() as session:
        emit(session, Visited(alice.customer_id, "sms", "2026-11-22"), now=now)
    deliver(door.database, now)
    assert alice.card().available == 10


@pytest.mark.parametrize(("channel", "points"), [
    ("web", 5), ("mobile", 5), ("sms", 5), ("kiosk", 5), ("ministore", 5), ("counter", 0), ("voice", 0), ("partner", 0),
])  # fmt: skip
def test_electronic_channels_alone_earn_by_a_visit(rules: None, alice: Purses, channel: str, points: int) -> None:
    with alice.database.writing() as session:
        reward_visit(session, Visited(alice.customer_id, channel, "2026-11-22"), alice.now)
    assert (alice.card().available, alice.card().service) == (points, 0)


def test_a_visit_leaves_no_line_of_its_own_in_the_timeline(rules: None, alice: Purses) -> None:
    with alice.database.writing() as session:
        reward_visit(session, Visited(alice.customer_id, "web", "2026-11-22"), alice.now)
        assert timeline_card(session, owner(alice.customer_id), now=alice.now).items == ()


# payments


@pytest.mark.parametrize(("channel", "available", "service"), [
    ("web", 129, 0), ("mobile", 129, 0), ("sms", 129, 0), ("kiosk", 129, 0), ("ministore", 129, 0), ("counter", 0, 129),
    ("voice", 0, 129), ("partner", 0, 129),
])  # fmt: skip
def test_paying_earns_into_the_purse_of_its_channel(
    rules: None, alice: Purses, cast: Cast, channel: str, available: int, service: int
) -> None:
    pay(alice, cast, 12_999, "p1", channel)
    deliver(alice.database, alice.now)
    assert (alice.card().available, alice.card().service) == (available, service)
    with alice.database.reading() as session:
        items = timeline_card(session, owner(alice.customer_id), now=alice.now).items
    assert [(item.channel, item.params) for item in items if item.kind == "points_earned"] == [(channel, {"points": 129})]


def test_each_payment_earns_once(rules: None, alice: Purses, cast: Cast) -> None:
    for reference in ("p1", "p2", "p1"):
        pay(alice, cast, 5_000, reference)
    deliver(alice.database, alice.now)
    assert alice.card().available == 100


def test_a_payment_told_twice_earns_once(rules: None, alice: Purses) -> None:
    event = BillPaid(alice.customer_id, 7, 5_000, 0, "CNY", "p1", "web")
    for hours in (0, 1, 30):
        with alice.database.writing() as session:
            reward_payment(session, event, alice.now + timedelta(hours=hours))
    assert alice.card().available == 50
    with alice.database.reading() as session:
        assert len(timeline_card(session, owner(alice.customer_id), now=alice.at(3)).items) == 1


def test_a_payment_of_less_than_a_point_is_not_spoken_of(rules: None, alice: Purses, cast: Cast) -> None:
    pay(alice, cast, 99, "p1")
    deliver(alice.database, alice.now)
    with alice.database.reading() as session:
        kinds = [item.kind for item in timeline_card(session, owner(alice.customer_id), now=alice.now).items]
    assert "points_earned" not in kinds


def test_a_payment_emitted_before_channels_were_told_counts_as_electronic() -> None:
    stored = {"customer_id": 1, "bill_id": 2, "amount_minor": 3, "open_minor": 0, "currency": "CNY", "reference": "r"}
    handlers = Handlers()
    register(handlers)
    event = handlers.load("billing.bill_paid", stored)
    assert isinstance(event, BillPaid)
    assert event.channel == "web"


def test_without_rules_nothing_fails_and_nothing_is_earned(alice: Purses, cast: Cast) -> None:
    pay(alice, cast, 5_000, "p1")
    deliver(alice.database, alice.now)
    assert alice.card().available == 0
    with alice.database.reading() as session:
        assert not is_due(session, now=alice.at(1))

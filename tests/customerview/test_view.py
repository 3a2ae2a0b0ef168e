"""The customer view: the right cards for each viewer, and few statements however much there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Database
from portal.base.errors import NotFound
from portal.billing import BillsCard, UsageCard
from portal.customers import ProfileCard, Viewer
from portal.customerview import CARDS, build_view, get_card
from portal.interactions import TimelineCard, record_interaction
from portal.orders import OrdersCard
from portal.points import PointsCard
from tests.billing.conftest import bucket, member, owner, put, put_bill, total
from tests.cast import Cast

MOST_STATEMENTS = 7


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement != "BEGIN":
            sent.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture
def busy(database: Database, cast: Cast, now: datetime) -> None:
    """Give Alice much of everything."""
    with database.writing() as session:
        for person in (cast.alice, cast.bob):
            put(session, "bucket", *(bucket(person, kind, 5, 10) for kind in ("voice", "data", "sms")))
            put(session, "usage_total", *(total(person, part, 1, 60, 7) for part in ("day", "evening", "night", "data")))
        for month in range(1, 11):
            items = [(cast.alice, "fee", None, 100 * month), *((cast.bob, "usage", part, 3) for part in ("day", "night"))]
            put_bill(session, cast.alice, month, date(2026, month, 1), items)
        for number in range(30):
            record_interaction(session, cast.alice.customer_id, channel="web", kind="signed_in", now=now - timedelta(hours=number))


@pytest.mark.usefixtures("busy")
def test_the_owner_sees_every_card_in_its_order(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        view = build_view(session, owner(cast.alice), now=now)
    assert [(card.name, type(card.data)) for card in view.cards] == [
        ("profile", ProfileCard),
        ("lines", ProfileCard),
        ("usage", UsageCard),
        ("bills", BillsCard),
        ("points", PointsCard),
        ("orders", OrdersCard),
        ("timeline", TimelineCard),
    ]
    assert all(card.template == f"shared/{folder}/_{card.name}.html" for card, folder in zip(
        view.cards, ("customers", "customers", "billing", "billing", "points", "orders", "interactions"), strict=True
    ))  # fmt: skip
    assert [line.subscription_id for line in view.cards[1].data.lines] == [cast.alice.subscription_id, cast.bob.subscription_id]


@pytest.mark.usefixtures("busy")
def test_a_member_sees_no_bills_and_the_own_line_alone(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        view = build_view(session, member(cast.bob), now=now)
    assert [card.name for card in view.cards] == ["profile", "lines", "usage", "orders", "timeline"]
    profile, usage = view.cards[0].data, view.cards[2].data
    assert isinstance(profile, ProfileCard)
    assert isinstance(usage, UsageCard)
    assert [line.subscription_id for line in profile.lines] == [cast.bob.subscription_id]
    assert [line.subscription_id for line in usage.lines] == [cast.bob.subscription_id]
    assert profile.account is None
    assert view.find("bills") is None


@pytest.mark.usefixtures("busy")
def test_a_masked_look_shows_who_it_is_and_which_lines_and_nothing_more(database: Database, cast: Cast, now: datetime) -> None:
    masked = Viewer("staff", "staff:7", cast.alice.customer_id, full=False)
    with database.reading() as session:
        view = build_view(session, masked, now=now)
    assert [card.name for card in view.cards] == ["profile", "lines"]
    shown = repr(view)
    for secret in (cast.alice.name, cast.bob.name, cast.alice.number, cast.bob.number, "文三路 90 号"):
        assert secret not in shown
    assert "138****1234" in shown


@pytest.mark.usefixtures("busy")
def test_a_card_that_is_not_the_viewers_cannot_be_had_alone_either(database: Database, cast: Cast, now: datetime) -> None:
    masked = replace(owner(cast.alice), full=False)
    with database.reading() as session:
        for name in ("usage", "bills", "points", "orders", "timeline"):
            with pytest.raises(NotFound):
                get_card(name).build(session, masked, now=now)
        with pytest.raises(NotFound):
            get_card("bills").build(session, member(cast.bob), now=now)
        with pytest.raises(NotFound):
            get_card("points").build(session, member(cast.bob), now=now)


def test_there_is_no_card_of_another_name() -> None:
    with pytest.raises(NotFound):
        get_card("secrets")
    assert [get_card(card.name) for card in CARDS] == list(CARDS)


@pytest.mark.usefixtures("busy")
def test_a_card_alone_is_the_card_of_the_whole_view(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        view = build_view(session, owner(cast.alice), now=now)
        for card in view.cards:
            assert get_card(card.name).build(session, owner(cast.alice), now=now) == card.data


@pytest.mark.usefixtures("busy")
def test_the_view_takes_seven_statements_at_most_and_no_more_for_a_busy_customer(database: Database, cast: Cast, now: datetime) -> None:
    counts = []
    for person in (cast.charlie, cast.alice):
        with database.reading() as session, counted(database) as sent:
            build_view(session, owner(person), now=now)
        counts.append(len(sent))
        assert all("customer_id" in statement for statement in sent), sent
    # A customer without bills is spared the comparison of the last two.
    assert counts[1] - counts[0] <= 1
    assert counts[1] <= MOST_STATEMENTS


@pytest.mark.usefixtures("busy")
def test_a_stranger_sees_nothing_of_alice(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session:
        shown = repr(build_view(session, owner(cast.charlie), now=now))
    for theirs in (cast.alice.name, cast.bob.name, str(cast.alice.customer_id), str(cast.alice.subscription_id)):
        assert theirs not in shown


def test_a_customer_there_is_not_has_no_view(database: Database, cast: Cast, now: datetime) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        build_view(session, Viewer("staff", "staff:7", 424_242), now=now)

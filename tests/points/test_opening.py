"""Taking over points: whole, once, and as good as earned here."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import sqlalchemy as sa

from portal.base.books import check_books
from portal.base.db import Database
from portal.base.errors import Invalid
from portal.base.ledger import Account, NotEnough, Posting, ReferenceReused, balance, post
from portal.base.openings import post_openings
from portal.customers import Viewer
from portal.points import OpeningLot, check_points, hold_points, open_purses, points_card
from tests.cast import Cast

EARNED, SOON, LATER = date(2025, 1, 9), date(2026, 12, 1), date(2027, 6, 1)


def lots(cast: Cast) -> list[OpeningLot]:
    alice, charlie = cast.alice.customer_id, cast.charlie.customer_id
    return [
        OpeningLot(alice, "channel", "payment", 300, EARNED, LATER),
        OpeningLot(alice, "channel", "grant", 40, EARNED, SOON),
        OpeningLot(alice, "service", "counter_payment", 7, EARNED, LATER),
        OpeningLot(charlie, "channel", "payment", 11, EARNED, LATER),
    ]


def owner(customer_id: int) -> Viewer:
    return Viewer("subscriber", "party:1", customer_id)


def test_taken_over_points_stand_on_the_card_and_the_books_hold(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        assert open_purses(session, "old-programme", lots(cast), now=now)
    with database.reading() as session:
        card = points_card(session, owner(cast.alice.customer_id), now=now)
        assert (card.available, card.service, card.held) == (340, 7, 0)
        assert [each.amount for each in card.expiring] == [40, 300]
        assert points_card(session, owner(cast.charlie.customer_id), now=now).available == 11
        assert points_card(session, owner(cast.noise[0].customer_id), now=now).available == 0
        assert list(check_books(session)) == []
        assert list(check_points(session)) == []


def test_taken_over_twice_is_taken_over_once(database: Database, cast: Cast, now: datetime) -> None:
    for expected in (True, False):
        with database.writing() as session:
            assert open_purses(session, "old-programme", lots(cast), now=now) is expected
    with database.reading() as session:
        assert points_card(session, owner(cast.alice.customer_id), now=now).available == 340


def test_what_was_taken_over_is_spent_like_any_other_the_oldest_first(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        open_purses(session, "old-programme", lots(cast), now=now)
    with database.writing() as session:
        hold_points(session, cast.alice.customer_id, 50, reference="order:1", now=now)
    with database.reading() as session:
        card = points_card(session, owner(cast.alice.customer_id), now=now)
    assert (card.available, card.held, [each.amount for each in card.expiring]) == (290, 50, [290])


def test_a_purse_that_is_open_cannot_be_opened_again_and_nothing_of_the_rest_is(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        open_purses(session, "old-programme", lots(cast), now=now)
    more = [OpeningLot(cast.noise[0].customer_id, "channel", "grant", 5, EARNED, LATER), lots(cast)[0]]
    with pytest.raises(sa.exc.IntegrityError), database.writing() as session:
        open_purses(session, "another", more, now=now)
    with database.reading() as session:
        assert points_card(session, owner(cast.noise[0].customer_id), now=now).available == 0


@pytest.mark.parametrize("amount", [0, -1, 1.5, True, 10**18])
def test_an_amount_that_is_none_is_refused_and_nothing_is_opened(database: Database, cast: Cast, now: datetime, amount: object) -> None:
    wrong = [*lots(cast), OpeningLot(cast.noise[0].customer_id, "channel", "grant", amount, EARNED, LATER)]  # type: ignore[arg-type]
    with pytest.raises(Invalid), database.writing() as session:
        open_purses(session, "old-programme", wrong, now=now)
    with database.reading() as session:
        assert points_card(session, owner(cast.alice.customer_id), now=now).available == 0


def test_nothing_to_take_over_is_nothing_done(database: Database, now: datetime) -> None:
    with database.writing() as session:
        assert not open_purses(session, "old-programme", [], now=now)
        assert list(check_books(session)) == []


def test_an_account_goes_on_from_its_opening(database: Database, now: datetime) -> None:
    cash, debt = Account("cash", "till", "CNY", floor=0), Account("revenue", "operator", "CNY")
    with database.writing() as session:
        first = post_openings(session, "opening", [Posting(cash, 100), Posting(debt, -100)], now=now)
        again = post_openings(session, "opening", [Posting(debt, -100), Posting(cash, 100)], now=now)
        post(session, "next", [Posting(cash, -30), Posting(debt, 30)], now=now)
        assert (first.is_new, again.is_new, again.movement_id) == (True, False, first.movement_id)
        assert (balance(session, cash), balance(session, debt)) == (70, -70)
        assert list(check_books(session)) == []


def test_an_opening_of_other_amounts_under_the_same_reference_is_refused(database: Database, now: datetime) -> None:
    cash, debt = Account("cash", "till", "CNY", floor=0), Account("revenue", "operator", "CNY")
    with database.writing() as session:
        post_openings(session, "opening", [Posting(cash, 100), Posting(debt, -100)], now=now)
        with pytest.raises(ReferenceReused):
            post_openings(session, "opening", [Posting(cash, 90), Posting(debt, -90)], now=now)
        with pytest.raises(NotEnough):
            post(session, "too much", [Posting(cash, -101), Posting(debt, 101)], now=now)


def test_an_opening_below_an_accounts_floor_is_refused_by_the_database(database: Database, now: datetime) -> None:
    cash, debt = Account("cash", "till", "CNY", floor=0), Account("revenue", "operator", "CNY")
    with pytest.raises(sa.exc.IntegrityError), database.writing() as session:
        post_openings(session, "opening", [Posting(cash, -1), Posting(debt, 1)], now=now)

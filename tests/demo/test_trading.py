"""The demo sells: Alice has an order in each state, codes that were printed are good, a sale is always coming, the books are even."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.base.books import check_books
from portal.base.db import Database
from portal.base.keys import Keys
from portal.base.settings import Settings
from portal.carts import SellingRules, ShippingRule
from portal.codes import read_code
from portal.customers import Viewer, find_holder
from portal.demo import (
    Options,
    announce_coming,
    announce_sales,
    create_logins,
    fill_shelves,
    launch_campaigns,
    load_demo,
    place_orders,
    print_codes,
)
from portal.demo.cast import ALICE
from portal.flashsales import list_shown_sales
from portal.identity import make_hasher
from portal.orders import list_orders
from portal.presales import list_shown_presales
from tests.demo.rows import ZONE

SUBSCRIBERS = 40


@pytest.fixture
def trading(database: Database, settings: Settings, keys: Keys, now: datetime) -> int:
    """Give how many orders a small demo placed."""
    load_demo(database, Options(SUBSCRIBERS, processes=0), zone=ZONE, currency="CNY", now=now)
    with database.writing() as session:
        fill_shelves(session, keys, now=now)
    create_logins(database, settings, keys, make_hasher(settings), now=now)
    with database.writing() as session:
        launch_campaigns(session, now=now - timedelta(days=21))
    return place_orders(database, SellingRules("CNY", ShippingRule(1000, 9900)), subscribers=SUBSCRIBERS, seed=7, now=now)


def test_alice_has_an_order_in_each_state_and_the_books_are_even(database: Database, trading: int) -> None:
    assert trading >= 12
    with database.reading() as session:
        alice = find_holder(session, ALICE.number)
        assert alice is not None
        viewer = Viewer("subscriber", f"party:{alice.party_id}", alice.customer_id)
        states = {order.status for order in list_orders(session, viewer).orders}
        assert states >= {"accepted", "reserved", "shipped", "completed", "cancelled", "returned"}
        assert list(check_books(session)) == []


def test_a_sale_is_announced_once_while_it_is_coming_and_anew_once_it_ran(
    database: Database, trading: int, keys: Keys, now: datetime
) -> None:
    def announce(at: datetime) -> int:
        with database.writing() as session:
            return announce_sales(session, keys, currency="CNY", zone=ZONE, now=at)

    assert (announce(now), announce(now)) == (2, 0)
    assert announce(now + timedelta(hours=1)) == 1, "the one that started is not coming any more; the draw of the evening is"
    with database.reading() as session:
        assert {sale.rule for sale in list_shown_sales(session, now=now)} == {"first_come", "draw"}


def test_the_codes_that_are_shown_are_good_and_made_once(database: Database, trading: int, keys: Keys, now: datetime) -> None:
    with database.writing() as session:
        batches = print_codes(session, keys, now=now)
        assert print_codes(session, keys, now=now) == ()
    assert [len(batch.codes) for batch in batches] == [5, 5]
    with database.reading() as session:
        found = [read_code(session, keys, code) for batch in batches for code in batch.codes]
    assert {(each.kind, each.status) for each in found if each is not None} == {("prize", "active"), ("coupon", "active")}
    assert None not in found


def test_the_presale_is_announced_once(database: Database, trading: int, now: datetime) -> None:
    with database.writing() as session:
        assert announce_coming(session, currency="CNY", now=now)
        assert not announce_coming(session, currency="CNY", now=now)
        assert len(list_shown_presales(session)) == 1

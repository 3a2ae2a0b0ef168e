"""An order given up while the carrier may have its parcel: said in the hall, asked at the desk, and no money before it is known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.base.ids import to_ref as ref
from portal.orders import claim_parcels, claim_recalls, want_parcel
from tests.cast import NOW
from tests.faces.desk import path, steps_of, take, to
from tests.faces.test_counter_orders import audited
from tests.faces.test_office_steps import step
from tests.orders.shop import PHONE_PRICE, Shop


@pytest.fixture
def shop(database, cast, keys, store):
    """Alice's orders for money, an hour ago."""
    return Shop(database, cast.alice, keys, NOW - timedelta(hours=1))


@pytest.fixture
def packed(shop, database):
    """A phone, paid and packed for the carrier."""
    placed = shop.sell()
    shop.pay(placed)
    with database.writing() as session:
        want_parcel(session, placed.order_id, actor="staff:1", now=shop.now)
    return placed


@pytest.fixture
def told(packed, database, shop):
    """The same, and the carrier is being told."""
    with database.writing() as session:
        claim_parcels(session, now=shop.now)
    return packed


def cancel(alice, placed):
    """Give it up in the hall, as its owner."""
    address = f"/orders/{ref(placed.order_id)}/cancel"
    return alice.post_form(alice.get(address), address)


def test_the_customer_reads_that_the_parcel_is_being_stopped_and_cannot_ask_twice(sign_in, cast, shop, told):
    alice = sign_in(cast.alice)
    assert "If the parcel can no longer be stopped" in alice.get(f"/orders/{ref(told.order_id)}/cancel").page.text
    page = cancel(alice, told).page
    assert "We ask the carrier to stop the parcel." in page.text
    assert "refuse it at the door" in page.text
    assert "The order is cancelled." not in page.text
    assert not any(link.endswith("/cancel") for link in page.links())
    again = alice.get(f"/orders/{ref(told.order_id)}/cancel")
    assert again.status_code == 409
    assert "we asked for the parcel to be stopped" in again.page.text
    assert (shop.status(told), shop.refunds()) == ("reserved", {})


def test_what_no_carrier_was_told_of_is_cancelled_at_once(sign_in, cast, shop, packed):
    alice = sign_in(cast.alice)
    assert "The order is cancelled." in cancel(alice, packed).page.text
    assert (shop.status(packed), list(shop.refunds().values())) == ("cancelled", [PHONE_PRICE])


@pytest.mark.parametrize(("name", "status", "back"), [("stopped", "cancelled", [PHONE_PRICE]), ("too_late", "shipped", [])])
def test_the_desk_asks_and_says_once_what_became_of_it(office, shop, told, name, status, back):
    shop.cancel(told.order_id)
    olga = office()
    take(olga, told)
    page = olga.get(to(olga, told)).page
    assert "Stop the parcel" in page.text
    assert "no money, no stock" in page.text
    before = shop.everything()
    for other in ("ship", "carry", "arrived", "undone", "paid_out"):
        step(olga, told, other, note="SF1")
    olga.post(path(olga, told, "fulfil"), data={"csrf_token": olga.token(), "note": "SF1"})
    olga.post(path(olga, told, "cancel"), data={"csrf_token": olga.token(), "reason": "customer_asked"})
    assert shop.everything() == before, "it waits for nothing else"
    assert step(olga, told, name, note="SF1").status_code == 303
    assert (shop.status(told), list(shop.refunds().values())) == (status, back)
    step(olga, told, name)
    assert list(shop.refunds().values()) == back
    assert steps_of(shop.database, told)[-1] == ("cancelled" if name == "stopped" else "shipped")


def test_while_the_carrier_is_asked_the_desk_reads_so(office, shop, database, told):
    shop.cancel(told.order_id)
    with database.writing() as session:
        assert claim_recalls(session, now=NOW + timedelta(hours=1))
    olga = office()
    page = olga.get(to(olga, told)).page
    assert "The carrier is being asked." in page.text
    assert step(olga, told, "stopped").status_code != 303
    assert shop.status(told) == "reserved"


def test_a_step_at_the_desk_is_audited(office, shop, told, database, cast):
    shop.cancel(told.order_id)
    olga = office()
    take(olga, told)
    step(olga, told, "stopped")
    assert "order.stopped" in audited(database, cast)

"""The desk's steps: each new line has its number before anything starts, a packed parcel goes to the carrier, each step once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.adapters.logistics import DeskLogistics, HttpLogistics
from tests.cast import NOW
from tests.faces.desk import path, steps_of, take, to
from tests.orders.shop import PHONE, PLAN, Shop

NEW = replace(PLAN, offering_code="voice_standard")


@pytest.fixture
def shop(database, cast, keys, store):
    """Alice's orders for money, an hour ago."""
    return Shop(database, cast.alice, keys, NOW - timedelta(hours=1))


@pytest.fixture
def new_lines(shop):
    """Two plans for lines there are not yet."""
    return shop.sell(NEW, NEW, payment="bill", delivery=None)


def step(here, placed, name, **typed):
    """Send the step as the form would."""
    return here.post(path(here, placed, "do_step"), data={"csrf_token": here.token(), "step": name} | typed)


def lines_of(shop):
    return [row["number"] for row in shop.rows("subscription") if row["customer_id"] == shop.person.customer_id]


def test_nothing_starts_until_each_new_line_has_its_number(office, shop, new_lines):
    olga, had = office(), lines_of(shop)
    take(olga, new_lines)
    before = shop.rows("product")
    page = step(olga, new_lines, "set_up", **{"number-1": "13900009001"})
    assert (page.status_code, set(page.page.errors)) == (422, {"number-2"})
    assert "13900009001" in page.page.html, "what was typed is kept"
    assert (shop.rows("product"), lines_of(shop)) == (before, had)
    assert set(step(olga, new_lines, "set_up", **{"number-1": "12", "number-2": "13900009002"}).page.errors) == {"number-1"}
    done = step(olga, new_lines, "set_up", **{"number-1": "13900009001", "number-2": "139 0000 9002"})
    assert done.status_code == 303
    assert sorted(set(lines_of(shop)) - set(had)) == ["13900009001", "13900009002"]
    assert shop.status(new_lines) == "completed"
    again = len(shop.rows("product"))
    step(olga, new_lines, "set_up", **{"number-1": "13900009003", "number-2": "13900009004"})
    assert len(shop.rows("product")) == again


def test_a_number_somebody_holds_opens_no_line(office, shop, new_lines, cast):
    olga = office()
    take(olga, new_lines)
    page = step(olga, new_lines, "set_up", **{"number-1": cast.bob.number, "number-2": "13900009002"})
    assert page.status_code == 409
    assert shop.status(new_lines) == "reserved"


def test_a_packed_parcel_is_handed_to_the_carrier_where_there_is_one(app, office, shop, monkeypatch):
    olga, placed = office(), shop.sell(PHONE, payment="bill")
    take(olga, placed)
    assert "hand it to the carrier" not in olga.get(to(olga, placed)).page.text
    assert step(olga, placed, "carry").status_code == 404
    parts = app.extensions["portal"]
    monkeypatch.setitem(app.extensions, "portal", replace(parts, logistics=HttpLogistics("http://127.0.0.1:9", b"x")))
    assert "hand it to the carrier" in olga.get(to(olga, placed)).page.text
    assert step(olga, placed, "carry").status_code == 303
    assert shop.task(placed) == ("ship", "system")
    assert "the carrier is being asked" in olga.get(to(olga, placed)).page.text
    step(olga, placed, "carry")
    assert [row["status"] for row in shop.rows("shipment")] == ["wanted"]
    assert steps_of(shop.database, placed)[-1] == "packed"
    assert isinstance(parts.logistics, DeskLogistics)


def test_a_step_an_order_does_not_wait_for_does_nothing(office, shop):
    olga, placed = office(), shop.sell(PHONE, payment="bill")
    take(olga, placed)
    before = shop.everything()
    for name in ("check", "set_up", "undone", "approve", "receive", "paid_out", "arrived", "nonsense", ""):
        step(olga, placed, name)
    assert shop.everything() == before

"""A paper that was shown before: each reader of an order is told that it was not asked for again, and since when it is known."""

from __future__ import annotations

import pytest

from portal.customers import keep_papers
from portal.orders import papers_of_order
from tests.faces.test_counter_orders import dora, shop
from tests.orders.shop import ADD_ON
from tests.orders.test_real_name import PLAN

__all__ = ["dora", "shop"]
SAID = "Identity card: shown before, on 22 November 2026, so it was not asked for again."


@pytest.fixture
def spared(shop, database):
    """Alice's order of a new line, the card shown before it."""
    with database.writing() as session:
        keep_papers(session, shop.person.customer_id, ["id_card"], seen_by="staff:7", now=shop.now)
        papers = papers_of_order(session, shop.person.customer_id, [PLAN], by="individual", channel="web", now=shop.now)
    return shop.sell(PLAN, payment="bill", documents=papers)


def test_customer_desk_and_counter_read_that_it_was_shown_before(sign_in, cast, office, dora, spared):
    alice, olga = sign_in(cast.alice), office()
    mine = alice.get(alice.url("site.show_order", order_id=spared.order_id)).page
    assert SAID in mine.text
    assert "we have to see" not in mine.text
    assert SAID in olga.get(olga.url("office.show_order", order_id=spared.order_id)).page.text
    here = dora.get(dora.url("counter.show_customer_order", customer_id=cast.alice.customer_id, order_id=spared.order_id)).page
    assert SAID in here.text
    assert "Papers you have seen" not in here.text


def test_an_order_that_asked_for_nothing_says_nothing_of_papers(sign_in, cast, shop):
    alice, placed = sign_in(cast.alice), shop.sell(ADD_ON, payment="bill")
    assert "shown before" not in alice.get(alice.url("site.show_order", order_id=placed.order_id)).page.text

"""Papers in the cart: an order takes what the customer has shown from the record, and asks for the rest."""

from __future__ import annotations

from datetime import UTC, timedelta

from portal.carts import order_quote
from portal.customers import keep_papers
from tests.carts.stall import HOME, SIM, Stall


def show(stall: Stall, *names: str) -> None:
    with stall.database.writing() as session:
        keep_papers(session, stall.person.customer_id, names, seen_by="staff:7", now=stall.now)


def documents(stall: Stall) -> list[object]:
    return [row["documents"] for row in sorted(stall.rows("customer_order"), key=lambda row: row["placed_at"])]


def test_who_has_shown_the_card_is_not_asked_for_it_again(stall: Stall) -> None:
    stall.stock(SIM, 5)
    stall.put(SIM)
    stall.order()
    show(stall, "id_card")
    stall.put(SIM)
    stall.say(delivery=HOME, payment="online")
    stall.order(now=stall.now + timedelta(minutes=1))
    seen = {"by": "staff:7", "at": stall.now.astimezone(UTC).isoformat(), "on_record": True}
    assert documents(stall) == [{"wanted": ["id_card"]}, {"wanted": ["id_card"], "seen": {"id_card": seen}}]


def test_a_quote_asks_on_the_day_it_is_ordered(stall: Stall) -> None:
    stall.stock(SIM, 5)
    stall.put(SIM)
    quote = stall.quote()
    assert quote.document["documents"] == {"wanted": ["id_card"]}
    show(stall, "id_card")
    with stall.database.writing() as session:
        order_quote(session, stall.whose, stall.rules, quote.number, stall.decided(0), now=stall.now + timedelta(days=1))
    (kept,) = documents(stall)
    assert set(kept["seen"]) == {"id_card"}


def test_a_bundle_with_new_lines_in_it_asks_for_the_card(stall: Stall) -> None:
    stall.put("bundle_family")
    stall.order()
    assert documents(stall) == [{"wanted": ["id_card"]}]

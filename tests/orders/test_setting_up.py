"""What is set up in the billing system, sent and brought: each once, whatever is answered, and undone where a later step fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.catalog import StockCount
from portal.orders import (
    AlreadyTaken,
    Answer,
    Carried,
    OrderClosed,
    claim_provisions,
    complete_delivered,
    finish_undoing,
    list_delivered,
    list_shipments,
    note_came_back,
    note_delivered,
    settle_parcel,
    settle_provision,
)
from tests.orders.shop import ADD_ON, PHONE, PHONE_PRICE, PLAN, Shop


def mine(shop: Shop, code: str) -> list[tuple[str, int]]:
    """Give (status, line) of each product of this offering that Alice has or had."""
    rows = [row for row in shop.rows("product") if row["customer_id"] == shop.person.customer_id and row["offering_code"] == code]
    return [(row["status"], row["subscription_id"]) for row in rows]


def add_on(shop: Shop) -> Any:
    return replace(ADD_ON, subscription_id=shop.person.subscription_id)


def test_a_service_waits_for_the_billing_system_and_runs_once_that_says_so(shop: Shop) -> None:
    had = mine(shop, ADD_ON.offering_code)
    placed = shop.sell(add_on(shop), payment="bill", delivery=None)
    assert shop.task(placed) == ("provision", "order_desk")
    assert shop.bss("done") == ["done"]
    assert mine(shop, ADD_ON.offering_code) == [*had, ("active", shop.person.subscription_id)]
    assert shop.kinds(placed)[-2:] == ["provisioned", "completed"]
    assert shop.task(placed) is None
    assert shop.bss() == []


def test_the_rest_is_sent_once_the_service_runs(shop: Shop) -> None:
    placed = shop.sell(PHONE, add_on(shop), payment="bill")
    with pytest.raises(OrderClosed):
        shop.fulfil(placed.order_id)
    assert shop.bss("done") == ["done"]
    assert (shop.status(placed), shop.task(placed)) == ("provisioned", ("ship", "order_desk"))


def test_no_answer_is_no_refusal_and_is_asked_again_under_the_same_number(shop: Shop) -> None:
    placed = shop.sell(add_on(shop), payment="bill", delivery=None)
    asked = []
    for end in ("unknown", "accepted", "done"):
        shop.now += timedelta(minutes=2)
        with shop.database.writing() as session:
            (one,) = claim_provisions(session, now=shop.now)
        asked.append(one.request.reference)
        with shop.database.writing() as session:
            assert claim_provisions(session, now=shop.now) == [], "one asks at a time"
            settle_provision(session, one, Answer(end), now=shop.now)  # type: ignore[arg-type]
    assert asked == [f"order:{placed.order_id}:1"] * 3
    assert shop.status(placed) == "completed"


def test_an_asker_who_died_is_followed_by_another_after_a_minute(shop: Shop) -> None:
    shop.sell(add_on(shop), payment="bill", delivery=None)
    with shop.database.writing() as session:
        (dead,) = claim_provisions(session, now=shop.now)
    shop.now += timedelta(seconds=61)
    assert shop.bss("done") == ["done"]
    before = shop.everything()
    with shop.database.writing() as session:
        assert settle_provision(session, dead, Answer("done", "BSS-1"), now=shop.now) == "known", "says yes twice"
        assert settle_provision(session, dead, Answer("refused", error="late"), now=shop.now) == "known"
    assert shop.everything() == before


def test_a_refusal_gives_the_order_up_and_everything_back(shop: Shop) -> None:
    placed = shop.sell(PHONE, add_on(shop))
    shop.pay(placed)
    assert shop.bss("refused", error="no_credit") == ["failed"]
    assert shop.status(placed) == "cancelled"
    assert shop.look(placed.order_id).steps[-1].note == "refused_by_bss"
    assert shop.refunds() == {f"order:{placed.order_id}:cancel": PHONE_PRICE}
    assert shop.stocked("device_redmi_note_13") == StockCount(3, 0, 0)
    assert shop.task(placed) is None


def test_what_was_set_up_before_another_thing_was_refused_is_undone(shop: Shop) -> None:
    had = mine(shop, ADD_ON.offering_code)
    other = replace(ADD_ON, offering_code="gift_data_5gb", subscription_id=shop.person.subscription_id)
    placed = shop.sell(add_on(shop), other, payment="bill", delivery=None)
    assert shop.bss("done", "refused") == ["done", "failed"]
    assert (shop.status(placed), shop.task(placed)) == ("cancelled", ("undo", "order_desk"))
    with shop.database.writing() as session:
        (wanted,) = claim_provisions(session, now=shop.now)
    assert (wanted.request.action, wanted.request.reference) == ("remove", f"order:{placed.order_id}:1:undo")
    with shop.database.writing() as session:
        assert settle_provision(session, wanted, Answer("done"), now=shop.now) == "undone"
        assert settle_provision(session, wanted, Answer("done"), now=shop.now) == "known"
    assert mine(shop, ADD_ON.offering_code) == [*had, ("terminated", shop.person.subscription_id)]
    assert shop.task(placed) is None


def test_giving_up_what_was_only_asked_for_ends_no_product_that_was_there_before(shop: Shop) -> None:
    with_one = shop.sell(add_on(shop), payment="bill", delivery=None)
    shop.bss("done")
    assert with_one.is_new
    before = mine(shop, ADD_ON.offering_code)
    placed = shop.sell(add_on(shop), payment="bill", delivery=None)
    shop.bss("accepted")
    shop.cancel(placed.order_id, "staff:1")
    assert shop.task(placed) == ("undo", "order_desk")
    assert shop.bss("done") == ["undone"]
    assert mine(shop, ADD_ON.offering_code) == before


def test_the_customer_no_longer_gives_up_what_the_billing_system_was_asked_for(shop: Shop) -> None:
    placed = shop.sell(add_on(shop), payment="bill", delivery=None)
    shop.bss("accepted")
    with pytest.raises(AlreadyTaken):
        shop.cancel(placed.order_id)
    assert shop.status(placed) == "reserved"


def test_a_clerk_sets_it_up_by_hand_and_the_machine_leaves_it_alone(shop: Shop, clerks: tuple[int, int]) -> None:
    placed = shop.sell(replace(PLAN, offering_code="gift_data_5gb"), payment="bill", delivery=None)
    shop.take(placed.order_id, clerks[0])
    assert shop.bss() == []
    assert shop.set_up(placed)
    assert shop.set_up(placed) is False
    assert shop.status(placed) == "completed"


def test_a_clerk_undoes_by_hand_what_was_set_up(shop: Shop) -> None:
    placed = shop.sell(PHONE, add_on(shop), payment="bill")
    shop.bss("done")
    shop.cancel(placed.order_id, "staff:1")
    with shop.database.writing() as session:
        assert finish_undoing(session, shop.person.customer_id, placed.order_id, actor="staff:1", now=shop.now)
        assert not finish_undoing(session, shop.person.customer_id, placed.order_id, actor="staff:1", now=shop.now)
    assert shop.task(placed) is None
    assert mine(shop, ADD_ON.offering_code)[-1][0] == "terminated"


def test_after_a_dozen_silences_a_person_looks_at_it(shop: Shop) -> None:
    placed = shop.sell(add_on(shop), payment="bill", delivery=None)
    for _ in range(12):
        shop.now += timedelta(hours=2)
        assert shop.bss("unknown") == ["asked"]
    shop.now += timedelta(hours=2)
    assert shop.bss() == []
    assert shop.task(placed) == ("provision", "order_desk")
    assert shop.set_up(placed)


# Sent and brought.


def test_what_is_sent_is_on_its_way_until_it_has_arrived(shop: Shop) -> None:
    placed = shop.sell(payment="bill")
    assert shop.ship(placed)
    assert shop.ship(placed) is False
    assert (shop.status(placed), shop.task(placed)) == ("shipped", ("deliver", "carrier"))
    assert shop.stocked("device_redmi_note_13") == StockCount(2, 1, 0)
    with pytest.raises(OrderClosed):
        shop.cancel(placed.order_id)
    with shop.database.writing() as session:
        assert note_delivered(session, placed.order_id, actor=shop.actor, customer_id=shop.person.customer_id, now=shop.now)
        assert not note_delivered(session, placed.order_id, actor=shop.actor, customer_id=shop.person.customer_id, now=shop.now)
    assert shop.status(placed) == "completed"
    assert shop.stocked("device_redmi_note_13") == StockCount(2, 0, 1)
    with shop.database.reading() as session:
        (parcel,) = list_shipments(session, shop.person.customer_id, placed.order_id)
    assert (parcel.status, parcel.tracking, parcel.delivered_at) == ("delivered", "SF1234567890", shop.now)


def test_what_comes_back_gives_everything_back(shop: Shop) -> None:
    placed = shop.sell()
    shop.pay(placed)
    shop.ship(placed)
    with shop.database.writing() as session:
        assert note_came_back(session, placed.order_id, actor="staff:1", now=shop.now)
        assert not note_came_back(session, placed.order_id, actor="staff:1", customer_id=shop.person.customer_id, now=shop.now)
    assert shop.status(placed) == "cancelled"
    assert shop.stocked("device_redmi_note_13") == StockCount(3, 0, 0)
    assert shop.refunds() == {f"order:{placed.order_id}:cancel": PHONE_PRICE}


def test_nobody_has_to_say_that_it_arrived(shop: Shop) -> None:
    placed = shop.sell(payment="bill")
    shop.ship(placed)
    shop.now += timedelta(days=10, seconds=1)
    with shop.database.reading() as session:
        (arrived,) = list_delivered(session, now=shop.now)
    with shop.database.writing() as session:
        assert complete_delivered(session, *arrived, now=shop.now)
        assert not complete_delivered(session, *arrived, now=shop.now)
        assert list_delivered(session, now=shop.now) == []
    assert shop.status(placed) == "completed"


def test_the_carriers_word_moves_the_order_and_comes_too_late_without_harm(shop: Shop) -> None:
    placed = shop.sell(payment="bill")
    shop.ship(placed)
    seen = Carried("on_the_way", "SF", "SF99", ({"at": "2026-11-22", "what": "sorted", "place": "杭州"},))
    for end in (seen, Carried("delivered"), Carried("failed"), Carried("unknown")):
        with shop.database.writing() as session:
            settle_parcel(session, shop.person.customer_id, placed.order_id, end, now=shop.now)
    assert shop.status(placed) == "completed"

"""An order given up while the carrier was told of its parcel: nothing goes back before the parcel is stopped, or is back; then once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.adapters.bss import DeskBss
from portal.adapters.logistics import DeskLogistics, HttpLogistics
from portal.catalog import count_stock
from portal.faces.worker.orders import OrderCarrier
from portal.orders import (
    AlreadyTaken,
    Carried,
    ClaimedParcel,
    ClaimedRecall,
    OrderClosed,
    Placed,
    Recalled,
    SamePerson,
    claim_recalls,
    note_paid_out,
    settle_recall,
    settle_recall_by_hand,
)
from tests.orders.shop import PHONE, PHONE_PRICE, Shop
from tests.orders.test_outside import SECRET, Outside, outside
from tests.orders.test_sending import claim, parcels, settle, the_carrier, want

__all__ = ["outside"]
MINUTE = timedelta(seconds=61)
NO_ANSWERS = ["slow", (503, "down"), "nonsense", "[1]", {"state": "perhaps"}, {"state": "stopped", "reference": "order:8:parcel:1"}]


def told(shop: Shop) -> tuple[Placed, ClaimedParcel]:
    """Sell a phone that is paid and packed, and whose parcel the carrier is being told of."""
    placed = shop.sell()
    shop.pay(placed)
    want(shop, placed)
    (one,) = claim(shop)
    return placed, one


def recall(shop: Shop) -> list[ClaimedRecall]:
    with shop.database.writing() as session:
        return list(claim_recalls(session, now=shop.now))


def answer(shop: Shop, one: ClaimedRecall, said: Recalled) -> str:
    with shop.database.writing() as session:
        return settle_recall(session, one, said, now=shop.now)


def by_hand(shop: Shop, placed: Placed, *, stopped: bool, actor: str = "staff:2", tracking: str | None = None) -> bool:
    with shop.database.writing() as session:
        return settle_recall_by_hand(session, placed.order_id, stopped=stopped, actor=actor, tracking=tracking, now=shop.now)


def left(shop: Shop) -> int:
    with shop.database.reading() as session:
        return count_stock(session, PHONE.offering_code).free


def given_back(shop: Shop, placed: Placed) -> bool:
    """Say whether money and stock went back, each once; half of it is a fault."""
    money, held = shop.refunds(), [row for row in shop.rows("stock_claim") if row["holder"].startswith(f"order:{placed.order_id}:")]
    assert shop.books() == []
    assert (sum(money.values()), len(held)) in ((0, 1), (PHONE_PRICE, 0)), (money, held)
    return not held


def waits(shop: Shop, placed: Placed) -> bool:
    """Say whether the order stands as it stood, its parcel being stopped."""
    return shop.status(placed) == "reserved" and (shop.task(placed) or ("",))[0] == "recall" and not given_back(shop, placed)


def test_what_is_asked_back_is_not_handed_over_meanwhile(shop: Shop) -> None:
    placed, _ = told(shop)
    shop.cancel(placed.order_id)
    with pytest.raises(OrderClosed):
        shop.fulfil(placed.order_id)
    assert waits(shop, placed)


@pytest.mark.parametrize("actor", ["party", "staff:1"])
def test_a_packed_parcel_no_carrier_was_told_of_is_stopped_with_its_order(shop: Shop, actor: str) -> None:
    placed = shop.sell()
    shop.pay(placed)
    want(shop, placed)
    assert shop.cancel(placed.order_id, shop.actor if actor == "party" else actor)
    assert (shop.status(placed), shop.task(placed)) == ("cancelled", None)
    assert given_back(shop, placed)
    assert parcels(shop, placed) == [("stopped", "", None)]
    assert (claim(shop), recall(shop)) == ([], [])


@pytest.mark.parametrize("actor", ["party", "staff:1"])
def test_one_the_carrier_was_told_of_is_called_back_and_then_the_order_is_given_up(outside: Outside, shop: Shop, actor: str) -> None:
    placed, _ = told(shop)
    actor = shop.actor if actor == "party" else actor
    assert shop.cancel(placed.order_id, actor)
    assert waits(shop, placed)
    assert shop.cancel(placed.order_id, "staff:2") is False, "is wanted already"
    assert shop.look(placed.order_id).summary.can_cancel is False
    carrier = the_carrier(shop, outside)
    assert carrier.run() == 0, "not while the announcing call may still be under way"
    shop.now += MINUTE
    outside.answers = [{"state": "stopped"}]
    assert carrier.run() == 1
    assert (shop.status(placed), shop.task(placed)) == ("cancelled", None)
    assert given_back(shop, placed)
    assert parcels(shop, placed) == [("stopped", "", None)]
    reference = f"order:{placed.order_id}:parcel:1"
    assert [(path, body) for path, body in outside.asked] == [("/parcels/cancel", {"reference": reference})]
    assert (outside.signed, outside.orders) == ([True], {reference})
    asked, ended = (step for step in shop.look(placed.order_id).steps if step.kind in ("stop_asked", "cancelled"))
    assert asked.note == ended.note
    assert carrier.run() == 0
    assert shop.cancel(placed.order_id, "staff:2") is False


@pytest.mark.parametrize("fault", NO_ANSWERS)
def test_no_answer_moves_nothing_and_is_asked_again_under_the_same_number(outside: Outside, shop: Shop, fault: Any) -> None:
    placed, _ = told(shop)
    shop.cancel(placed.order_id, "staff:1")
    carrier = the_carrier(shop, outside)
    shop.now += MINUTE
    outside.answers = [fault]
    assert carrier.run() == 0
    assert waits(shop, placed)
    assert shop.task(placed) == ("recall", "system")
    shop.now += MINUTE
    outside.answers = [(404, {"state": "unheard"})]
    assert carrier.run() == 1, "what was never announced is stopped"
    assert shop.status(placed) == "cancelled"
    assert given_back(shop, placed)
    assert len(outside.orders) == 1


def too_late(outside: Outside, shop: Shop) -> tuple[Placed, OrderCarrier]:
    placed, _ = told(shop)
    shop.cancel(placed.order_id, shop.actor)
    carrier = the_carrier(shop, outside)
    shop.now += MINUTE
    outside.answers = [{"state": "too_late", "carrier": "SF", "tracking": "SF9"}]
    assert carrier.run() == 1
    assert (shop.status(placed), shop.task(placed)) == ("shipped", ("deliver", "carrier"))
    assert shop.kinds(placed)[-3:] == ["stop_asked", "too_late", "shipped"]
    assert parcels(shop, placed) == [("sent", "SF", "SF9")]
    assert not given_back(shop, placed)
    return placed, carrier


def test_too_late_and_refused_at_the_door_it_gives_all_back_when_it_is_back(outside: Outside, shop: Shop) -> None:
    placed, carrier = too_late(outside, shop)
    for state, status in (("on_the_way", "shipped"), ("failed", "cancelled")):
        shop.now += timedelta(hours=1)
        outside.answers = [{"state": state}]
        carrier.follow()
        assert shop.status(placed) == status
        assert given_back(shop, placed) is (status == "cancelled")


def test_too_late_and_taken_it_is_a_return_like_any_other(outside: Outside, shop: Shop) -> None:
    before = left(shop)
    placed, carrier = too_late(outside, shop)
    shop.now += timedelta(hours=1)
    outside.answers = [{"state": "delivered"}]
    carrier.follow()
    assert (shop.status(placed), shop.refunds(), left(shop)) == ("completed", {}, before - 1)
    shop.bring_back(placed, {1: 1})
    assert (shop.status(placed), sum(shop.refunds().values()), left(shop)) == ("returned", PHONE_PRICE, before)


@pytest.mark.parametrize("first", ["done", "refused"])
def test_what_is_answered_twice_has_one_effect(shop: Shop, first: Any) -> None:
    placed, _ = told(shop)
    shop.cancel(placed.order_id, "staff:1")
    shop.now += MINUTE
    (dead,) = recall(shop)
    assert recall(shop) == []
    shop.now += MINUTE
    (next_one,) = recall(shop)
    assert answer(shop, next_one, Recalled(first)) == {"done": "stopped", "refused": "too_late"}[first]
    before = shop.everything()
    for said in ("done", "refused", "unknown"):
        assert answer(shop, dead, Recalled(said)) == "known"  # type: ignore[arg-type]
    if first == "refused":
        assert by_hand(shop, placed, stopped=True) is False
    assert shop.everything() == before


def test_the_announcing_calls_answer_after_the_wish_says_what_there_is_to_stop(shop: Shop) -> None:
    placed, one = told(shop)
    shop.cancel(placed.order_id, shop.actor)
    assert recall(shop) == []
    assert settle(shop, one, Carried("sent", "SF", "SF3")) == "known"
    assert waits(shop, placed)
    assert parcels(shop, placed) == [("recalling", "SF", "SF3")]
    (now_at_once,) = recall(shop)
    assert answer(shop, now_at_once, Recalled("refused")) == "too_late"
    assert parcels(shop, placed) == [("sent", "SF", "SF3")]


def test_a_parcel_the_carrier_would_not_take_is_stopped_by_that(shop: Shop) -> None:
    placed, one = told(shop)
    shop.cancel(placed.order_id, shop.actor)
    assert settle(shop, one, Carried("unknown")) == "known"
    assert waits(shop, placed)
    assert settle(shop, one, Carried("refused")) == "known"
    assert shop.status(placed) == "cancelled"
    assert given_back(shop, placed)


def test_after_a_dozen_silences_a_person_asks(shop: Shop) -> None:
    placed, _ = told(shop)
    shop.cancel(placed.order_id, "staff:1")
    for turn in range(12):
        shop.now += timedelta(hours=2)
        (one,) = recall(shop)
        assert answer(shop, one, Recalled("unknown")) == ("desk" if turn == 11 else "asked")
    shop.now += timedelta(hours=2)
    assert recall(shop) == []
    assert waits(shop, placed)
    assert (shop.task(placed), shop.kinds(placed)[-1]) == (("recall", "order_desk"), "not_stopped")


@pytest.mark.parametrize("stopped", [True, False])
def test_where_people_hand_parcels_over_the_desk_stops_it(shop: Shop, clerks: tuple[int, int], stopped: bool) -> None:
    placed, _ = told(shop)
    shop.cancel(placed.order_id, shop.actor)
    shop.now += MINUTE
    assert OrderCarrier(shop.database, DeskBss(), DeskLogistics(), lambda: shop.now).run() == 0
    assert shop.task(placed) == ("recall", "order_desk")
    assert DeskLogistics().cancel("order:7:parcel:1") == Recalled("unknown")
    shop.take(placed.order_id, clerks[0])
    assert recall(shop) == [], "what a clerk has taken no machine asks about"
    with pytest.raises(PermissionError):
        by_hand(shop, placed, stopped=stopped, actor=shop.actor)
    assert by_hand(shop, placed, stopped=stopped, tracking="EMS1")
    assert shop.status(placed) == ("cancelled" if stopped else "shipped")
    assert given_back(shop, placed) is stopped
    if not stopped:
        assert parcels(shop, placed) == [("sent", "carrier", "EMS1")]


def test_nobody_sends_by_hand_what_is_being_stopped(shop: Shop) -> None:
    placed, _ = told(shop)
    shop.cancel(placed.order_id, shop.actor)
    before = shop.everything()
    with pytest.raises(OrderClosed):
        shop.ship(placed)
    assert shop.everything() == before


def test_a_customer_cannot_call_back_what_the_desk_has_in_hand_again(shop: Shop, clerks: tuple[int, int]) -> None:
    placed, _ = told(shop)
    for _turn in range(12):
        shop.now += timedelta(hours=2)
        for one in claim(shop):
            settle(shop, one, Carried("unknown"))
    shop.take(placed.order_id, clerks[0])
    before = shop.everything()
    with pytest.raises(AlreadyTaken):
        shop.cancel(placed.order_id, shop.actor)
    assert shop.everything() == before
    assert shop.cancel(placed.order_id, "staff:1"), "the carrier may have it for all anybody knows"
    assert waits(shop, placed)


def test_who_wanted_the_order_given_up_does_not_pay_its_money_out(shop: Shop) -> None:
    placed = shop.sell(payment="counter")
    shop.mark(placed, PHONE_PRICE, "staff:2")
    want(shop, placed)
    claim(shop)
    shop.cancel(placed.order_id, "staff:1")
    shop.now += MINUTE
    (one,) = recall(shop)
    assert answer(shop, one, Recalled("done")) == "stopped"
    assert shop.task(placed) == ("refund", "order_desk")
    with pytest.raises(SamePerson), shop.database.writing() as session:
        note_paid_out(session, placed.order_id, actor="staff:1", now=shop.now)


@pytest.mark.parametrize(("said", "end"), [("stopped", "done"), ("unheard", "done"), ("too_late", "refused"), ("sent", "unknown")])
def test_the_carriers_words_for_a_parcel_called_back(outside: Outside, said: str, end: str) -> None:
    outside.answers = [{"state": said, "tracking": "SF1"}]
    assert HttpLogistics(outside.address, SECRET).cancel("order:7:parcel:1") == Recalled(end, "", "SF1")  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", [*NO_ANSWERS, (500, {"state": "stopped"}), (200, "x" * 100_000)])
def test_what_says_nothing_is_not_taken_for_a_parcel_that_is_stopped(outside: Outside, fault: Any) -> None:
    outside.answers = [fault]
    assert HttpLogistics(outside.address, SECRET, seconds=0.3).cancel("order:7:parcel:1").end == "unknown"


def test_nobody_there_stops_nothing() -> None:
    assert HttpLogistics("http://127.0.0.1:9", SECRET).cancel("order:7:parcel:1").end == "unknown"

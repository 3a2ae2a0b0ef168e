"""A parcel announced to the carrier: once, whatever is answered and however often it is asked; refused, it is the desk's again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.adapters.bss import DeskBss
from portal.adapters.logistics import DeskLogistics, HttpLogistics
from portal.base.errors import NotFound
from portal.faces.worker.orders import OrderCarrier
from portal.orders import Carried, ClaimedParcel, OrderClosed, Placed, claim_parcels, list_shipments, settle_sending, want_parcel
from tests.orders.shop import Shop
from tests.orders.test_outside import SECRET, Outside, outside

__all__ = ["outside"]


def want(shop: Shop, placed: Placed) -> bool:
    with shop.database.writing() as session:
        return want_parcel(session, placed.order_id, actor="staff:1", now=shop.now)


def claim(shop: Shop) -> list[ClaimedParcel]:
    with shop.database.writing() as session:
        return list(claim_parcels(session, now=shop.now))


def settle(shop: Shop, one: ClaimedParcel, answer: Carried) -> str:
    with shop.database.writing() as session:
        return settle_sending(session, one, answer, now=shop.now)


def parcels(shop: Shop, placed: Placed) -> list[tuple[str, str, str | None]]:
    with shop.database.reading() as session:
        found = list_shipments(session, shop.person.customer_id, placed.order_id)
    return [(each.status, each.carrier, each.tracking) for each in found]


def the_carrier(shop: Shop, outside: Outside) -> OrderCarrier:
    return OrderCarrier(shop.database, DeskBss(), HttpLogistics(outside.address, SECRET, seconds=0.3), lambda: shop.now)


def test_a_packed_parcel_is_announced_sent_followed_and_brought(outside: Outside, shop: Shop) -> None:
    placed, carrier = shop.sell(payment="bill"), the_carrier(shop, outside)
    assert want(shop, placed)
    assert want(shop, placed) is False
    assert shop.task(placed) == ("ship", "system")
    outside.answers = [{"state": "sent", "carrier": "SF", "tracking": "SF77"}]
    assert carrier.run() == 1
    assert (shop.status(placed), shop.task(placed)) == ("shipped", ("deliver", "carrier"))
    assert parcels(shop, placed) == [("sent", "SF", "SF77")]
    assert shop.look(placed.order_id).steps[-1].note == "SF77"
    assert carrier.follow() == 0, "not before an hour"
    for answer, status in (({"state": "on_the_way", "events": [{"what": "sorted"}]}, "shipped"), ({"state": "delivered"}, "completed")):
        shop.now += timedelta(hours=1)
        outside.answers = [answer]
        assert carrier.follow() == 1
        assert shop.status(placed) == status
    assert parcels(shop, placed) == [("delivered", "SF", "SF77")]
    reference = f"order:{placed.order_id}:parcel:1"
    assert [(path, body["reference"]) for path, body in outside.asked] == [
        ("/parcels", reference), ("/parcels/query", reference), ("/parcels/query", reference)
    ]  # fmt: skip
    assert all(outside.signed)


@pytest.mark.parametrize(
    "fault", ["slow", (503, "down"), "nonsense", {"state": "sent", "reference": "order:8:parcel:1"}, (200, "x" * 100_000)]
)
def test_a_lost_answer_is_asked_after_and_never_announced_again(outside: Outside, shop: Shop, fault: Any) -> None:
    placed, carrier = shop.sell(payment="bill"), the_carrier(shop, outside)
    want(shop, placed)
    outside.answers = [fault]
    assert carrier.run() == 0
    assert shop.status(placed) == "reserved"
    shop.now += timedelta(seconds=61)
    outside.answers = [(500, "still down")]
    assert carrier.run() == 0, "and no answer to the question is no leave to announce it again"
    shop.now += timedelta(minutes=5)
    outside.answers = [{"state": "sent", "carrier": "SF", "tracking": "SF78"}]
    assert carrier.run() == 1
    assert parcels(shop, placed) == [("sent", "SF", "SF78")]
    assert [path for path, _ in outside.asked] == ["/parcels", "/parcels/query", "/parcels/query"]


def test_what_the_carrier_never_heard_of_is_announced_again(outside: Outside, shop: Shop) -> None:
    placed, carrier = shop.sell(payment="bill"), the_carrier(shop, outside)
    want(shop, placed)
    outside.answers = [(503, "down")]
    carrier.run()
    shop.now += timedelta(seconds=61)
    outside.answers = [(404, {"state": "unheard"}), {"state": "sent", "carrier": "SF", "tracking": "SF79"}]
    assert carrier.run() == 1
    assert shop.status(placed) == "shipped"
    assert [path for path, _ in outside.asked] == ["/parcels", "/parcels/query", "/parcels"]


def test_one_asks_at_a_time_and_one_who_died_is_followed_by_another(shop: Shop) -> None:
    placed = shop.sell(payment="bill")
    want(shop, placed)
    (dead,) = claim(shop)
    assert claim(shop) == []
    shop.now += timedelta(seconds=61)
    (next_one,) = claim(shop)
    assert (dead.asked_before, next_one.asked_before) == (False, True)
    assert settle(shop, next_one, Carried("sent", "SF", "SF1")) == "sent"
    before = shop.everything()
    assert settle(shop, dead, Carried("sent", "SF", "SF1")) == "known", "says yes twice"
    assert settle(shop, dead, Carried("refused")) == "known"
    assert shop.everything() == before


def test_a_refused_parcel_is_the_desks_again_and_goes_out_by_hand_or_under_another_number(shop: Shop) -> None:
    placed = shop.sell(payment="bill")
    want(shop, placed)
    (one,) = claim(shop)
    assert settle(shop, one, Carried("refused", error="too far")) == "desk"
    assert shop.task(placed) == ("ship", "order_desk")
    assert shop.look(placed.order_id).steps[-1].note == "refused_by_carrier"
    assert want(shop, placed)
    (again,) = claim(shop)
    assert again.parcel.reference == f"order:{placed.order_id}:parcel:2"
    assert shop.ship(placed, "EMS5")
    assert settle(shop, again, Carried("sent", "SF", "SF2")) == "known", "somebody sent it by hand meanwhile"
    assert parcels(shop, placed) == [("failed", "", None), ("failed", "", None), ("sent", "desk", "EMS5")]


def test_what_came_back_before_its_answer_did_gives_the_order_up(shop: Shop) -> None:
    placed = shop.sell()
    shop.pay(placed)
    want(shop, placed)
    (one,) = claim(shop)
    assert settle(shop, one, Carried("failed", "SF", "SF4")) == "sent"
    assert shop.status(placed) == "cancelled"
    assert parcels(shop, placed) == [("back", "SF", "SF4")]


def test_after_a_dozen_silences_a_person_looks_at_it(shop: Shop) -> None:
    placed = shop.sell(payment="bill")
    want(shop, placed)
    for turn in range(12):
        shop.now += timedelta(hours=2)
        (one,) = claim(shop)
        assert settle(shop, one, Carried("unknown")) == ("desk" if turn == 11 else "asked")
    shop.now += timedelta(hours=2)
    assert claim(shop) == []
    assert shop.task(placed) == ("ship", "order_desk")


def test_only_what_is_to_be_sent_is_given_to_a_carrier(shop: Shop) -> None:
    unpaid, fetched = shop.sell(), shop.sell(payment="bill", delivery=None, outlet="wulin")
    with pytest.raises(OrderClosed):
        want(shop, unpaid)
    with pytest.raises(NotFound):
        want(shop, fetched)


def test_where_people_hand_parcels_over_nobody_is_asked(shop: Shop) -> None:
    placed = shop.sell(payment="bill")
    want(shop, placed)
    assert OrderCarrier(shop.database, DeskBss(), DeskLogistics(), lambda: shop.now).run() == 0
    assert shop.task(placed) == ("ship", "system")

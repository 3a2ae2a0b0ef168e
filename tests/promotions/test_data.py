"""The campaigns that are shipped: they stand up to the rules, and do in the shop as shipped what their names say."""

from __future__ import annotations

from typing import Any

from portal.promotions import CAMPAIGNS, Basket, BasketItem, Coupon, History, Known, evaluate, get_known, get_live_campaigns, load_campaigns
from tests.promotions.baskets import kinds, shopper
from tests.promotions.house import APPROVER, WRITER, House


def load(house: House) -> list[str]:
    with house.database.writing() as session:
        return list(load_campaigns(session, made_by=WRITER, approved_by=APPROVER, now=house.now))


def known(house: House) -> Known:
    with house.database.reading() as session:
        return get_known(session)


def bought(house: House, quantities: dict[str, int], **more: Any) -> Basket:
    offerings = known(house).offerings
    items = tuple(
        BasketItem(
            place,
            code,
            offerings[code].kind,
            offerings[code].category,
            count,
            offerings[code].once_minor or 0,
            offerings[code].monthly_minor or 0,
        )
        for place, (code, count) in enumerate(quantities.items(), 1)
    )
    return Basket(items, "CNY", "web", "", 1_200, house.now, **more)


def test_what_is_shipped_is_eight_campaigns_loaded_once(house: House) -> None:
    assert sorted(load(house)) == sorted(CAMPAIGNS)
    assert len(CAMPAIGNS) == 8
    assert load(house) == []
    assert len(house.live().campaigns) == 8


def test_a_gold_customer_of_twenty_two_gets_the_better_of_two_offers_a_flask_and_free_delivery(house: House) -> None:
    load(house)
    with house.database.reading() as session:
        live = get_live_campaigns(session, now=house.now)
    done = evaluate(live, bought(house, {"device_oppo_a3_pro": 1, "accessory_cable": 3}), shopper(), History())
    said = kinds(done)
    assert said["student_handsets"] == "applied"
    assert said["gold_handsets"] == "beaten"
    assert {said[code] for code in ("thermos_with_handset", "free_shipping_99", "accessories_3_for_2", "first_order")} == {"applied"}
    assert done.total_discount_minor == 15_000 + 3_900 + 1_000 + 1_200
    assert [gift.offering_code for gift in done.gifts] == ["gift_thermos"]


def test_the_welcome_code_and_the_free_months_do_what_they_say(house: House) -> None:
    load(house)
    with house.database.reading() as session:
        live = get_live_campaigns(session, now=house.now)
    wanted = bought(house, {"accessory_earphones": 1, "add_on_roaming": 2}, codes=(Coupon("1:5", "welcome_code"),))
    done = evaluate(live, wanted, shopper(8), History(orders=1))
    assert [(line.position, line.amount_minor) for line in done.lines] == [(1, 3_990)]
    assert [(each.months, each.quantity) for each in done.free_months] == [(2, 1)]

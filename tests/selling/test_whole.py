"""A coupon, a campaign and a piece through the whole way, and all of it back."""

from __future__ import annotations

from tests.selling.market import CABLE, EARPHONES_PRICE, OFF, Market


def test_an_order_with_a_coupon_takes_each_thing_once_and_gives_it_back_once(market: Market) -> None:
    market.stock(2)
    market.campaign(when={"kind": "code"}, caps={"per_code": 1})
    (code,) = market.coupons(1)
    alice = market.buyers[0]
    market.fill(alice)
    assert market.enter(alice, code) is None
    placed = market.order(alice)
    market.check(2)
    market.pay(alice, placed.order_id)
    market.check(2)
    assert (market.uses()["used"], market.codes()["used"]) == (1, 1)
    assert market.money() == (EARPHONES_PRICE - OFF, EARPHONES_PRICE - OFF)
    assert market.cancel(alice, placed.order_id)
    assert not market.cancel(alice, placed.order_id)
    market.check(2)
    assert (market.held_uses(), market.codes(), market.counted().free) == (0, {}, 2)
    assert market.do_refunds() == 1
    assert market.money() == (0, 0)
    market.fill(alice)
    assert market.enter(alice, code) is None, "and can be used again"
    market.order(alice)
    market.check(2)


def test_what_an_order_holds_stays_its_own_while_the_word_of_its_money_is_on_its_way(market: Market) -> None:
    """The sweep of lapsed uses and coupons must not give away what a paid order was priced with."""
    market.stock(1)
    market.campaign(when={"kind": "code"}, caps={"uses": 1})
    (code,) = market.coupons(1)
    alice, bob = market.buyers[:2]
    market.fill(alice)
    market.enter(alice, code)
    placed = market.order(alice)
    market.say_paid(market.ask(alice, placed.order_id))
    assert market.sweep() == 0
    assert (market.held_uses(), market.codes()) == (1, {"held": 1})
    assert market.enter(bob, code) is not None
    market.deliver()
    assert (market.orders(), market.uses(), market.codes()) == ({"reserved": 1}, {"used": 1}, {"used": 1})
    market.check(1)


def test_a_coupon_that_takes_nothing_off_is_not_used_up(market: Market) -> None:
    market.stock(2)
    market.campaign(when={"kind": "code"})
    market.campaign("other", effects=[{"kind": "amount", "amount_minor": OFF, "target": {"offerings": [CABLE]}}], when={"kind": "code"})
    (code,), (idle,) = market.coupons(1), market.coupons(1, "other", per_day=1)
    alice, bob = market.buyers[:2]
    market.fill(alice)
    assert (market.enter(alice, code), market.enter(alice, idle)) == (None, None)
    placed = market.order(alice)
    assert market.codes() == {"held": 1}
    market.fill(bob)
    assert market.enter(bob, idle) is None
    market.pay(alice, placed.order_id)
    market.check(2)

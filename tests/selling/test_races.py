"""Orders paid, sent, handed over, given up and brought back at the same moment: each once, and every book agrees afterwards."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from portal.base.db import Database
from portal.base.errors import PortalError
from portal.orders import approve_return, ask_return, fulfil_order
from tests.selling import race as racers
from tests.selling.market import EARPHONES_PRICE, Buyer, Market
from tests.selling.race import Race, race_on

pytestmark = pytest.mark.timeout(300)  # a busy machine takes its time to start eight processes

PIECES = 24
BROKEN = (PortalError, ValueError, SQLAlchemyError)
"""What a mutant runs into once it has broken a book; anything else is a mistake of the test's own."""
Orders = list[tuple[Buyer, int]]


@pytest.fixture
def race(database: Database) -> Race:
    return race_on(database)


def placed(market: Market, *, quantity: int = 1, paid: bool = False) -> Orders:
    """Have all 24 order, with a campaign and a coupon each."""
    market.stock(PIECES * quantity)
    market.campaign(when={"kind": "code"}, caps={"uses": 1000})
    orders = []
    for buyer, code in zip(market.buyers, market.coupons(PIECES, per_day=1000), strict=True):
        market.fill(buyer, quantity)
        market.enter(buyer, code)
        orders.append((buyer, market.order(buyer).order_id))
        if paid:
            market.say_paid(market.ask(*orders[-1]))
    market.deliver()
    market.check(PIECES * quantity)
    return orders


def raced(market: Market, race: Race, work: Any, *arguments: Any) -> Counter[str]:
    return sum(race.run(work, market.url, *arguments, market.now), Counter())


def agrees(market: Market, pieces: int = PIECES) -> bool:
    try:
        market.deliver()
        market.check(pieces)
    except Exception:  # noqa: BLE001 - whatever a mutant broke
        return False
    return True


def test_orders_paid_and_withdrawn_at_once_keep_or_give_back_all_of_it_once(market: Market, race: Race) -> None:
    """Saleor PR 15855: money went back, and the order stood all the same."""
    orders = placed(market)
    did = raced(market, race, racers.pay_or_not, orders)
    assert did["cancelled"] == market.orders()["cancelled"]
    market.deliver()
    market.check(PIECES)
    market.do_refunds()
    market.check(PIECES)
    assert market.money()[0] == sum(row["paid_minor"] - row["refunded_minor"] for row in market.rows("customer_order"))


def test_a_mutant_that_withdraws_what_was_withdrawn_is_found_out(market: Market, race: Race) -> None:
    orders = placed(market)
    try:
        did = raced(market, race, racers.anywhere(racers.pay_or_not, ["pay", "withdraw"]), orders)
    except BROKEN:  # the refund that is refused, or the use that is gone
        return
    assert did["cancelled"] != market.orders()["cancelled"] or not agrees(market)


def test_orders_sent_and_cancelled_at_once_are_one_of_both(market: Market, race: Race) -> None:
    orders = placed(market, paid=True)
    did = raced(market, race, racers.send_or_not, orders)
    assert did["shipped"] + did["cancelled"] == PIECES
    assert market.orders() == +Counter({name: did[name] for name in ("shipped", "cancelled")})
    market.deliver()
    market.check(PIECES)
    market.do_refunds()
    market.check(PIECES)


def test_a_mutant_that_sends_what_was_cancelled_is_found_out(market: Market, race: Race) -> None:
    orders = placed(market, paid=True)
    try:
        did = raced(market, race, racers.anywhere(racers.send_or_not, ["ship", "cancel"]), orders)
    except BROKEN:  # an amount that was paid back before
        return
    assert did["shipped"] + did["cancelled"] > PIECES


def test_orders_handed_over_cancelled_and_brought_back_at_once_end_one_way(market: Market, race: Race) -> None:
    orders = placed(market, paid=True)
    did = raced(market, race, racers.hand_over_or_not, orders)
    assert did["completed"] + did["cancelled"] == PIECES
    stands = market.orders()
    assert (stands["cancelled"], stands["completed"] + stands["returned"]) == (did["cancelled"], did["completed"])
    assert stands["returned"] == did["returned"]
    market.deliver()
    market.do_refunds()
    market.check(PIECES)


def test_a_mutant_that_hands_over_what_was_cancelled_is_found_out(market: Market, race: Race) -> None:
    orders = placed(market, paid=True)
    try:
        did = raced(market, race, racers.anywhere(racers.hand_over_or_not, ["fulfil", "cancel"]), orders)
    except BROKEN:  # an amount that was paid back before
        return
    assert did["completed"] + did["cancelled"] > PIECES or not agrees(market)


def completed(market: Market, quantity: int = 1) -> Orders:
    orders = placed(market, quantity=quantity, paid=True)
    for buyer, order_id in orders:
        with market.database.writing() as session:
            fulfil_order(session, order_id, actor="staff:1", customer_id=buyer.customer_id, now=market.now)
    return orders


def test_two_pieces_that_all_bring_back_at_once_come_back_once_each(market: Market, race: Race) -> None:
    orders = completed(market, quantity=2)
    for _ in range(2):
        raced(market, race, racers.bring_back, orders)
    market.deliver()
    market.do_refunds()
    market.check(PIECES * 2)
    assert market.orders() == {"returned": PIECES}
    assert all(row["refunded_minor"] == row["paid_minor"] for row in market.rows("customer_order"))
    assert (market.money(), market.held_uses(), market.codes(), market.counted().free) == ((0, 0), 0, {}, PIECES * 2)


def approved(market: Market) -> Orders:
    returns = []
    for buyer, order_id in completed(market):
        with market.database.writing() as session:
            asked = ask_return(
                session, buyer.customer_id, order_id, {1: 1}, reason="x", key=f"r{order_id}", actor=buyer.owner, now=market.now
            )
            approve_return(session, buyer.customer_id, asked.id, actor="staff:1", now=market.now)
        returns.append((buyer, asked.id))
    return returns


def test_a_return_received_by_all_at_once_is_paid_back_once(market: Market, race: Race) -> None:
    returns = approved(market)
    assert sum(race.run(racers.receive_same, market.url, returns, market.now)) == PIECES
    market.do_refunds()
    market.check(PIECES)
    assert (market.orders(), market.money(), market.held_uses()) == ({"returned": PIECES}, (0, 0), 0)


def test_a_mutant_that_receives_a_return_wherever_it_stands_is_found_out(market: Market, race: Race) -> None:
    returns = approved(market)
    try:
        received = sum(race.run(racers.receive_same_unguarded, market.url, returns, market.now))
    except BROKEN:  # more than was paid
        return
    assert received > PIECES or not agrees(market)


def test_nodes_that_give_up_unpaid_orders_while_others_pay_and_withdraw_never_wait_crosswise(market: Market, race: Race) -> None:
    orders = placed(market)
    did = raced(market, race, racers.end_any, orders)
    assert did["expired"] + did["cancelled"] == market.orders()["cancelled"]
    market.deliver()
    market.sweep()
    market.do_refunds()
    market.check(PIECES)


def test_a_mutant_that_gives_up_what_was_paid_or_withdrawn_is_found_out(market: Market, race: Race) -> None:
    orders = placed(market)
    try:
        did = raced(market, race, racers.anywhere(racers.end_any, ["expire", "withdraw", "pay"]), orders)
    except BROKEN:  # the refund that is refused, or the use that is gone
        return
    assert did["expired"] + did["cancelled"] != market.orders()["cancelled"] or not agrees(market)


def test_money_that_comes_after_the_order_was_given_up_goes_back_once_and_nothing_else_happens(market: Market) -> None:
    market.stock(1)
    alice, bob = market.buyers[:2]
    late = market.buy(alice)
    payment = market.ask(alice, late.order_id)
    assert market.sweep(timedelta(minutes=31)) == 1
    bobs = market.buy(bob)
    for number in range(3):
        assert market.say_paid(payment, f"late-{number}") in ("late", "known")
        market.deliver()
    market.pay(bob, bobs.order_id)
    assert market.do_refunds() == 1
    assert market.do_refunds() == 0
    market.check(1)
    assert market.money() == (EARPHONES_PRICE, EARPHONES_PRICE)
    assert market.orders() == {"cancelled": 1, "reserved": 1}

"""Carts, orders, money and returns in any order against a small model: sums add up, and whatever ended gave back what it held."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from portal.base.errors import Refused
from portal.orders import fulfil_order
from portal.promotions import CampaignGone
from tests.selling.market import OFF, Buyer, Market, make_buyers
from tests.selling.race import bring_back_of

pytestmark = pytest.mark.timeout(300)

PIECES, USES = 6, 3
UNIT = {1: 39_900, 2: 36_900, 3: 36_900}
_numbers = itertools.count()


@dataclass
class Sold:
    """An order of the model."""

    buyer: Buyer
    order_id: int
    quantity: int
    off: int
    status: str = "accepted"
    back: int = 0
    paid: bool = False

    @property
    def total(self) -> int:
        return self.quantity * UNIT[self.quantity] - self.off

    @property
    def stands(self) -> bool:
        return self.status not in ("cancelled", "returned")


class SalesMachine(RuleBasedStateMachine):
    """One market for all examples: each gives back what it took, and that is looked at, too."""

    market: Market

    def __init__(self) -> None:
        super().__init__()
        self.sold: list[Sold] = []

    def some(self, data: Any, *statuses: str) -> Sold | None:
        found = [each for each in self.sold if each.status in statuses]
        return data.draw(st.sampled_from(found)) if found else None

    @property
    def free(self) -> int:
        return PIECES - sum(each.quantity - each.back for each in self.sold if each.stands)

    @rule(who=st.integers(0, 1), quantity=st.integers(1, 3))
    def buy(self, who: int, quantity: int) -> None:
        buyer = Buyer(self.market.buyers[who].customer_id, f"party:{next(_numbers)}")
        self.market.fill(buyer, quantity)
        if quantity > self.free:
            with pytest.raises(Refused):
                self.market.order(buyer)
            return
        try:
            placed = self.market.order(buyer)
        except CampaignGone:
            placed = self.market.order(buyer)
        (row,) = (row for row in self.market.rows("customer_order") if row["id"] == placed.order_id)
        held = sum(1 for each in self.sold if each.stands and each.off)
        assert row["discount_minor"] in ((0, OFF) if held < USES else (0,))
        self.sold.append(Sold(buyer, placed.order_id, quantity, row["discount_minor"]))
        assert row["total_minor"] == self.sold[-1].total > 0

    @rule(data=st.data(), times=st.integers(1, 2))
    def pay(self, data: Any, times: int) -> None:
        if (sold := self.some(data, "accepted")) is None:
            return
        payment = self.market.ask(sold.buyer, sold.order_id)
        for _ in range(times):
            self.market.say_paid(payment)
            self.market.deliver()
        sold.status, sold.paid = "reserved", True

    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        if sold := self.some(data, "accepted", "reserved", "cancelled"):
            assert self.market.cancel(sold.buyer, sold.order_id) is sold.stands
            sold.status = "cancelled"

    @rule(data=st.data())
    def hand_over(self, data: Any) -> None:
        if sold := self.some(data, "reserved"):
            with self.market.database.writing() as session:
                customer = sold.buyer.customer_id
                fulfil_order(session, sold.order_id, actor="staff:1", customer_id=customer, now=self.market.now)
            sold.status = "completed"

    @rule(data=st.data(), pieces=st.integers(1, 3))
    def bring_back(self, data: Any, pieces: int) -> None:
        if (sold := self.some(data, "completed")) is None:
            return
        back = min(pieces, sold.quantity - sold.back)
        assert bring_back_of(self.market.database, sold.buyer, sold.order_id, f"m{next(_numbers)}", self.market.now, back)
        sold.back += back
        sold.status = "returned" if sold.back == sold.quantity else "completed"

    @precondition(lambda self: any(each.status == "accepted" for each in self.sold))
    @rule()
    def expire(self) -> None:
        late = [each for each in self.sold if each.status == "accepted"]
        assert self.market.sweep() == len(late)
        for each in late:
            each.status = "cancelled"

    @rule()
    def refund(self) -> None:
        self.market.deliver()
        self.market.do_refunds()

    @invariant()
    def everything_agrees(self) -> None:
        self.market.check(PIECES)
        rows = {row["id"]: row for row in self.market.rows("customer_order")}
        for each in self.sold:
            row = rows[each.order_id]
            assert row["status"] == each.status
            assert row["paid_minor"] == (each.total if each.paid else 0)
            back = each.total * each.back // each.quantity if each.stands else each.total
            assert row["refunded_minor"] == (back if each.paid else 0), "what goes back adds up to what was paid, to the minor unit"
        assert self.market.counted().free == self.free
        assert self.market.held_uses() == sum(1 for each in self.sold if each.stands and each.off) <= USES

    def teardown(self) -> None:
        for each in self.sold:
            if each.status in ("accepted", "reserved"):
                self.market.cancel(each.buyer, each.order_id)
            elif each.status == "completed":
                rest = each.quantity - each.back
                bring_back_of(self.market.database, each.buyer, each.order_id, f"m{next(_numbers)}", self.market.now, rest)
        self.market.deliver()
        self.market.do_refunds()
        self.market.check(PIECES)
        assert (self.market.counted().free, self.market.held_uses(), self.market.money()) == (PIECES, 0, (0, 0))


def test_sales_do_what_their_model_does(staffed: Market) -> None:
    market = replace(staffed, buyers=make_buyers(staffed.database, 2))
    market.stock(PIECES)
    market.campaign(caps={"uses": USES})
    machine = type("Machine", (SalesMachine,), {"market": market})
    run_state_machine_as_test(machine, settings=hypothesis_settings(max_examples=5, stateful_step_count=12, deadline=None))

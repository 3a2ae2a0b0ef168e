"""The demo's orders: a month of them, bought through the same cart as everybody's, and Alice's in every state they can have."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.base.db import Database
from portal.base.errors import NotFound, Refused
from portal.carts import CartOf, Checkout, SellingRules, check_out, get_cart, keep_details, put_in, set_lines
from portal.customers import find_holder, get_owner, get_shopper
from portal.demo.cast import ALICE
from portal.demo.people import SLOT_PARTY, customer_id
from portal.identity import find_staff_id
from portal.orders import (
    approve_return,
    ask_return,
    cancel_order,
    fulfil_order,
    note_delivered,
    provision_order,
    receive_return,
    ship_order,
)

DAYS, BUYERS, ODDS = 28, 120, 0.6
DESK, CHECKER = "oda", "sam"
ADDRESS = "浙江省杭州市西湖区文三路 90 号 3 幢 501 室"
BASKETS: Sequence[Mapping[str, int]] = (
    {"accessory_earphones": 1}, {"accessory_cable": 3}, {"device_redmi_note_13": 1, "accessory_cable": 1}, {"device_oppo_a3_pro": 1},
    {"accessory_earphones": 2, "accessory_cable": 1}, {"router_fibre": 1}, {"device_redmi_note_13": 2}, {"device_huawei_mate_60": 1},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Purchase:
    """What somebody buys, when, and how far the order goes. `outlet`: picked up there, else sent home."""

    key: str
    customer_id: int
    party_id: int
    name: str
    wanted: Mapping[str, int]
    at: datetime
    end: str
    outlet: str | None = None
    payment: str = "bill"
    line: int | None = None


def place_orders(database: Database, rules: SellingRules, *, subscribers: int, seed: int, now: datetime) -> int:
    """Place a month's orders, each in a transaction of its own; give how many. What cannot be had is not bought."""
    with database.reading() as session:
        staff = f"staff:{find_staff_id(session, DESK)}", f"staff:{find_staff_id(session, CHECKER)}"
        purchases = [*_month(session, subscribers, seed, now), *_of_alice(session, now)]
    count = 0
    for one in sorted(purchases, key=lambda each: each.at):
        try:
            with database.writing() as session:
                order_id = _buy(session, one, rules)
            _carry_on(database, one, order_id, staff)
        except (Refused, NotFound):  # barred from it, left meanwhile, or the last piece is gone: as in any shop
            continue
        count += 1
    return count


def _month(session: Session, subscribers: int, seed: int, now: datetime) -> Sequence[Purchase]:
    """Give what other customers bought: today's are on the desk, older ones have arrived."""
    draw = random.Random(seed)
    found = []
    for index in range(2, min(subscribers, BUYERS)):
        buyer, back = customer_id(index, seed), draw.random() * DAYS
        basket, picks_up, luck = draw.choice(BASKETS), draw.random() < 0.3, draw.random()
        if luck > ODDS or not get_shopper(session, buyer, now=now).products:
            continue
        end = "reserved" if back < 3 else "shipped" if back < 6 and not picks_up else "cancelled" if luck < 0.05 else "completed"
        at = now - timedelta(days=back)
        outlet = "xihu" if picks_up else None
        found.append(Purchase(f"demo-{index}", buyer, buyer | SLOT_PARTY, get_owner(session, buyer).name, basket, at, end, outlet))
    return found


def _of_alice(session: Session, now: datetime) -> Sequence[Purchase]:
    """Give Alice's orders, one in each state."""
    alice = find_holder(session, ALICE.number)
    if alice is None:
        return ()
    first = Purchase("", alice.customer_id, alice.party_id, ALICE.name, {}, now, "")
    told: Sequence[tuple[Mapping[str, int], float, str, str | None]] = (
        ({"accessory_earphones": 1}, 24, "returned", None),
        ({"accessory_cable": 3}, 16, "cancelled", None),
        ({"device_redmi_note_13": 1}, 9, "completed", None),
        ({"accessory_earphones": 2}, 2, "shipped", None),
        ({"accessory_cable": 1, "accessory_earphones": 1}, 0.2, "reserved", "xihu"),
    )
    goods = [
        replace(first, key=f"demo-alice-{end}", wanted=wanted, at=now - timedelta(days=days), end=end, outlet=outlet)
        for wanted, days, end, outlet in told
    ]
    add_on = replace(
        first, key="demo-alice-provisioned", wanted={"add_on_roaming": 1}, at=now - timedelta(days=5), end="provisioned",
        line=alice.subscription_id,
    )  # fmt: skip
    unpaid = replace(first, key="demo-alice-unpaid", wanted={"accessory_cable": 2}, at=now, end="accepted", payment="online")
    return [*goods, add_on, unpaid]


def _buy(session: Session, one: Purchase, rules: SellingRules) -> int:
    whose = CartOf(one.customer_id, f"party:{one.party_id}")
    for code, quantity in one.wanted.items():
        put_in(session, whose, code, quantity, line=one.line, now=one.at)
    where = {"outlet": one.outlet} if one.outlet else {"delivery": {"name": one.name, "phone": "13857101234", "address": ADDRESS}}
    keep_details(session, whose, where, now=one.at)
    view = get_cart(session, whose, rules, party_id=one.party_id, now=one.at)
    if one.line is not None:
        set_lines(session, whose, {line.position: one.line for line in view.lines_to_choose}, now=one.at)
    last_look = Checkout(one.key, view.basket.sums.total_minor, one.payment, True, f"party:{one.party_id}", one.party_id)
    return check_out(session, whose, rules, last_look, now=one.at).order_id


def _carry_on(database: Database, one: Purchase, order_id: int, staff: tuple[str, str]) -> None:
    """Take the order as far as it goes, each step some hours after the one before."""
    desk, checker = staff
    customer, later = one.customer_id, one.at + timedelta(hours=5)
    with database.writing() as session:
        if one.end == "cancelled":
            cancel_order(session, customer, order_id, actor=f"party:{one.party_id}", reason="changed_mind", now=later)
        elif one.end == "provisioned":
            provision_order(session, customer, order_id, actor=desk, numbers={}, external_ref="BSS-20417", now=later)
        elif one.outlet is not None and one.end == "completed":
            fulfil_order(session, order_id, actor=desk, customer_id=customer, now=later)
        elif one.end in ("shipped", "completed", "returned"):
            ship_order(session, order_id, actor=desk, tracking=f"SF{order_id % 10**12:012}", customer_id=customer, now=later)
        if one.outlet is None and one.end in ("completed", "returned"):
            later += timedelta(days=2)
            note_delivered(session, order_id, actor=desk, customer_id=customer, now=later)
        if one.end == "returned":
            later += timedelta(days=1)
            asked = ask_return(
                session, customer, order_id, {1: 1}, reason="too_big", key=f"{one.key}-back", actor=f"party:{one.party_id}", now=later
            )
            approve_return(session, customer, asked.id, actor=desk, now=later)
            receive_return(session, customer, asked.id, actor=checker, now=later + timedelta(days=3))

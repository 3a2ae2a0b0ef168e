"""The last pieces: 1, 5 and 200 of them against 2,000 buyers at once, by carts and by a flash sale: sold exactly, nothing kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bench.buyers import Rush, Tally, buy, crowd, enter, fill, order, settle
from bench.crowd import EARPHONES, PHONE, Staff, add_people, end, furnish, launch, stock_up
from bench.figures import MARKS, Figure
from bench.house import House, opened
from bench.runs import Run
from bench.sets import say
from portal.base.db import Base
from portal.codes import NewBatch, approve_batch, ask_print, draft_batch, expire_coupons, release_print, take_print, write_print
from portal.faces.worker.deliver import Delivery as Worker
from portal.flashsales import NewSale, announce_sale, draft_sale, get_state
from portal.orders import expire_unpaid

PIECES, BUYERS, LEAST_BUYERS = (1, 5, 200), 2_000, 24
LAZY = 3
"""In the first round one buyer of three does not pay; what is given up so is sold to others."""
ROUNDS = 6
_NAME = {"zh": "测量", "en": "Bench"}
Together = Callable[..., list[Tally]]
_claim, _unit, _use, _counter, _code_use = (
    Base.metadata.tables[name] for name in ("stock_claim", "stock_unit", "campaign_use", "campaign_counter", "code_use")
)


@dataclass(slots=True)
class Hall:
    """Where it happens: the database, who works there, the processes, and what went wrong so far."""

    house: House
    staff: Staff
    together: Together
    buyers: int
    errors: list[str] = field(default_factory=list)
    paid: set[int] = field(default_factory=set)
    kept: int = 0
    refused: int = 0

    def all(self, step: Callable[..., None], rush: Rush, customers: Sequence[int]) -> list[Tally]:
        """Have all processes do a step at once; errors are kept."""
        tallies = self.together(step, rush, customers)
        self.errors += [error for each in tallies for error in each.errors]
        self.refused += sum(each.gone for each in tallies)
        return tallies

    def move_on(self, now: datetime, later: datetime) -> None:
        """Tell whoever waits for it what happened, then give up what is not paid by `later`, and tell that."""
        database, handlers = self.house.parts.db, self.house.parts.handlers
        Worker(database, handlers, lambda: now).run()
        given_up = 1
        while given_up:
            with database.writing() as session:
                given_up = expire_unpaid(session, now=later)
        Worker(database, handlers, lambda: later).run()

    def let_codes_lapse(self, now: datetime) -> None:
        """Give back the codes in carts that were not ordered; a code that is held after that is kept."""
        lapsed = 1
        while lapsed:
            with self.house.parts.db.writing() as session:
                lapsed = expire_coupons(session, now=now + timedelta(days=8))
        self.kept += len(self.rows(sa.select(_code_use.c.number).where(_code_use.c.status == "held")))

    def rows(self, statement: sa.Select[Any]) -> list[Any]:
        """Read rows."""
        with self.house.parts.db.reading() as session:
            return list(session.execute(statement).all())

    def look_at_stock(self, code: str, paid: set[int]) -> int:
        """Give how many pieces went to these orders; pieces that are with no order that was paid are counted as kept."""
        self.paid |= paid
        orders = [int(holder.split(":")[1]) for (holder,) in self.rows(sa.select(_claim.c.holder).where(_claim.c.offering_code == code))]
        self.kept += sum(each not in self.paid for each in orders)
        return sum(each in paid for each in orders)


def measure(run: Run) -> list[Figure]:
    """Rush each number of pieces twice: by prepared carts with codes, and by a flash sale."""
    now, buyers = datetime.now(UTC), run.samples(BUYERS, least=LEAST_BUYERS)
    data = run.sets.blank(run.db, buyers, name="rush")
    figures: list[Figure] = []
    with opened(data) as house, crowd(data) as together:
        hall = Hall(house, furnish(house, now), together, buyers)
        add_people(house.parts.db, buyers, now)
        caps: list[float] = []
        coupons: list[float] = []
        for wanted in PIECES:
            pieces = min(wanted, buyers // 2)
            say(f"{pieces} pieces against {buyers:,} buyers …")
            sold, seconds, cap, coupon = by_carts(hall, pieces, now)
            caps.append(cap)
            coupons.append(coupon)
            in_sale, sale_seconds = by_sale(hall, pieces, now)
            figures += [
                run.figure(f"rush.sold_{wanted}", sold / pieces),
                run.figure(f"rush.flash_{wanted}", in_sale / pieces),
                run.figure(f"rush.seconds_{wanted}", seconds),
                run.figure(f"rush.flash_seconds_{wanted}", sale_seconds),
            ]
        one = one_code(hall, now + timedelta(days=20))
        for error in hall.errors[:3]:
            say(error)
    figures += [
        run.figure("rush.reserved", hall.kept),
        run.figure("rush.campaigns", farthest(caps)),
        run.figure("rush.codes", farthest(coupons)),
        run.figure("rush.one_code", one),
        run.figure("rush.errors", len(hall.errors)),
        run.figure("rush.gone", hall.refused),
    ]
    return sorted(figures, key=lambda each: list(MARKS).index(each.key))


def farthest(shares: Sequence[float]) -> float:
    """Give the share that is farthest from 1."""
    return max(shares, key=lambda each: abs(each - 1))


def by_carts(hall: Hall, pieces: int, now: datetime) -> tuple[int, float, float, float]:
    """Rush by carts until nothing is left; give pieces sold, seconds of the first rush, uses ÷ caps of the campaign and of the codes'."""
    cap, code_cap = max(1, pieces // 2), max(1, pieces // 4)
    target = {"offerings": [EARPHONES]}
    documents: dict[str, dict[str, Any]] = {
        f"rush-{pieces}": {"effects": [{"kind": "percentage", "basis_points": 1_000, "target": target}], "caps": {"uses": cap}},
        f"rush-code-{pieces}": {
            "when": {"kind": "code"}, "effects": [{"kind": "amount", "amount_minor": 500, "target": target}], "caps": {"uses": code_cap},
            "priority": 90,
        },
    }  # fmt: skip
    stock_up(hall.house.parts.db, EARPHONES, pieces, now)
    ids = launch(hall.house, hall.staff, documents, now)
    codes = print_codes(hall, f"rush-code-{pieces}", hall.buyers, now)
    orders, seconds = dict[int, int](), 0.0
    for turn in range(ROUNDS):
        at = now + timedelta(hours=turn)
        waiting = [each for each in range(1, hall.buyers + 1) if each not in orders]
        rush = Rush(f"rush-{pieces}-{turn}", at, lazy=0 if turn else LAZY, codes={each: codes[each - 1] for each in waiting})
        hall.all(fill, rush, waiting)
        tallies = hall.all(buy, rush, waiting)
        seconds = seconds or max(each.seconds for each in tallies)
        orders |= {customer: order_id for each in tallies for customer, order_id in each.orders if order_id in each.paid}
        hall.move_on(at, at + timedelta(minutes=40))
        hall.let_codes_lapse(at)
        if not hall.rows(sa.select(_unit.c.id).where(_unit.c.offering_code == EARPHONES).limit(1)):
            break
    shares = [uses_of(hall, ids[code]) / most for code, most in zip(documents, (cap, code_cap), strict=True)]
    for code in documents:
        end(hall.house, code, now)
    return hall.look_at_stock(EARPHONES, set(orders.values())), seconds, shares[0], shares[1]


def uses_of(hall: Hall, campaign_id: int) -> int:
    """Give how many uses of a campaign stand; a reserved one is kept, and a counter that says otherwise is an error."""
    rows = hall.rows(sa.select(_use.c.status, sa.func.sum(_use.c.uses)).where(_use.c.campaign_id == campaign_id).group_by(_use.c.status))
    stand = {status: int(uses) for status, uses in rows}
    hall.kept += stand.get("reserved", 0)
    of_all = sa.select(_counter.c.uses).where(_counter.c.campaign_id == campaign_id, _counter.c.scope == "all")
    counted = sum(row.uses for row in hall.rows(of_all))
    if counted != stand.get("used", 0) + stand.get("reserved", 0):
        hall.errors.append(f"a campaign counted {counted} uses, where {stand} stand")
    return stand.get("used", 0)


def print_codes(hall: Hall, campaign: str, count: int, now: datetime) -> list[str]:
    """Have coupons for a campaign made, approved and printed; give them in the order of their numbers."""
    keys, staff = hall.house.parts.keys, hall.staff
    new = NewBatch(_NAME, "coupon", count, now - timedelta(days=1), now + timedelta(days=60), campaign_code=campaign)
    with hall.house.parts.db.writing() as session:
        batch = draft_batch(session, keys, new, staff_id=staff.writer, now=now)
        approve_batch(session, batch, staff_id=staff.approver)
        wanted = ask_print(session, batch, 0, count - 1, staff_id=staff.writer, now=now)
        release_print(session, wanted, staff_id=staff.approver, now=now)
        file = take_print(session, wanted, staff_id=staff.writer, now=now)
    return [line.split(",")[1] for line in "".join(write_print(keys, file)).splitlines()[1:]]


def one_code(hall: Hall, now: datetime) -> int:
    """Have everybody try one code at once; give how many got it."""
    (code,) = print_codes(hall, "rush-code", 1, now)
    everybody = range(1, hall.buyers + 1)
    tallies = hall.all(fill, Rush("one-code", now, codes=dict.fromkeys(everybody, code)), everybody)
    hall.let_codes_lapse(now)
    return sum(each.held for each in tallies)


def by_sale(hall: Hall, pieces: int, now: datetime) -> tuple[int, float]:
    """Rush a flash sale until it is sold out; give pieces paid for, and the seconds of the first orders."""
    database, keys = hall.house.parts.db, hall.house.parts.keys
    opens, starts = now + timedelta(minutes=10), now + timedelta(minutes=30)
    new = NewSale(PHONE, _NAME, "CNY", 49_900, pieces, "first_come", opens, starts, starts + timedelta(hours=5), 10)
    stock_up(database, PHONE, pieces, now)
    with database.writing() as session:
        sale_id = draft_sale(session, new, staff_id=hall.staff.writer, now=now)
        announce_sale(session, keys, sale_id, staff_id=hall.staff.approver, now=now)
    everybody = range(1, hall.buyers + 1)
    hall.all(enter, Rush(f"sale-{pieces}", opens, sale_id=sale_id), everybody)
    paid, seconds = set[int](), 0.0
    for turn in range(ROUNDS):
        rush = Rush(f"sale-{pieces}", starts + timedelta(minutes=12 * turn), lazy=0 if turn else LAZY, sale_id=sale_id)
        hall.all(settle, rush, range(8))
        tallies = hall.all(order, rush, everybody)
        seconds = seconds or max(each.seconds for each in tallies)
        paid |= {order_id for each in tallies for order_id in each.paid}
        hall.move_on(rush.now, rush.now + timedelta(minutes=11))
        with database.reading() as session:
            state = get_state(session, sale_id)
        if state.is_sold_out:
            break
    hall.kept += state.admitted + state.ordered
    if state.paid != (with_order := hall.look_at_stock(PHONE, paid)):
        hall.errors.append(f"a flash sale counts {state.paid} paid, {with_order} pieces are with orders")
    return state.paid, seconds

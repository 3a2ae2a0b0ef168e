"""Processes that buy, pay, give up and give back at the same moment; and how the same is done wrongly.

The wrong ones look before their transaction, and then take without asking again: each must fail the claim that the right one keeps.
"""

from __future__ import annotations

import atexit
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from portal.base.db import Base, Database
from portal.base.driver import FrequentStatement
from portal.base.errors import PortalError, Refused
from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.carts import CartChanged, Checkout, add_code, check_out, get_cart
from portal.orders import (
    OrderClosed,
    approve_return,
    ask_return,
    cancel_order,
    expire_order,
    fulfil_order,
    list_unpaid,
    mark_paid,
    receive_return,
    request_payment,
    ship_order,
)
from portal.payments import Notice, receive_notice
from portal.promotions import CampaignGone
from tests.security.racers import SECRET
from tests.selling.market import RULES, Buyer

PROCESSES = {"postgresql": 8, "sqlite": 4}
MOST_TRIES = 6
START_SECONDS = 110
_line: dict[int, Barrier] = {}
_standing: list[Any] = []


class Race:
    """So many processes of a pool, which costs more to start than a race takes."""

    def __init__(self, pool: Any, size: int) -> None:
        self._pool = pool
        self.size = size

    def run(self, work: Callable[..., Any], url: str, *arguments: Any) -> list[Any]:
        """Have all do `work(database, index, *arguments)` from the same moment on; give their answers, or raise the first fault."""
        return list(self._pool.starmap(_work, [(work, url, self.size, index, arguments) for index in range(self.size)], chunksize=1))

    def share(self, things: Sequence[Any]) -> list[Sequence[Any]]:
        """Deal things out to the processes."""
        return [things[index :: self.size] for index in range(self.size)]


def race_on(database: Database) -> Race:
    """Give eight processes for PostgreSQL, four of them for SQLite, started once for all tests that race sales."""
    if not _standing:
        spawn = multiprocessing.get_context("spawn")
        lines = {size: spawn.Barrier(size) for size in PROCESSES.values()}
        _standing.append(spawn.Pool(max(lines), _stand, (lines,)))
        atexit.register(_standing[0].terminate)
    return Race(_standing[0], PROCESSES[database.engine.dialect.name])


def _stand(lines: dict[int, Barrier]) -> None:
    _line.update(lines)


def _work(work: Callable[..., Any], url: str, size: int, index: int, arguments: Sequence[Any]) -> Any:
    database = Database(url)
    try:
        with database.reading() as session:
            session.execute(sa.select(sa.literal(1)))  # connected before the start
        _line[size].wait(START_SECONDS)
        return work(database, index, *arguments)
    finally:
        database.close()


def buy(database: Database, index: int, shares: Sequence[Sequence[Buyer]], now: datetime) -> list[tuple[Buyer, int | str]]:
    """Order what is in each of one's carts, at whatever it comes to by then; give the orders, or why there is none."""
    return [(buyer, _order(database, buyer, now)) for buyer in shares[index]]


def _order(database: Database, buyer: Buyer, now: datetime) -> int | str:
    for turn in range(MOST_TRIES):
        with database.reading() as session:
            total = get_cart(session, buyer.whose, RULES, now=now).basket.sums.total_minor
        decided = Checkout(f"rush-{buyer.customer_id}-{turn}", total, "online", agreed=True, actor=buyer.owner)
        try:
            with database.writing() as session:
                return check_out(session, buyer.whose, RULES, decided, now=now).order_id
        except (CartChanged, CampaignGone):
            continue  # somebody was faster to what was taken off: look at the new price
        except Refused as refused:
            return refused.code
    return "gave_up"


def buy_unguarded(database: Database, index: int, shares: Sequence[Sequence[Buyer]], now: datetime) -> list[tuple[Buyer, int | str]]:
    """The mutant: looks at carts, stock and caps before its transaction, and takes what it saw without asking again."""
    from portal.carts import checkout
    from portal.orders import selling
    from portal.promotions import reserving

    seen: dict[str, Any] = {}
    with database.reading() as session:
        for buyer in shares[index]:
            seen[buyer.owner] = get_cart(session, buyer.whose, RULES, now=now)
    _line[PROCESSES[database.engine.dialect.name]].wait(START_SECONDS)  # all have looked before any takes
    count = reserving._count
    kept = (vars(checkout)["view_of"], vars(selling)["claim_stock"], count)
    vars(checkout)["view_of"] = lambda _, whose, *__, **___: seen[whose.owner]
    vars(selling)["claim_stock"] = _take_what_was_seen
    reserving._count = lambda *given: count(*given[:5], (None, None), given[6])  # type: ignore[assignment]
    try:
        told: list[tuple[Buyer, int | str]] = []
        for buyer in shares[index]:
            view = seen[buyer.owner]
            key = f"mutant-{buyer.customer_id}"
            decided = Checkout(key, view.basket.sums.total_minor, "online", agreed=True, actor=buyer.owner)
            with database.writing() as session:
                told.append((buyer, check_out(session, buyer.whose, RULES, decided, now=now).order_id))
        return told
    finally:
        vars(checkout)["view_of"], vars(selling)["claim_stock"], reserving._count = kept


def _take_what_was_seen(session: Any, code: str, _quantity: int, *, holder: str, place: str, now: datetime) -> None:
    unit, claim = Base.metadata.tables["stock_unit"], Base.metadata.tables["stock_claim"]
    of_it = sa.select(unit.c.id).where(unit.c.offering_code == code, unit.c.place == place).limit(1).with_for_update(skip_locked=True)
    free = session.execute(of_it).scalar()
    if free is not None:
        session.execute(sa.delete(unit).where(unit.c.id == free))
    made = free or random.getrandbits(61)
    session.execute(sa.insert(claim).values(id=made, offering_code=code, place=place, holder=holder, claimed_at=now))


def enter_and_buy(
    database: Database, index: int, shares: Sequence[Sequence[Buyer]], code: str, now: datetime
) -> list[tuple[Buyer, int | str]]:
    """Put the one code everybody has into each of one's carts, and order; without it nobody does."""
    keys = make_keys(Settings(env="test", secret_key=SECRET))  # type: ignore[arg-type]
    told: list[tuple[Buyer, int | str]] = []
    for buyer in shares[index]:
        with database.writing() as session:
            refused = add_code(session, keys, buyer.whose, code, now=now)
        told.append((buyer, refused.reason if refused is not None else _order(database, buyer, now)))
    return told


def enter_and_buy_unguarded(
    database: Database, index: int, shares: Sequence[Sequence[Buyer]], code: str, now: datetime
) -> list[tuple[Buyer, int | str]]:
    """The mutant: whoever enters the code gets it, whoever had it. They come a moment apart, so that one has ordered with it by then."""
    from portal.codes import coupons

    use = Base.metadata.tables["code_use"]

    def take(session: Any, found: Any, redeemer: Any, *, status: str, holder: str, until: datetime, now: datetime) -> None:
        row = {"batch_id": found.batch_id, "number": found.number, "customer_id": redeemer.customer_id, "channel": redeemer.channel}
        row |= {"actor": redeemer.actor, "status": status, "holder": holder, "at": now, "expires_at": until}
        insert = sqlite.insert if database.is_sqlite else postgresql.insert
        session.execute(insert(use).values(row).on_conflict_do_update(index_elements=["batch_id", "number"], set_=row))

    kept = vars(coupons)["claim_code"]
    vars(coupons)["claim_code"] = take
    time.sleep(index * 0.2)
    try:
        return enter_and_buy(database, index, shares, code, now)
    finally:
        vars(coupons)["claim_code"] = kept


def pay_or_not(database: Database, index: int, orders: Sequence[tuple[Buyer, int]], now: datetime) -> Counter[str]:
    """Every second process has the provider say that an order was paid, the others give it up; give what went through."""
    did: Counter[str] = Counter()
    for buyer, order_id in orders:
        try:
            if index % 2:
                did["paid"] += _pay(database, buyer, order_id, now)
            else:
                with database.writing() as session:
                    did["cancelled"] += cancel_order(session, buyer.customer_id, order_id, actor=buyer.owner, reason="race", now=now)
        except OrderClosed:
            did["closed"] += 1
    return did


def _pay(database: Database, buyer: Buyer, order_id: int, now: datetime) -> bool:
    with database.writing() as session:
        payment = request_payment(session, buyer.customer_id, order_id, now=now)
    notice = Notice(f"event-{payment.merchant_ref}", "paid", payment.merchant_ref, payment.amount_minor, "CNY", now)
    with database.writing() as session:
        said = receive_notice(session, "sandbox", notice, now=now)
    try:
        with database.writing() as session:
            return mark_paid(session, buyer.customer_id, order_id, payment.amount_minor, actor="system", now=now) and not said.repeated
    except OrderClosed:
        return False


def send_or_not(database: Database, index: int, orders: Sequence[tuple[Buyer, int]], now: datetime) -> Counter[str]:
    """Every second process sends an order, the others cancel it; give what went through."""
    did: Counter[str] = Counter()
    for number, (buyer, order_id) in enumerate(orders):
        try:
            with database.writing() as session:
                if index % 2:
                    did["shipped"] += ship_order(session, order_id, actor=f"staff:{index}", tracking=f"SF{number:010}", now=now)
                else:
                    did["cancelled"] += cancel_order(session, buyer.customer_id, order_id, actor="staff:1", reason="race", now=now)
        except (OrderClosed, PortalError):
            did["closed"] += 1
    return did


def hand_over_or_not(database: Database, index: int, orders: Sequence[tuple[Buyer, int]], now: datetime) -> Counter[str]:
    """Every process in turn hands an order over, cancels it, or has it come back; give what went through."""
    did: Counter[str] = Counter()
    for place, (buyer, order_id) in enumerate(orders):
        verb = ("completed", "cancelled", "returned")[(index + place) % 3]
        try:
            if verb == "returned":
                did[verb] += bring_back_of(database, buyer, order_id, f"{index}", now)
                continue
            with database.writing() as session:
                if verb == "completed":
                    did[verb] += fulfil_order(session, order_id, actor="staff:1", customer_id=buyer.customer_id, now=now)
                else:
                    did[verb] += cancel_order(session, buyer.customer_id, order_id, actor="staff:1", reason="race", now=now)
        except PortalError:
            did["refused"] += 1
    return did


def bring_back_of(database: Database, buyer: Buyer, order_id: int, key: str, now: datetime, pieces: int = 1) -> bool:
    """Ask for pieces of an order to come back, have that approved by one and received by another."""
    with database.writing() as session:
        asked = ask_return(
            session, buyer.customer_id, order_id, {1: pieces}, reason="too big", key=f"{order_id}:{key}", actor=buyer.owner, now=now
        )
    with database.writing() as session:
        approve_return(session, buyer.customer_id, asked.id, actor="staff:1", now=now)
    with database.writing() as session:
        return receive_return(session, buyer.customer_id, asked.id, actor="staff:2", now=now)


def bring_back(database: Database, index: int, orders: Sequence[tuple[Buyer, int]], now: datetime) -> Counter[str]:
    """Ask for one piece of each order to come back, and have it received; give how often that went through."""
    did: Counter[str] = Counter()
    for buyer, order_id in orders:
        try:
            did["returned"] += bring_back_of(database, buyer, order_id, f"{index}", now)
        except PortalError:
            did["refused"] += 1
    return did


def receive_same(database: Database, index: int, returns: Sequence[tuple[Buyer, int]], now: datetime) -> int:
    """Receive the very returns the others receive, too; give how many were this process's."""
    done = 0
    for buyer, return_id in returns:
        with database.writing() as session:
            done += receive_return(session, buyer.customer_id, return_id, actor=f"staff:{10 + index}", now=now)
    return done


def receive_same_unguarded(database: Database, index: int, returns: Sequence[tuple[Buyer, int]], now: datetime) -> int:
    """The mutant: a return is received wherever it stands."""
    from portal.orders import returning

    table, kept = returning.OrderReturn, vars(returning)["_decide"]
    values = {"status": "to_status", "note": "said", "ended_at": "at", "refund_minor": "money", "refund_points": "points"}
    anywhere_ = sa.update(table).where(table.customer_id == sa.bindparam("customer"), table.id == sa.bindparam("of_return"))
    vars(returning)["_decide"] = anywhere_.values({name: sa.bindparam(given) for name, given in values.items()}).returning(table.id)
    try:
        return receive_same(database, index, returns, now)
    finally:
        vars(returning)["_decide"] = kept


def expire(database: Database, now: datetime) -> int:
    """Give up what was not paid in time, as the job of every node does."""
    at, done = now + timedelta(hours=1), 0
    with database.reading() as session:
        overdue = list_unpaid(session, now=at)
    for customer_id, order_id in overdue:
        with database.writing() as session:
            done += expire_order(session, customer_id, order_id, now=at)
    return done


def end_any(database: Database, index: int, orders: Sequence[tuple[Buyer, int]], now: datetime) -> Counter[str]:
    """Two processes give up what was not paid in time, the others cancel or pay, each in an order of its own."""
    if index < 2:
        return Counter(expired=expire(database, now))
    mine = list(orders)
    random.Random(index).shuffle(mine)
    return pay_or_not(database, index, mine, now)


def anywhere(work: Callable[..., Any], verbs: Sequence[str]) -> Callable[..., Any]:
    """Give the mutant of a race of steps: these steps change an order wherever it stands, seen before or not."""
    return _Anywhere(work, tuple(verbs))


class _Anywhere:
    """Changes an order after a look before the transaction: the condition on its state is gone from the statement itself."""

    def __init__(self, work: Callable[..., Any], verbs: Sequence[str]) -> None:
        self.work, self.verbs = work, verbs

    def __call__(self, database: Database, index: int, *arguments: Any) -> Any:
        from portal.orders import steps

        moves: dict[Any, Any] = vars(steps)["_move"]
        this, values, known = (vars(steps)[name] for name in ("_this", "_values", "_known"))
        kept: Mapping[Any, Any] = dict(moves)
        moves |= {verb: FrequentStatement(sa.update(steps.Order).where(this).values(values(verb)).returning(*known)) for verb in self.verbs}
        try:
            return self.work(database, index, *arguments)
        finally:
            moves |= kept

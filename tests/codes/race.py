"""Processes that redeem codes at the same moment; and how the same is done wrongly, by looking first and writing later."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.codes import (
    CodeRefused,
    Redeemer,
    claims,
    coupons,
    expire_coupons,
    hold_coupon,
    limits,
    redeem_code,
    redeeming,
    release_coupon,
    use_coupon,
)
from portal.codes.claims import find_standing
from portal.codes.limits import count_use
from portal.codes.reading import CodeFound
from portal.identity import Guesser
from tests.security.racers import SECRET

RACERS = 6
PAUSE_SECONDS = 0.02
_line: list[Barrier] = []
_USE, _TALLY, _PRIZE = (Base.metadata.tables[name] for name in ("code_use", "code_tally", "code_prize"))


class Race:
    """A pool of six processes."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def run(self, work: Callable[..., Any], url: str, *arguments: Any) -> list[Any]:
        """Have all six do `work(database, index, *arguments)` from the same moment on; give their answers."""
        return list(self._pool.starmap(_work, [(work, url, index, arguments) for index in range(RACERS)], chunksize=1))


@contextmanager
def racing() -> Iterator[Race]:
    """Start the pool."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(RACERS, _stand, (spawn.Barrier(RACERS),)) as pool:
        yield Race(pool)


def _stand(line: Barrier) -> None:
    _line[:] = [line]


def _work(work: Callable[..., Any], url: str, index: int, arguments: Sequence[Any]) -> Any:
    database = Database(url)
    try:
        with database.reading() as session:
            session.connection()  # connected before the start
        _line[0].wait(60)
        return work(database, index, *arguments)
    finally:
        database.close()


def redeem(database: Database, index: int, customers: Sequence[int], codes: Sequence[Sequence[str]], now: datetime) -> list[str]:
    """Redeem one's codes in turn for one's customer; give what became of each: the prize's position, nothing, or why not."""
    keys = make_keys(Settings(env="test", secret_key=SECRET))  # type: ignore[arg-type]
    customer_id = customers[index % len(customers)]
    told = []
    for code in codes[index % len(codes)]:
        with database.writing() as session:
            answer = redeem_code(session, keys, code, Redeemer(customer_id, "web", "test", Guesser(customer_id)), now=now)
        told.append(answer.reason if isinstance(answer, CodeRefused) else f"prize {answer.prize and answer.prize.position}")
    return told


def redeem_looking_first(
    database: Database, index: int, customers: Sequence[int], codes: Sequence[Sequence[str]], now: datetime
) -> list[str]:
    """The mutant of the claim: looks whether a code is free, in a transaction before, and then writes over whoever has it."""

    def look(session: Any, found: CodeFound, *_: Any, **__: Any) -> Any:
        with database.reading() as before:
            standing = find_standing(before, found)
        time.sleep(PAUSE_SECONDS)
        return standing

    kept, redeeming.claim_code = redeeming.claim_code, look
    try:
        return redeem(database, index, customers, codes, now)
    finally:
        redeeming.claim_code = kept


def redeem_counting_first(
    database: Database, index: int, customers: Sequence[int], codes: Sequence[Sequence[str]], now: datetime
) -> list[str]:
    """The mutant of the limits: looks how many a customer has, in a transaction before."""

    def look(session: Any, batch_id: int, customer_id: int, rules: Any, *, now: datetime) -> Any:
        return CodeRefused("customer_limit") if held[0] >= rules.per_customer else None

    held = [0]
    with database.reading() as before:
        mine = _USE.c.customer_id == customers[index % len(customers)]
        held[0] = before.execute(sa.select(sa.func.count()).select_from(_USE).where(mine)).scalar_one()
    time.sleep(5 * PAUSE_SECONDS)
    claims.count_use = look
    try:
        return redeem(database, index, customers, codes, now)
    finally:
        claims.count_use = count_use


def redeem_prize_looking_first(
    database: Database, index: int, customers: Sequence[int], codes: Sequence[Sequence[str]], now: datetime
) -> list[str]:
    """The mutant of the prizes: looks what is left, in a transaction before, and then gives it."""
    with database.reading() as before:
        left = before.execute(sa.select(_PRIZE.c.remaining)).scalar_one()
    time.sleep(5 * PAUSE_SECONDS)
    kept, redeeming._take = redeeming._take, sa.update(_PRIZE).where(sa.literal(left >= 1)).values(remaining=max(left - 1, 0))
    try:
        return redeem(database, index, customers, codes, now)
    finally:
        redeeming._take = kept


def hold_and_go(database: Database, index: int, customers: Sequence[int], codes: Sequence[str], now: datetime) -> dict[str, int]:
    """Hold, use, give back and let lapse coupons that the others want, too; give how often each went through."""
    keys = make_keys(Settings(env="test", secret_key=SECRET))  # type: ignore[arg-type]
    done = {"held": 0, "used": 0, "released": 0}
    customer_id = customers[index % len(customers)]
    for turn in range(8):
        holder, code = f"cart:{index}:{turn}", codes[(index + turn) % len(codes)]
        until, options = now + timedelta(minutes=turn % 2), {"channel": "web", "actor": "test", "now": now}
        with database.writing() as session:
            held = hold_coupon(session, keys, customer_id, code, holder=holder, until=until, **options)  # type: ignore[arg-type]
        if isinstance(held, CodeRefused):
            continue
        done["held"] += 1
        with database.writing() as session:
            if turn % 4 == 1:
                done["used"] += use_coupon(session, customer_id, holder, now=now)
            elif turn % 2:
                done["released"] += release_coupon(session, customer_id, holder, now=now)
            else:
                expire_coupons(session, now=now)
    return done


def let_go(database: Database, index: int, customer_id: int, holder: str, now: datetime) -> int:
    """Let go of all that one holds, or of all that lapsed, by turns: these are the same coupons."""
    if index % 2:
        with database.writing() as session:
            return expire_coupons(session, now=now)
    time.sleep(PAUSE_SECONDS)  # the other is half-way by then
    with database.writing() as session:
        return release_coupon(session, customer_id, holder, now=now)


def let_go_in_no_order(database: Database, index: int, customer_id: int, holder: str, now: datetime) -> int:
    """The mutant: what one holds goes in the order in which it lies there."""
    kept, as_it_lies = vars(coupons)["_release"], sa.delete(_USE).where(_USE.c.holder == holder)
    vars(coupons)["_release"] = as_it_lies.returning(_USE.c.batch_id, _USE.c.customer_id, _USE.c.at)
    try:
        return let_go(database, index, customer_id, holder, now)
    finally:
        vars(coupons)["_release"] = kept


assert limits.count_use is count_use

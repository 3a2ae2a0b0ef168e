"""Redeeming a prize code: once, by whoever comes first, with the prize that was drawn for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.events import emit
from portal.base.keys import Keys
from portal.codes.claims import USED, Standing, claim_code, refuse_standing
from portal.codes.entry import MILLION, Redeemer
from portal.codes.errors import CodeRefused
from portal.codes.events import CodeRedeemed, PrizeWon
from portal.codes.models import CodePrize, CodeUse
from portal.codes.reading import CodeFound, read_code
from portal.identity import Guesser, count_batch_code, forgive_batch_code
from portal.interactions import record_interaction

_prize, _use = CodePrize.metadata.tables["code_prize"], CodeUse.metadata.tables["code_use"]
_of_batch = (
    sa.select(_prize.c.position, _prize.c.name, _prize.c.kind, _prize.c.value, _prize.c.weight, _prize.c.amount)
    .where(_prize.c.batch_id == sa.bindparam("batch"))
    .order_by(_prize.c.position)
)
_take = (
    sa.update(_prize)
    .where(_prize.c.batch_id == sa.bindparam("batch"), _prize.c.position == sa.bindparam("place"), _prize.c.remaining >= 1)
    .values(remaining=_prize.c.remaining - 1)
)
_note = (
    sa.update(_use)
    .where(_use.c.batch_id == sa.bindparam("of_batch"), _use.c.number == sa.bindparam("of_number"))
    .values(prize=sa.bindparam("won"))
)


@dataclass(frozen=True, slots=True)
class Prize:
    """What was won."""

    position: int
    name: Mapping[str, str]
    kind: str
    points: int
    offering_code: str | None


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A code that was taken; `prize` None: it won nothing."""

    batch_id: int
    number: int
    name: Mapping[str, str]
    prize: Prize | None


def redeem_code(session: Session, keys: Keys, text: str, redeemer: Redeemer, *, now: datetime) -> Redeemed | CodeRefused:
    """Redeem a prize code for a customer. Commit what is returned, whatever it is: wrong codes are counted here.

    Raises Invalid (`code`) for a typing error, which counts as nothing. Points and goods follow by the event PrizeWon.
    """
    found = read_counted(session, keys, text, redeemer, now=now)
    if isinstance(found, CodeRefused):
        return found
    if found.kind != "prize":
        return CodeRefused("coupon")
    taken = claim_code(session, found, redeemer, status=USED, holder=None, until=None, now=now)
    if isinstance(taken, Standing):
        return refuse_standing(taken, redeemer.customer_id)
    if taken is not None:
        return taken
    prize = _win(session, found)
    _tell(session, found, redeemer, prize, now)
    return Redeemed(found.batch_id, found.number, found.name, prize)


def read_counted(session: Session, keys: Keys, text: str, redeemer: Redeemer, *, now: datetime) -> CodeFound | CodeRefused:
    """Read a code with the brake on: a wrong one counts, and past the allowance none is looked at. Raises Invalid as above."""
    found = read_code(session, keys, text)  # a typing error is told before anything is counted
    limited = count_batch_code(session, redeemer.guesser, now=now)
    if limited is not None:
        minutes = -(-limited.retry_after_seconds // 60)
        return CodeRefused("wait", {"minutes": minutes}, limited.retry_after_seconds)
    if found is None:
        return CodeRefused("unknown")
    forgive_batch_code(session, redeemer.guesser)
    return found


def look_up_code(session: Session, keys: Keys, text: str, *, staff_id: int, now: datetime) -> CodeFound | CodeRefused:
    """Give what a code is to one of the staff, and take nothing. Commit what is returned: a wrong one counts. Raises Invalid (`code`)."""
    return read_counted(session, keys, text, Redeemer(0, "office", f"staff:{staff_id}", Guesser(0, staff_id=staff_id)), now=now)


def pick_prize(weights: Sequence[int], lot: int) -> int | None:
    """Give the place (from 0) of the prize a lot of 0 to 999,999 falls on; None: past them all, it wins nothing."""
    for place, weight in enumerate(weights):
        if lot < weight:
            return place
        lot -= weight
    return None


def _win(session: Session, found: CodeFound) -> Prize | None:
    """Give the prize drawn for a code. One that is out is won no more: its draws win nothing, and nobody else's odds change."""
    connection = session.connection()
    prizes = connection.execute(_of_batch, {"batch": found.batch_id}).all()
    place = pick_prize([each.weight for each in prizes], found.maker.draw(found.number, MILLION))
    if place is None or prizes[place].kind == "nothing":
        return None
    won = prizes[place]
    connection.execute(_note, {"of_batch": found.batch_id, "of_number": found.number, "won": won.position})
    if won.amount is not None and not connection.execute(_take, {"batch": found.batch_id, "place": won.position}).rowcount:
        connection.execute(_note, {"of_batch": found.batch_id, "of_number": found.number, "won": None})
        return None
    return Prize(won.position, won.name, won.kind, won.value.get("points", 0), won.value.get("offering"))


def _tell(session: Session, found: CodeFound, redeemer: Redeemer, prize: Prize | None, now: datetime) -> None:
    customer_id = redeemer.customer_id
    place = None if prize is None else prize.position
    emit(session, CodeRedeemed(customer_id, found.batch_id, found.number, found.reference, redeemer.channel, place), now=now)
    params: dict[str, Any] = {"name": dict(found.name)}
    if prize is None:
        record_interaction(session, customer_id, channel=redeemer.channel, kind="code_redeemed", params=params, now=now)
        return
    won = PrizeWon(
        customer_id, found.batch_id, found.number, found.reference, redeemer.channel, redeemer.actor, redeemer.party_id, prize.points,
        prize.offering_code,
    )  # fmt: skip
    emit(session, won, now=now)
    params["prize"] = dict(prize.name)
    record_interaction(session, customer_id, channel=redeemer.channel, kind="prize_won", params=params, now=now)

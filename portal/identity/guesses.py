"""Codes that somebody types: who types them may not try many.

Short codes stand on somebody else's screen (RFC 8628 5.1). Codes of batches, on coupons and under bottle caps, are worth
money to whoever has them; there only wrong ones count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.identity.limits import DAY, HOUR, MINUTE, Limited, windows
from portal.identity.throttle import Window, count_up, give_back, look
from portal.identity.visitor import Visitor

TYPED_CODES = ((10, 5 * MINUTE), (30, HOUR), (100, DAY))
WRONG_BATCH_CODES = ((5, 10 * MINUTE), (15, HOUR), (40, DAY))
WRONG_BATCH_CODES_PER_PERSON = ((20, HOUR), (80, DAY))
WRONG_BATCH_CODES_PER_STAFF = ((20, 10 * MINUTE), (200, DAY))
WRONG_BATCH_CODES_PER_NETWORK = ((60, 10 * MINUTE), (600, DAY))


@dataclass(frozen=True, slots=True)
class Guesser:
    """Who types codes of batches: a signed-in person for a customer, the holder of a number, or one of the staff.

    Wrong codes count against the person with this browser, the person with any, and, from a browser never seen before, the
    address. None of these is anybody else's: a stranger's tries stop no one, since to count he has to sign in as himself.
    """

    customer_id: int
    party_id: int | None = None
    number: str | None = None
    staff_id: int | None = None
    visitor: Visitor | None = None


def count_typed_code(session: Session, party_id: int, *, now: datetime) -> Limited | None:
    """Count a code somebody types, right or wrong; give for how long no further one is looked at, None while there is no need.

    Whoever types it is signed in, so a person's tries cost nobody else anything. Commit what is returned.
    """
    allowed = windows(f"typed-code:{party_id}", TYPED_CODES)
    reading = count_up(session, allowed, now=now).of(allowed)
    return Limited(reading.retry_after_seconds) if reading.over else None


def count_batch_code(session: Session, guesser: Guesser, *, now: datetime) -> Limited | None:
    """Count a code before it is looked at; give for how long none is. One that was right is forgiven by `forgive_batch_code`.

    Racing guesses wait here for each other. Commit what is returned.
    """
    allowed = guess_windows(guesser)
    reading = look(session, allowed, now=now).of(allowed)
    if reading.full:
        return Limited(reading.retry_after_seconds)
    reading = count_up(session, allowed, now=now).of(allowed)
    if reading.over:
        give_back(session, allowed)
        return Limited(reading.retry_after_seconds)
    return None


def forgive_batch_code(session: Session, guesser: Guesser) -> None:
    """Take back what `count_batch_code` counted: the code was one of ours."""
    give_back(session, guess_windows(guesser))


def guess_windows(guesser: Guesser) -> list[Window]:
    """Give where a wrong code of a batch counts."""
    if guesser.staff_id is not None:
        return windows(f"batch-code:staff:{guesser.staff_id}", WRONG_BATCH_CODES_PER_STAFF)
    if guesser.number is not None:
        return windows(f"batch-code:number:{guesser.number}", WRONG_BATCH_CODES)
    visitor = guesser.visitor
    person = f"customer:{guesser.customer_id}" if guesser.party_id is None else f"party:{guesser.party_id}"
    device = "" if visitor is None else visitor.device_id
    counted = windows(f"batch-code:{person}:*", WRONG_BATCH_CODES_PER_PERSON)
    counted += windows(f"batch-code:{person}:{device}", WRONG_BATCH_CODES)
    if visitor is not None and not visitor.known:
        counted += windows(f"batch-code-from:{visitor.network}", WRONG_BATCH_CODES_PER_NETWORK)
    return counted

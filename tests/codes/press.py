"""Batches to test with: made by one of the staff, approved by another, and the codes that their print file would hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.keys import Keys
from portal.codes import (
    CodeRefused,
    HeldCoupon,
    NewBatch,
    NewPrize,
    Redeemed,
    Redeemer,
    approve_batch,
    draft_batch,
    hold_coupon,
    redeem_code,
)
from portal.codes.making import open_maker
from portal.identity import Guesser, Visitor
from tests.cast import Person

NAME = {"zh": "夏日瓶盖", "en": "Summer caps"}
POINTS = NewPrize({"zh": "50 积分", "en": "50 points"}, "points", 1_000_000, points=50)
BATCH = Base.metadata.tables["code_batch"]
USE = Base.metadata.tables["code_use"]
TALLY = Base.metadata.tables["code_tally"]
PRIZE = Base.metadata.tables["code_prize"]


@dataclass
class Press:
    """Makes batches and redeems their codes."""

    database: Database
    keys: Keys
    maker: int
    checker: int
    now: datetime

    def new(self, **changes: Any) -> NewBatch:
        """Give a batch of a thousand prize codes, all of which win 50 points, with changes."""
        ends = self.now + timedelta(days=60)
        return replace(NewBatch(NAME, "prize", 1_000, self.now - timedelta(days=1), ends, prizes=(POINTS,)), **changes)

    def coupons(self, **changes: Any) -> NewBatch:
        """Give a batch of coupons."""
        return self.new(**{"kind": "coupon", "prizes": (), "campaign_code": "autumn", **changes})

    def draft(self, new: NewBatch | None = None) -> int:
        """Make a batch that waits."""
        with self.database.writing() as session:
            return draft_batch(session, self.keys, new or self.new(), staff_id=self.maker, now=self.now)

    def batch(self, new: NewBatch | None = None) -> int:
        """Make a batch and have it approved."""
        batch_id = self.draft(new)
        with self.database.writing() as session:
            approve_batch(session, batch_id, staff_id=self.checker)
        return batch_id

    def code(self, batch_id: int, number: int) -> str:
        """Give a code as it stands under its cap."""
        with self.database.reading() as session:
            secret = session.execute(sa.select(BATCH.c.secret).where(BATCH.c.id == batch_id)).scalar_one()
        return open_maker(self.keys, batch_id, secret).write(number)

    def redeem(self, person: Person, code: str, *, now: datetime | None = None, **changes: Any) -> Redeemed | CodeRefused:
        """Redeem a code for a person, on the web unless told."""
        with self.database.writing() as session:
            return redeem_code(session, self.keys, code, replace(redeemer_of(person), **changes), now=now or self.now)

    def hold(
        self, person: Person, code: str, holder: str = "cart:1", *, minutes: int = 30, now: datetime | None = None
    ) -> HeldCoupon | CodeRefused:
        """Put a coupon into a cart."""
        at = now or self.now
        until = at + timedelta(minutes=minutes)
        with self.database.writing() as session:
            return hold_coupon(
                session,
                self.keys,
                person.customer_id,
                code,
                holder=holder,
                until=until,
                channel="web",
                actor=f"party:{person.party_id}",
                now=at,
            )

    def uses(self) -> list[dict[str, Any]]:
        """Give every code that somebody has."""
        with self.database.reading() as session:
            return [dict(row) for row in session.execute(sa.select(USE).order_by(USE.c.batch_id, USE.c.number)).mappings()]

    def counted(self, batch_id: int) -> int:
        """Give how many codes of a batch count for today, whoever has them."""
        with self.database.reading() as session:
            of_all = TALLY.c.batch_id == batch_id, TALLY.c.customer_id == 0
            return session.execute(sa.select(sa.func.coalesce(sa.func.sum(TALLY.c.uses), 0)).where(*of_all)).scalar_one()

    def left(self, batch_id: int) -> list[int]:
        """Give what is left of each prize."""
        with self.database.reading() as session:
            return list(session.scalars(sa.select(PRIZE.c.remaining).where(PRIZE.c.batch_id == batch_id).order_by(PRIZE.c.position)))


def redeemer_of(person: Person, device: str = "device-1", ip: str = "203.0.113.7", *, known: bool = True) -> Redeemer:
    """Give a person on the web."""
    guesser = Guesser(person.customer_id, party_id=person.party_id, visitor=Visitor(device, ip, known=known))
    return Redeemer(person.customer_id, "web", f"party:{person.party_id}", guesser, person.party_id)


def reason_of(answer: object) -> str:
    """Say why a code was refused; nothing when it was not."""
    return answer.reason if isinstance(answer, CodeRefused) else ""

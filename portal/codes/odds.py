"""Looking after the odds: how many codes of a batch the draw gives each prize, beside how many its odds say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.keys import Keys
from portal.codes.entry import MILLION
from portal.codes.making import open_maker
from portal.codes.models import CodeBatch, CodePrize
from portal.codes.redeeming import pick_prize

_batch, _prize = (CodeBatch.metadata.tables[name] for name in ("code_batch", "code_prize"))
_secret = sa.select(_batch.c.size, _batch.c.secret).where(_batch.c.id == sa.bindparam("batch"))
_weights = (
    sa.select(CodePrize.name, CodePrize.weight).where(CodePrize.batch_id == sa.bindparam("batch")).order_by(CodePrize.position)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lots:
    """What a count of draws goes by: `count` them outside any transaction, a million take a second or two."""

    batch_id: int
    size: int
    secret: str
    prizes: Sequence[tuple[Mapping[str, str], int]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Of a prize (None: of nothing): so many codes of the batch win it, and so many its odds let one expect."""

    name: Mapping[str, str] | None
    drawn: int
    expected: float


def get_lots(session: Session, batch_id: int) -> Lots:
    """Give what a batch's draw goes by; raises NotFound. Two statements."""
    connection = session.connection()
    found = connection.execute(_secret, {"batch": batch_id}).one_or_none()
    if found is None:
        raise NotFound
    prizes = [(row.name, row.weight) for row in connection.execute(_weights, {"batch": batch_id})]
    return Lots(batch_id, found.size, found.secret, prizes)


def count_draws(keys: Keys, lots: Lots, *, most: int = MILLION) -> Sequence[Drawn]:
    """Draw for the first `most` codes of a batch and give how many fall on each prize, and on nothing."""
    maker, count = open_maker(keys, lots.batch_id, lots.secret), min(lots.size, most)
    weights = [weight for _, weight in lots.prizes]
    seen = Counter(pick_prize(weights, maker.draw(number, MILLION)) for number in range(count))
    told = [Drawn(name, seen[place], count * weight / MILLION) for place, (name, weight) in enumerate(lots.prizes)]
    return [*told, Drawn(None, seen[None], count * (MILLION - sum(weights)) / MILLION)]

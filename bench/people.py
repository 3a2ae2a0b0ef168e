"""Customers drawn from a data set: the measurements are about people who are there, and about no favourites."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.base.db import Database

_edges = sa.text("SELECT min(customer_id), max(customer_id) FROM customer")
_NEXT = (
    "SELECT customer.customer_id, party.name, subscription.number FROM customer"
    " JOIN party ON party.id = customer.party_id"
    " JOIN subscription ON subscription.customer_id = customer.customer_id"
    " WHERE customer.customer_id >= :start AND customer.status = 'active' AND customer.kind = 'individual'"
    " AND subscription.status = 'active' AND subscription.kind = 'mobile'"
)
_ORDER = " ORDER BY customer.customer_id, subscription.id LIMIT 1"
_NO_RECORDS = " AND NOT EXISTS (SELECT 1 FROM usage_record WHERE usage_record.customer_id = customer.customer_id)"
_next, _next_plain = sa.text(_NEXT + _ORDER), sa.text(_NEXT + _NO_RECORDS + _ORDER)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A customer with a line."""

    customer_id: int
    name: str
    number: str


def draw(database: Database, count: int, *, seed: int = 1, plain: bool = False) -> Sequence[Somebody]:
    """Give `count` different customers from all over the data, or all there are; the same ones for the same seed.

    The loader keeps every record of the first some thousand customers and sums of all others. `plain`: of the others
    only, so that a small and a large data set give customers who have as much.
    """
    chance = random.Random(seed)
    found: dict[int, Somebody] = {}
    with database.reading() as session:
        least, most = session.execute(_edges).one()
        for _ in range(count * 20):
            row = session.execute(_next_plain if plain else _next, {"start": chance.randint(least, most)}).one_or_none()
            if row is not None:
                found[row.customer_id] = Somebody(*row)
            if len(found) == count:
                break
    return list(found.values())

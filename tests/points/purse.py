"""A customer's points in a test's hands: each step in a transaction of its own, as a face would."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.base.books import Discrepancy, check_books
from portal.base.clock import today
from portal.base.db import Base, Database
from portal.base.events import OutboxEvent
from portal.base.ledger import Account, balance
from portal.customers import Viewer
from portal.points import (
    PointsCard,
    check_points,
    earn_by_rule,
    earn_points,
    expire_points,
    hold_points,
    points_card,
    release_hold,
    spend_hold,
)


@dataclass
class Purses:
    """Both purses of one customer in one database, at `now` unless another moment is said."""

    database: Database
    customer_id: int
    now: datetime
    numbers: Any = field(default_factory=itertools.count)

    def at(self, days: int) -> datetime:
        """Give the moment so many days later."""
        return self.now + timedelta(days=days)

    def give(
        self, amount: Any, *, days: int = 100, reason: str = "grant", reference: str | None = None, purse: Any = "channel", on: int = 0
    ) -> bool:
        """Grant points that can be spent for so many days from `now`."""
        until = today(self.now) + timedelta(days=days)
        name = reference or f"g{next(self.numbers)}"
        with self.database.writing() as session:
            return earn_points(
                session,
                self.customer_id,
                amount,
                purse=purse,
                reason=reason,
                reference=name,
                expires_on=until,
                now=self.at(on),
            )

    def earn(self, rule: str, quantity: Any, reference: str, *, day: date | None = None, on: int = 0) -> int:
        with self.database.writing() as session:
            return earn_by_rule(session, self.customer_id, rule, quantity, reference=reference, now=self.at(on), day=day)

    def hold(self, amount: Any, reference: str = "order:1", *, on: int = 0) -> None:
        with self.database.writing() as session:
            hold_points(session, self.customer_id, amount, reference=reference, now=self.at(on))

    def spend(self, reference: str = "order:1", *, on: int = 0) -> None:
        with self.database.writing() as session:
            spend_hold(session, self.customer_id, reference, now=self.at(on))

    def release(self, reference: str = "order:1", *, on: int = 0) -> None:
        with self.database.writing() as session:
            release_hold(session, self.customer_id, reference, now=self.at(on))

    def expire(self, *, on: int, limit: int = 100) -> int:
        with self.database.writing() as session:
            return expire_points(session, now=self.at(on), limit=limit)

    def card(self, *, on: int = 0) -> PointsCard:
        with self.database.reading() as session:
            return points_card(session, owner(self.customer_id), now=self.at(on))

    def lots(self) -> list[tuple[int, int]]:
        """Give (days from now until it can no longer be spent, what remains) of each lot, in the order they are spent."""
        lots = [row for row in self.rows("points_lot") if row["purse"] == "channel"]
        lots.sort(key=lambda row: (row["expires_on"], row["id"]))
        return [((row["expires_on"] - today(self.now)).days, row["remaining"]) for row in lots]

    def books(self, purse: str = "channel") -> dict[str, int]:
        """Give what the ledger says in each book."""
        names = ("points", "points_held", "points_issued", "points_spent", "points_expired")
        with self.database.reading() as session:
            return {
                name.removeprefix("points_"): balance(session, Account(name, f"customer:{self.customer_id}", f"{purse}_points"))
                for name in names
            }

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Give this customer's rows of a table."""
        where = Base.metadata.tables[table]
        with self.database.reading() as session:
            found = session.execute(
                sa.select(where).where(where.c.customer_id == self.customer_id).order_by(*where.primary_key.columns)
            ).mappings()
            return [dict(row) for row in found]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Give what was emitted of one type, oldest first."""
        wanted = sa.select(OutboxEvent.payload).where(OutboxEvent.type == kind).order_by(OutboxEvent.id)
        with self.database.reading() as session:
            return [dict(payload) for payload in session.scalars(wanted)]

    def faults(self) -> list[Discrepancy]:
        """Give every place where ledger, lots and holds do not agree, of all customers."""
        with self.database.reading() as session:
            return [*check_points(session), *check_books(session)]


def owner(customer_id: int, **sight: Any) -> Viewer:
    """Somebody who sees all of a customer, unless said otherwise."""
    return Viewer("subscriber", "party:1", customer_id, **sight)

"""Orders in a test's hands: each step in a transaction of its own, as a face would, and everything an order touches counted."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.base.books import Discrepancy, check_books
from portal.base.db import Base, Database
from portal.base.events import Handlers, OutboxEvent
from portal.base.keys import Keys
from portal.base.ledger import Account, balance
from portal.catalog import POINTS, STANDARD, StockCount, add_stock, count_stock
from portal.customers import Viewer
from portal.faces.worker.deliver import Delivery as Worker
from portal.orders import (
    Delivery,
    Item,
    NewOrder,
    OrderView,
    Placed,
    WorkItem,
    cancel_order,
    fulfil_order,
    get_order,
    list_work,
    place_order,
    take_order,
)
from portal.orders.handlers import register
from portal.points import check_points, earn_points
from tests.cast import Person

HOME = Delivery("王爱丽", "13857101234", "杭州市西湖区文三路 90 号 3 幢 501 室")
THERMOS, COFFEE, DATA = Item("gift_thermos", 1, 600), Item("gift_coffee", 1, 300), Item("gift_data_5gb", 1, 200)
PHONE = Item("device_redmi_note_13", 1, 109_900)


@dataclass
class Till:
    """One customer's orders in one database, and the shop they are placed in."""

    database: Database
    person: Person
    keys: Keys
    now: datetime
    numbers: Any = field(default_factory=itertools.count)

    @property
    def actor(self) -> str:
        return f"party:{self.person.party_id}"

    @property
    def viewer(self) -> Viewer:
        return Viewer("subscriber", self.actor, self.person.customer_id)

    def stock(self, code: str, count: int) -> None:
        """Add so many, vouchers with their codes."""
        codes = [self.keys.encrypt(f"CODE-{code}-{next(self.numbers)}") for _ in range(count)]
        with self.database.writing() as session:
            add_stock(session, code, codes if code in ("gift_coffee", "gift_cinema") else count, now=self.now)

    def grant(self, points: int, reference: str = "grant") -> None:
        until = date(2027, 11, 30)
        with self.database.writing() as session:
            earn_points(
                session,
                self.person.customer_id,
                points,
                purse="channel",
                reason="grant",
                reference=reference,
                expires_on=until,
                now=self.now,
            )

    def order(self, *items: Item, **changes: Any) -> NewOrder:
        """Give an order of `items` as the points store's form would make it, with `changes`."""
        new = NewOrder(
            self.person.customer_id, items or (THERMOS,), STANDARD, POINTS, "web", f"key-{next(self.numbers)}",
            party_id=self.person.party_id, subscription_id=self.person.subscription_id, delivery=HOME, actor=self.actor,
        )  # fmt: skip
        return replace(new, **changes)

    def place(self, *items: Item, **changes: Any) -> Placed:
        return self.send(self.order(*items, **changes))

    def send(self, new: NewOrder) -> Placed:
        with self.database.writing() as session:
            return place_order(session, new, now=self.now)

    def take(self, order_id: int, staff_id: int) -> bool:
        with self.database.writing() as session:
            return take_order(session, staff_id, order_id, now=self.now)

    def fulfil(self, order_id: int, actor: str = "staff:1", note: str | None = None) -> bool:
        with self.database.writing() as session:
            return fulfil_order(session, order_id, actor=actor, note=note, customer_id=self.person.customer_id, now=self.now)

    def cancel(self, order_id: int, actor: str | None = None, reason: str = "changed_mind") -> bool:
        with self.database.writing() as session:
            return cancel_order(session, self.person.customer_id, order_id, actor=actor or self.actor, reason=reason, now=self.now)

    def work(self) -> list[WorkItem]:
        with self.database.reading() as session:
            return list(list_work(session, now=self.now))

    def look(self, order_id: int, **sight: Any) -> OrderView:
        with self.database.reading() as session:
            return get_order(session, replace(self.viewer, **sight), order_id, keys=self.keys)

    def run_worker(self) -> None:
        """Deliver what waits in the outbox, as the worker does."""
        Worker(self.database, handlers_of_orders(), lambda: self.now).run()

    def points(self) -> dict[str, int]:
        """Give what the ledger says the customer has, holds and has spent."""
        owner = f"customer:{self.person.customer_id}"
        with self.database.reading() as session:
            return {book: balance(session, Account(book, owner, "channel_points")) for book in ("points", "points_held", "points_spent")}

    def stocked(self, code: str) -> StockCount:
        with self.database.reading() as session:
            return count_stock(session, code)

    def everything(self) -> dict[str, list[Mapping[str, Any]]]:
        """Give every row that a refused order must not have added to or changed."""
        names = (
            "customer_order", "order_item", "order_step", "order_work", "points_hold", "points_lot", "points_lot_use", "ledger_account",
            "ledger_movement", "ledger_entry", "interaction", "outbox_event", "stock_unit", "stock_claim", "bucket", "allowance_grant",
        )  # fmt: skip
        return {name: self.rows(name) for name in names}

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        table = Base.metadata.tables[name]
        with self.database.reading() as session:
            return [dict(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()]

    def events(self) -> list[tuple[str, int]]:
        """Give (type, order) of each event of orders, oldest first."""
        wanted = sa.select(OutboxEvent.type, OutboxEvent.payload).where(OutboxEvent.type.like("orders.%")).order_by(OutboxEvent.id)
        with self.database.reading() as session:
            return [(row.type, row.payload["order_id"]) for row in session.execute(wanted)]

    def told(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Give (kind, channel, params) of each interaction about this customer's orders, by kind."""
        mine = [row for row in self.rows("interaction") if row["customer_id"] == self.person.customer_id]
        return sorted(
            ((row["kind"], row["channel"], dict(row["params"])) for row in mine if row["kind"].startswith("order_")),
            key=lambda each: each[0],
        )

    def faults(self) -> list[Discrepancy]:
        """Give every place where points and ledger do not agree."""
        with self.database.reading() as session:
            return [*check_points(session), *check_books(session)]


def handlers_of_orders() -> Handlers:
    """Give the handlers of orders alone."""
    handlers = Handlers()
    register(handlers)
    return handlers

"""A flash sale in a test's hands: each step in a transaction of its own, as a face would, and every piece counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.db import Base, Database
from portal.base.events import Handlers
from portal.base.keys import Keys
from portal.catalog import StockCount, add_stock, count_stock
from portal.flashsales import (
    EntryView,
    NewSale,
    PieceOrder,
    SaleState,
    Settled,
    announce_sale,
    draft_sale,
    enter_sale,
    find_entry,
    get_sale,
    get_state,
    leave_sale,
    order_piece,
    settle_sale,
)
from portal.flashsales.handlers import register
from portal.identity import NewStaff, create_staff
from portal.orders import Delivery, Placed, cancel_order, expire_unpaid
from tests.counting_money import pay_order, work_off

PHONE, PRICE = "device_redmi_note_13", 49_900
HOME = Delivery("王爱丽", "13857101234", "杭州市西湖区文三路 90 号 3 幢 501 室")


@dataclass
class Hall:
    """One database with a sale of five telephones: opens in an hour, starts in two, ends in four, ten minutes to pay."""

    database: Database
    keys: Keys
    now: datetime
    staff: tuple[int, int] = (0, 0)
    sale_id: int = 0
    opened_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.opened_at = self.now

    @property
    def starts_at(self) -> datetime:
        return self.opened_at + timedelta(hours=2)

    def hire(self) -> None:
        with self.database.writing() as session:
            self.staff = (self._hire(session, "梅"), self._hire(session, "林"))

    def _hire(self, session: Session, name: str) -> int:
        new = NewStaff(f"sales-{name}", name, "marketing", "杭州")
        return create_staff(session, self.keys, new, "hash", issuer="test", now=self.now).staff_id

    def new(self, **changes: Any) -> NewSale:
        at = self.opened_at
        sale = NewSale(
            PHONE, {"zh": "红米手机秒杀", "en": "Handset rush"}, "CNY", PRICE, 5, "first_come",
            at + timedelta(hours=1), at + timedelta(hours=2), at + timedelta(hours=4), 10,
        )  # fmt: skip
        return replace(sale, **changes)

    def announce(self, *, stock: int | None = None, **changes: Any) -> int:
        new = self.new(**changes)
        with self.database.writing() as session:
            if stock != 0:
                add_stock(session, new.offering_code, stock or new.pieces, now=self.now)
            self.sale_id = draft_sale(session, new, staff_id=self.staff[0], now=self.now)
            announce_sale(session, self.keys, self.sale_id, staff_id=self.staff[1], now=self.now)
        return self.sale_id

    def at(self, *, minutes: float) -> None:
        """Go to so many minutes after (negative: before) the start."""
        self.now = self.starts_at + timedelta(minutes=minutes)

    def enter(self, *customers: int) -> list[bool]:
        answers = []
        for customer_id in customers:
            with self.database.writing() as session:
                answers.append(enter_sale(session, self.keys, get_sale(session, self.sale_id), customer_id, now=self.now))
            self.now += timedelta(milliseconds=1)
        return answers

    def settle(self) -> Settled:
        with self.database.writing() as session:
            return settle_sale(session, self.keys, self.sale_id, now=self.now)

    def leave(self, customer_id: int) -> bool:
        with self.database.writing() as session:
            return leave_sale(session, self.sale_id, customer_id)

    def order(self, customer_id: int) -> Placed:
        with self.database.writing() as session:
            return order_piece(session, self.sale_id, PieceOrder(customer_id, "party:1", delivery=HOME), now=self.now)

    def pay(self, customer_id: int, order_id: int) -> None:
        pay_order(self.database, customer_id, order_id, now=self.now)

    def cancel(self, customer_id: int, order_id: int) -> bool:
        with self.database.writing() as session:
            return cancel_order(session, customer_id, order_id, actor="party:1", reason="changed_mind", now=self.now)

    def expire(self) -> int:
        with self.database.writing() as session:
            return expire_unpaid(session, now=self.now)

    def run_worker(self) -> None:
        handlers = Handlers()
        register(handlers, self.keys)
        work_off(self.database, handlers, self.now)

    def entry(self, customer_id: int) -> EntryView:
        with self.database.reading() as session:
            found = find_entry(session, self.sale_id, customer_id)
        assert found is not None
        return found

    def state(self) -> SaleState:
        with self.database.reading() as session:
            return get_state(session, self.sale_id)

    def statuses(self) -> dict[str, int]:
        """Give how many entries have which status."""
        counts: dict[str, int] = {}
        for row in self.rows("flash_entry"):
            counts[row["status"]] = counts.get(row["status"], 0) + 1
        return counts

    def line(self) -> list[int]:
        """Give the customers in the order of their places."""
        placed = [row for row in self.rows("flash_entry") if row["place"] is not None]
        return [row["customer_id"] for row in sorted(placed, key=lambda row: row["place"])]

    def stock(self, place: str | None = None) -> StockCount:
        with self.database.reading() as session:
            return count_stock(session, PHONE, place=place or f"flash:{self.sale_id}")

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        table = Base.metadata.tables[name]
        with self.database.reading() as session:
            return [dict(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()]

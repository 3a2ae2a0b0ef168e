"""A pre-sale in a test's hands: each step in a transaction of its own, as a face would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.db import Base, Database
from portal.base.events import Handlers
from portal.base.keys import Keys
from portal.catalog import StockCount, add_stock, count_stock
from portal.identity import NewStaff, create_staff
from portal.orders import Delivery, Placed, cancel_order, expire_unpaid
from portal.presales import (
    Buyer,
    NewPresale,
    PlaceView,
    PresaleView,
    announce_presale,
    draft_presale,
    end_presale,
    find_place,
    get_presale,
    give_up_place,
    order_rest,
    release_pieces,
    settle_presale,
    take_place,
)
from portal.presales.handlers import register
from tests.counting_money import pay_order, work_off

PHONE = "device_redmi_note_13"
HOME = Delivery("王爱丽", "13857101234", "杭州市西湖区文三路 90 号 3 幢 501 室")


@dataclass
class Queue:
    """One database with a pre-sale of telephones: 99 of 1,099 yuan now, the rest within two days of the invitation."""

    database: Database
    keys: Keys
    now: datetime
    staff: tuple[int, int] = (0, 0)
    presale_id: int = 0

    def hire(self) -> None:
        with self.database.writing() as session:
            self.staff = (self._hire(session, "梅"), self._hire(session, "林"))

    def _hire(self, session: Session, name: str) -> int:
        new = NewStaff(f"sales-{name}", name, "marketing", "杭州")
        return create_staff(session, self.keys, new, "hash", issuer="test", now=self.now).staff_id

    def new(self, **changes: Any) -> NewPresale:
        presale = NewPresale(
            PHONE, {"zh": "新款手机预售", "en": "New handset"}, 9_900, 109_900, "CNY", None,
            self.now, self.now + timedelta(days=7), self.now + timedelta(days=14), 48,
        )  # fmt: skip
        return replace(presale, **changes)

    def draft(self, **changes: Any) -> int:
        with self.database.writing() as session:
            return draft_presale(session, self.new(**changes), staff_id=self.staff[0], now=self.now)

    def announce(self, **changes: Any) -> int:
        self.presale_id = self.draft(**changes)
        with self.database.writing() as session:
            announce_presale(session, self.presale_id, staff_id=self.staff[1])
        return self.presale_id

    def take(self, customer_id: int) -> Placed:
        with self.database.writing() as session:
            return take_place(session, self.presale_id, Buyer(customer_id, "party:1"), now=self.now)

    def give_up(self, customer_id: int) -> None:
        with self.database.writing() as session:
            give_up_place(session, self.presale_id, Buyer(customer_id, "party:1"), now=self.now)

    def pay(self, customer_id: int, order_id: int) -> None:
        pay_order(self.database, customer_id, order_id, now=self.now)
        self.run_worker()

    def cancel(self, customer_id: int, order_id: int) -> None:
        with self.database.writing() as session:
            cancel_order(session, customer_id, order_id, actor="party:1", reason="changed_mind", now=self.now)

    def expire(self) -> None:
        with self.database.writing() as session:
            expire_unpaid(session, now=self.now)
        self.run_worker()

    def release(self, count: int) -> None:
        with self.database.writing() as session:
            add_stock(session, PHONE, count, now=self.now)
            assert release_pieces(session, self.presale_id, count) == count
        self.settle()

    def settle(self) -> None:
        with self.database.writing() as session:
            settle_presale(session, self.presale_id, now=self.now)

    def end(self) -> None:
        with self.database.writing() as session:
            end_presale(session, self.presale_id)
        self.settle()

    def order_rest(self, customer_id: int) -> Placed:
        with self.database.writing() as session:
            return order_rest(session, self.presale_id, Buyer(customer_id, "party:1"), HOME, now=self.now)

    def run_worker(self) -> None:
        handlers = Handlers()
        register(handlers)
        work_off(self.database, handlers, self.now)

    def place(self, customer_id: int) -> PlaceView:
        with self.database.reading() as session:
            found = find_place(session, self.presale_id, customer_id)
        assert found is not None
        return found

    def look(self) -> PresaleView:
        with self.database.reading() as session:
            return get_presale(session, self.presale_id)

    def order(self, order_id: int) -> Mapping[str, Any]:
        return next(row for row in self.rows("customer_order") if row["id"] == order_id)

    def stock(self) -> StockCount:
        with self.database.reading() as session:
            return count_stock(session, PHONE, place=f"presale:{self.presale_id}")

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        table = Base.metadata.tables[name]
        with self.database.reading() as session:
            return [dict(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()]

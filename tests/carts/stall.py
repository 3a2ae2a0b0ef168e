"""A cart in a database: each step in a transaction of its own, as a face would."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.keys import Keys
from portal.carts import CartOf, CartView, Checkout, SellingRules, ShippingRule, check_out, get_cart, keep_details, put_in, save_quote
from portal.catalog import add_stock
from portal.orders import Placed
from tests.cast import Person

HOME = {"name": "王爱丽", "phone": "13857101234", "address": "浙江省杭州市西湖区文三路 90 号"}
EARPHONES, CABLE, SIM, ROUTER, PHONE = "accessory_earphones", "accessory_cable", "sim_card", "router_fibre", "device_redmi_note_13"
RULES = SellingRules(currency="CNY", shipping=ShippingRule(1000, 9900), pay_minutes=30, quote_days=14)
_keys = count(1)


@dataclass
class Stall:
    """One person's cart. `fill` opens it with goods that are in stock."""

    database: Database
    person: Person
    keys: Keys
    now: datetime
    rules: SellingRules = field(default_factory=lambda: RULES)

    @property
    def whose(self) -> CartOf:
        return CartOf(self.person.customer_id, f"party:{self.person.party_id}")

    def stock(self, code: str, count: int) -> None:
        with self.database.writing() as session:
            add_stock(session, code, count, now=self.now)

    def put(self, code: str, quantity: int = 1, line: int | None = None) -> None:
        with self.database.writing() as session:
            put_in(session, self.whose, code, quantity, line=line, now=self.now)

    def say(self, **details: Any) -> None:
        with self.database.writing() as session:
            keep_details(session, self.whose, details, now=self.now)

    def look(self, now: datetime | None = None) -> CartView:
        with self.database.reading() as session:
            return get_cart(session, self.whose, self.rules, party_id=self.person.party_id, now=now or self.now)

    def decided(self, total: int | None = None, *, key: str | None = None, payment: str = "online", agreed: bool = True) -> Checkout:
        shown = self.look().basket.sums.total_minor if total is None else total
        name = key or f"test-{next(_keys):08}"
        return Checkout(name, shown, payment, agreed, f"party:{self.person.party_id}", self.person.party_id)

    def order(self, checkout: Checkout | None = None, now: datetime | None = None) -> Placed:
        with self.database.writing() as session:
            return check_out(session, self.whose, self.rules, checkout or self.decided(), now=now or self.now)

    def quote(self, now: datetime | None = None) -> Any:
        with self.database.writing() as session:
            return save_quote(session, self.whose, self.rules, self.decided(), now=now or self.now)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Give this customer's rows of a table."""
        of = Base.metadata.tables[table]
        with self.database.reading() as session:
            return [dict(row) for row in session.execute(sa.select(of).where(of.c.customer_id == self.person.customer_id)).mappings()]

"""A market in a test's hands: the whole way from a cart to the money and back, and everything that must add up counted."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.base.books import check_books
from portal.base.db import Base, Database
from portal.base.events import Handlers
from portal.base.keys import Keys
from portal.base.ledger import balance
from portal.carts import CartOf, Checkout, SellingRules, ShippingRule, add_code, check_out, get_cart, keep_details, put_in
from portal.catalog import StockCount, add_stock, count_stock
from portal.codes import CodeRefused, NewBatch, Rules, approve_batch, draft_batch, expire_coupons
from portal.codes.making import open_maker
from portal.customers import NewCustomer, NewLine, create_customer
from portal.faces.worker.deliver import Delivery as Worker
from portal.orders import Placed, cancel_order, expire_unpaid, request_payment
from portal.orders.handlers import register
from portal.payments import Notice, claim_refunds, customer_account, provider_account, receive_notice
from portal.points import check_points
from portal.promotions import approve_campaign, create_campaign, expire_uses, submit_campaign

EARPHONES, CABLE = "accessory_earphones", "accessory_cable"
EARPHONES_PRICE, OFF = 39_900, 900
HOME = {"name": "王爱丽", "phone": "13857101234", "address": "浙江省杭州市西湖区文三路 90 号"}
RULES = SellingRules(currency="CNY", shipping=ShippingRule(1000, 9900), pay_minutes=30, quote_days=14)
LATER = timedelta(hours=1)
BUYERS = 24
ENDED = ("cancelled", "returned")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: a customer, with a cart of his or her own."""

    customer_id: int
    owner: str

    @property
    def whose(self) -> CartOf:
        return CartOf(self.customer_id, self.owner)


@dataclass
class Market:
    """One database with a shop, two of the staff, and customers; each step is a transaction of its own, as a face's would be."""

    database: Database
    keys: Keys
    now: datetime
    staff: tuple[int, int]
    buyers: Sequence[Buyer] = ()
    numbers: Any = field(default_factory=itertools.count)

    @property
    def url(self) -> str:
        return self.database.url.render_as_string(hide_password=False)

    def stock(self, pieces: int, code: str = EARPHONES) -> None:
        with self.database.writing() as session:
            add_stock(session, code, pieces, now=self.now)

    def campaign(self, code: str = "rush", **entries: Any) -> int:
        """Launch a campaign that takes 9.00 off accessories; give its id."""
        effect = {"kind": "amount", "amount_minor": OFF, "target": {"kinds": ["accessory"]}}
        document = {"name": {"zh": "抢购", "en": "Rush"}, "currency": "CNY", "effects": [effect], **entries}
        with self.database.writing() as session:
            made = create_campaign(session, code, document, staff_id=self.staff[0], now=self.now)
        with self.database.writing() as session:
            submit_campaign(session, code, staff_id=self.staff[0], now=self.now)
        with self.database.writing() as session:
            approve_campaign(session, code, staff_id=self.staff[1], now=self.now)
        return made

    def coupons(self, count: int, campaign: str = "rush", **rules: Any) -> list[str]:
        """Have a batch of coupons printed; give their codes."""
        new = NewBatch(
            {"zh": "券", "en": "Coupons"}, "coupon", 1_000, self.now - timedelta(days=1), self.now + timedelta(days=60),
            rules=Rules(**rules), campaign_code=campaign,
        )  # fmt: skip
        with self.database.writing() as session:
            batch_id = draft_batch(session, self.keys, new, staff_id=self.staff[0], now=self.now)
        with self.database.writing() as session:
            approve_batch(session, batch_id, staff_id=self.staff[1])
        table = Base.metadata.tables["code_batch"]
        with self.database.reading() as session:
            secret = session.execute(sa.select(table.c.secret).where(table.c.id == batch_id)).scalar_one()
        return [open_maker(self.keys, batch_id, secret).write(number) for number in range(count)]

    def fill(self, buyer: Buyer, quantity: int = 1, code: str = EARPHONES) -> None:
        """Put things into a cart that is to be sent home and paid online."""
        with self.database.writing() as session:
            put_in(session, buyer.whose, code, quantity, now=self.now)
            keep_details(session, buyer.whose, {"delivery": HOME, "payment": "online"}, now=self.now)

    def enter(self, buyer: Buyer, code: str) -> CodeRefused | None:
        with self.database.writing() as session:
            return add_code(session, self.keys, buyer.whose, code, now=self.now)

    def order(self, buyer: Buyer, key: str = "", payment: str = "online") -> Placed:
        """Order what is in the cart, at what it shows."""
        key = key or f"market-{next(self.numbers):08}"
        with self.database.reading() as session:
            total = get_cart(session, buyer.whose, RULES, now=self.now).basket.sums.total_minor
        with self.database.writing() as session:
            return check_out(session, buyer.whose, RULES, Checkout(key, total, payment, agreed=True, actor=buyer.owner), now=self.now)

    def buy(self, buyer: Buyer, quantity: int = 1, code: str = EARPHONES) -> Placed:
        """Fill a cart and order it."""
        self.fill(buyer, quantity, code)
        return self.order(buyer)

    def ask(self, buyer: Buyer, order_id: int) -> Any:
        """Ask for the money of an order; give its payment."""
        with self.database.writing() as session:
            return request_payment(session, buyer.customer_id, order_id, now=self.now)

    def say_paid(self, payment: Any, event: str = "") -> str:
        notice = Notice(event or f"event-{next(self.numbers)}", "paid", payment.merchant_ref, payment.amount_minor, "CNY", self.now)
        with self.database.writing() as session:
            return receive_notice(session, "sandbox", notice, now=self.now).outcome

    def pay(self, buyer: Buyer, order_id: int) -> None:
        """Have an order paid, and the word of it delivered."""
        self.say_paid(self.ask(buyer, order_id))
        self.deliver()

    def cancel(self, buyer: Buyer, order_id: int, actor: str = "staff:1") -> bool:
        with self.database.writing() as session:
            return cancel_order(session, buyer.customer_id, order_id, actor=actor, reason="test", now=self.now)

    def deliver(self) -> None:
        """Deliver what waits in the outbox, as the worker does."""
        handlers = Handlers()
        register(handlers)
        Worker(self.database, handlers, lambda: self.now).run()

    def sweep(self, later: timedelta = LATER) -> int:
        """Do what the jobs of each minute do, later: give up what was not paid, let go of what lapsed; give how many orders that were."""
        at = self.now + later
        with self.database.writing() as session:
            done = expire_unpaid(session, now=at, limit=1000)
        with self.database.writing() as session:
            expire_uses(session, now=at, limit=1000)
        with self.database.writing() as session:
            expire_coupons(session, now=at)
        return done

    def do_refunds(self) -> int:
        """Have the provider pay back whatever it is asked to; give how many refunds that were.

        It is asked when every lease is over: a refund whose worker was killed between asking and noting is due again by then.
        """
        with self.database.writing() as session:
            wanted = claim_refunds(session, now=max([self.now, *self._refunds_due()]), limit=1000)
        for one in wanted:
            notice = Notice(f"back-{one.id}", "refunded", one.merchant_ref, one.amount_minor, "CNY", self.now)
            with self.database.writing() as session:
                receive_notice(session, "sandbox", notice, now=self.now)
        self.deliver()
        return len(wanted)

    def _refunds_due(self) -> list[datetime]:
        return [row["next_at"] for row in self.rows("payment_refund") if row["next_at"] is not None]

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        table = Base.metadata.tables[name]
        with self.database.reading() as session:
            return [dict(row) for row in session.execute(sa.select(table)).mappings()]

    def orders(self) -> Counter[str]:
        return Counter(row["status"] for row in self.rows("customer_order"))

    def counted(self, code: str = EARPHONES) -> StockCount:
        with self.database.reading() as session:
            return count_stock(session, code)

    def uses(self) -> Counter[str]:
        """Give how many uses of campaigns stand in each status."""
        counted: Counter[str] = Counter()
        for row in self.rows("campaign_use"):
            counted[row["status"]] += row["uses"]
        return counted

    def held_uses(self) -> int:
        """Give how many uses somebody has, reserved or used; every counter says the same."""
        counted = self.uses()
        held = counted["reserved"] + counted["used"]
        counters = sum(row["uses"] for row in self.rows("campaign_counter") if row["scope"] == "all")
        assert counters == sum(row["uses"] for row in self.rows("campaign_customer")) == held
        return held

    def codes(self) -> Counter[str]:
        """Give how many codes stand in each status."""
        return Counter(row["status"] for row in self.rows("code_use"))

    def money(self) -> tuple[int, int]:
        """Give what the provider holds for us, and what all customers paid and did not get back; the ledger balances."""
        with self.database.reading() as session:
            assert [*check_books(session), *check_points(session)] == []
            customers = {row["customer_id"] for row in self.rows("customer_order")}
            paid = -sum(balance(session, customer_account(customer, "CNY")) for customer in customers)
            return balance(session, provider_account("sandbox", "CNY")), paid

    def check(self, pieces: int, code: str = EARPHONES) -> None:
        """Assert that every book agrees with the orders: stock, uses, coupons, payments and refunds, ledger."""
        orders = {row["id"]: row for row in self.rows("customer_order")}
        standing = {order_id: row for order_id, row in orders.items() if row["status"] not in ENDED}
        claimed = Counter(int(row["holder"].split(":")[1]) for row in self.rows("stock_claim") if row["offering_code"] == code)
        ordered: Counter[int] = Counter()
        for item in self.rows("order_item"):
            if item["offering_code"] == code and item["order_id"] in standing:
                ordered[item["order_id"]] += item["quantity"] - item["returned"]
        assert claimed == ordered, "each order that stands has its pieces, and nobody else has any"
        stands = self.counted(code)
        assert (stands.free + stands.reserved + stands.used, stands.free >= 0) == (pieces, True)
        with_uses = {f"order:{order_id}" for order_id, row in standing.items() if (row["promotion"] or {}).get("uses")}
        assert {row["holder"] for row in self.rows("campaign_use") if row["status"] != "released"} == with_uses
        self.held_uses()
        with_codes = {f"order:{order_id}" for order_id, row in standing.items() if (row["promotion"] or {}).get("coupons")}
        assert {row["holder"] for row in self.rows("code_use") if not row["holder"].startswith("cart:")} == with_codes
        self._check_money(orders)

    def _check_money(self, orders: Mapping[int, Mapping[str, Any]]) -> None:
        payments = {row["id"]: row for row in self.rows("payment")}
        back: Counter[int] = Counter()
        for refund in self.rows("payment_refund"):
            back[refund["payment_id"]] += refund["amount_minor"] if refund["status"] != "refused" else 0
        for payment in payments.values():
            assert 0 <= back[payment["id"]] == payment["refunded_minor"] <= payment["captured_minor"] <= payment["amount_minor"]
        for order in orders.values():
            assert 0 <= order["refunded_minor"] <= order["paid_minor"] <= order["total_minor"]
            kept = sum(
                each["captured_minor"] - each["refunded_minor"] for each in payments.values() if each["subject"] == f"order:{order['id']}"
            )
            assert kept == (order["paid_minor"] - order["refunded_minor"] if order["payment"] == "online" else 0), order["status"]
        done = sum(row["amount_minor"] for row in self.rows("payment_refund") if row["status"] == "done")
        holds = sum(row["captured_minor"] for row in payments.values()) - done
        assert self.money() == (holds, holds)


def make_buyers(database: Database, count: int = BUYERS) -> list[Buyer]:
    """Make so many customers, each with a line."""
    made = []
    for number in range(count):
        line = NewLine(f"1390000{number:04}", region="浙江 杭州")
        with database.writing() as session:
            new = create_customer(
                session, NewCustomer(name=f"买家{number}", since=date(2024, 3, 8), lines=(line,)), now=datetime(2024, 3, 8, tzinfo=UTC)
            )
        made.append(Buyer(new.customer_id, f"party:{new.party_id}"))
    return made

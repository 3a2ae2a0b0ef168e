"""A shop that sells for money, in a test's hands: priced orders placed, paid, set up, sent, given up and returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from portal.base.books import check_books
from portal.base.events import Handlers
from portal.catalog import STANDARD
from portal.faces.worker.deliver import Delivery as Worker
from portal.orders import (
    Answer,
    Placed,
    PricedItem,
    PricedOrder,
    approve_return,
    ask_return,
    claim_provisions,
    mark_paid,
    place_priced,
    provision_order,
    receive_return,
    request_payment,
    settle_provision,
    ship_order,
)
from portal.orders.handlers import register
from portal.payments import Notice, claim_refunds, receive_notice
from tests.orders.till import HOME, Till

PHONE_PRICE, BANK_PRICE, COFFEE_PRICE = 109_900, 9_900, 2_000
PHONE = PricedItem(
    "device_redmi_note_13", {"zh": "手机", "en": "Phone"}, "goods", 1, PHONE_PRICE, stocked=True, kind="device", tax_minor=12_643
)
BANK = PricedItem("gift_power_bank", {"zh": "充电宝", "en": "Power bank"}, "goods", 1, BANK_PRICE, stocked=True)
COFFEE = PricedItem("gift_coffee", {"zh": "咖啡券", "en": "Coffee voucher"}, "voucher", 1, COFFEE_PRICE, stocked=True)
PLAN = PricedItem("plan_service", {"zh": "套餐", "en": "Plan"}, "service", 1, 0, kind="plan", monthly_minor=12_800)
ADD_ON = PricedItem("device_protection", {"zh": "终端保障", "en": "Device protection"}, "service", 1, 0, kind="add_on", monthly_minor=500)


@dataclass
class Shop(Till):
    """One customer's orders for money."""

    def priced(self, *items: PricedItem, **changes: Any) -> PricedOrder:
        """Give an order of `items` to be paid online within half an hour and sent home, with `changes`."""
        new = PricedOrder(
            self.person.customer_id, items or (PHONE,), STANDARD, "CNY", "web", f"priced-{next(self.numbers)}", payment="online",
            pay_by=self.now + timedelta(minutes=30), party_id=self.person.party_id, delivery=HOME, actor=self.actor,
        )  # fmt: skip
        return replace(new, **changes)

    def sell(self, *items: PricedItem, **changes: Any) -> Placed:
        return self.send_priced(self.priced(*items, **changes))

    def send_priced(self, new: PricedOrder) -> Placed:
        with self.database.writing() as session:
            return place_priced(session, new, now=self.now)

    def pay(self, placed: Placed, *, event: str = "", amount: int | None = None) -> str:
        """Ask for the money, and have the provider say that it came; the worker delivers the word of it."""
        with self.database.writing() as session:
            payment = request_payment(session, self.person.customer_id, placed.order_id, now=self.now)
        return self.say_paid(payment.merchant_ref, amount or payment.amount_minor, event)

    def say_paid(self, merchant_ref: str, amount: int, event: str = "") -> str:
        notice = Notice(event or f"event-{next(self.numbers)}", "paid", merchant_ref, amount, "CNY", self.now)
        with self.database.writing() as session:
            outcome = receive_notice(session, "sandbox", notice, now=self.now).outcome
        self.run_worker()
        return outcome

    def mark(self, placed: Placed, amount: int, actor: str = "staff:1") -> bool:
        with self.database.writing() as session:
            return mark_paid(session, self.person.customer_id, placed.order_id, amount, actor=actor, now=self.now)

    def bss(self, *ends: str, **more: Any) -> list[str]:
        """Have the billing system answer whatever it is asked now, in turn; give how each stands."""
        with self.database.writing() as session:
            claimed = claim_provisions(session, now=self.now)
        told = []
        for one, end in zip(claimed, ends, strict=True):
            with self.database.writing() as session:
                told.append(settle_provision(session, one, Answer(end, "BSS-1", **more), now=self.now))  # type: ignore[arg-type]
        return told

    def set_up(self, placed: Placed, numbers: Mapping[int, str] | None = None) -> bool:
        with self.database.writing() as session:
            return provision_order(
                session, self.person.customer_id, placed.order_id, actor="staff:1", numbers=numbers or {}, external_ref="K-7", now=self.now
            )

    def ship(self, placed: Placed, tracking: str = "SF1234567890") -> bool:
        with self.database.writing() as session:
            return ship_order(session, placed.order_id, actor="staff:1", tracking=tracking, now=self.now)

    def bring_back(self, placed: Placed, pieces: Mapping[int, int], *, key: str = "", now: datetime | None = None) -> int:
        """Ask, approve and receive a return; give its id."""
        at = now or self.now
        with self.database.writing() as session:
            asked = ask_return(
                session, self.person.customer_id, placed.order_id, pieces, reason="too big", key=key or f"r{next(self.numbers)}",
                actor=self.actor, now=at,
            )  # fmt: skip
        with self.database.writing() as session:
            approve_return(session, self.person.customer_id, asked.id, actor="staff:1", now=at)
        with self.database.writing() as session:
            receive_return(session, self.person.customer_id, asked.id, actor="staff:2", now=at)
        self.run_worker()
        return asked.id

    def do_refunds(self) -> int:
        """Have the provider pay back whatever it is asked to; give how many refunds that were."""
        with self.database.writing() as session:
            wanted = claim_refunds(session, now=self.now, limit=20)
        for number, one in enumerate(wanted):
            notice = Notice(f"back-{one.id}-{number}", "refunded", one.merchant_ref, one.amount_minor, "CNY", self.now)
            with self.database.writing() as session:
                receive_notice(session, "sandbox", notice, now=self.now)
        self.run_worker()
        return len(wanted)

    def status(self, placed: Placed) -> str:
        return self.look(placed.order_id).summary.status

    def task(self, placed: Placed) -> tuple[str, str] | None:
        """Give what an order waits for and whose that is."""
        rows = [row for row in self.rows("order_work") if row["order_id"] == placed.order_id]
        return (rows[0]["task"], rows[0]["role"]) if rows else None

    def refunds(self) -> dict[str, int]:
        """Give what is to go back or went back, by its reference."""
        return {row["refund_ref"]: row["amount_minor"] for row in self.rows("payment_refund")}

    def uses(self) -> dict[str, int]:
        """Give how many uses of campaigns stand in each status."""
        counted: dict[str, int] = {}
        for row in self.rows("campaign_use"):
            counted[row["status"]] = counted.get(row["status"], 0) + row["uses"]
        return counted

    def kinds(self, placed: Placed) -> list[str]:
        return [step.kind for step in self.look(placed.order_id).steps]

    def run_worker(self) -> None:
        handlers = Handlers()
        register(handlers)
        Worker(self.database, handlers, lambda: self.now).run()

    def books(self) -> list[Any]:
        with self.database.reading() as session:
            return list(check_books(session))

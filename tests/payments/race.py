"""What processes do at once with one payment; and the same done wrongly, by looking first and writing later."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.adapters.payment.sandbox import SandboxProvider
from portal.base.db import Base, Database
from portal.base.driver import FrequentStatement
from portal.base.settings import Settings
from portal.faces.paying import Payer
from portal.payments import (
    NewPayment,
    Notice,
    PaymentRequest,
    RefundReported,
    RefundRequest,
    RefundTooLarge,
    claim_payments,
    close_payment,
    create_payment,
    receive_notice,
    refund,
)

PAUSE_SECONDS = 0.05


def say(database: Database, index: int, ref: str, amount: int, event_ids: list[str], now: datetime) -> str:
    """Tell that it is paid, under the id that is this process's."""
    notice = Notice(event_ids[index % len(event_ids)], "paid", ref, amount, "CNY", now)
    with database.writing() as session:
        return receive_notice(session, "sandbox", notice, now=now).outcome


def say_unguarded(database: Database, index: int, ref: str, amount: int, event_ids: list[str], now: datetime) -> str:
    """The mutant: looks whether it is open, and then takes the money in whatever it is by then."""
    from portal.payments import receiving

    payment = Base.metadata.tables["payment"]
    with database.reading() as session:
        status = session.execute(sa.select(payment.c.status).where(payment.c.merchant_ref == ref)).scalar_one()
    time.sleep(PAUSE_SECONDS)
    if status != "pending":
        return "known"
    kept = receiving._pay
    anyway = FrequentStatement(sa.update(payment).where(payment.c.id == sa.bindparam("of_id")).values(status="paid", **receiving._arrived))
    vars(receiving)["_pay"] = anyway
    try:
        return say(database, index, ref, amount, event_ids, now)
    finally:
        vars(receiving)["_pay"] = kept


def say_or_close(database: Database, index: int, subject: str, ref: str, amount: int, now: datetime) -> str:
    """Tell that it is paid, or close it, by turns."""
    if index % 2:
        return say(database, index, ref, amount, [f"evt_{ref}_{index}"], now)
    with database.writing() as session:
        found = close_payment(session, subject, now=now)
    assert found is not None
    return f"closed {found.status}"


def give_back(database: Database, index: int, subject: str, refs: list[str], amount: int, now: datetime) -> str:
    """Have money go back, under the reference that is this process's."""
    try:
        with database.writing() as session:
            refund(session, subject, refs[index % len(refs)], amount, reason="cancel", now=now)
    except RefundTooLarge:
        return "too large"
    return "wanted"


def give_back_unguarded(database: Database, index: int, subject: str, refs: list[str], amount: int, now: datetime) -> str:
    """The mutant: looks how much is left, and then writes what should be left of it."""
    from portal.payments import refunds

    payment = Base.metadata.tables["payment"]
    with database.reading() as session:
        row = session.execute(sa.select(payment.c.captured_minor, payment.c.refunded_minor).where(payment.c.subject == subject)).one()
    time.sleep(PAUSE_SECONDS)
    if row.captured_minor - row.refunded_minor < amount:
        return "too large"
    kept = refunds._set_aside
    total = row.refunded_minor + amount
    vars(refunds)["_set_aside"] = sa.update(payment).where(payment.c.id == sa.bindparam("of_id")).values(refunded_minor=total)
    try:
        return give_back(database, index, subject, refs, amount, now)
    finally:
        vars(refunds)["_set_aside"] = kept


def ask_same(database: Database, index: int, customer_id: int, now: datetime) -> int:
    """Ask for the money of the very subject the others ask for, too."""
    new = NewPayment(customer_id, "order:same", 100, "CNY", "x", now + timedelta(minutes=5))
    with database.writing() as session:
        return create_payment(session, new, now=now).id


def claim(database: Database, index: int, now: datetime) -> list[int]:
    """Take what is due, five at a time."""
    found: list[int] = []
    while True:
        with database.writing() as session:
            claimed = claim_payments(session, now=now, limit=5)
        if not claimed:
            return found
        found += [each.id for each in claimed]


class Dying(SandboxProvider):
    """Is killed as soon as the provider has done what was asked."""

    def create(self, request: PaymentRequest) -> Mapping[str, Any]:
        super().create(request)
        os.kill(os.getpid(), signal.SIGKILL)
        return {}

    def refund(self, request: RefundRequest) -> RefundReported:
        super().refund(request)
        os.kill(os.getpid(), signal.SIGKILL)
        return RefundReported("unknown")


def die(url: str, address: str, secret: str, now: datetime) -> None:
    """Do what is due, and be killed between the provider's doing and our noting it."""
    database = Database(url)
    settings = Settings(env="test", log_json=False)
    provider = Dying(address, (secret,), settings.zone, clock=lambda: now)
    Payer(database, {"sandbox": provider}, settings, lambda: now).run()

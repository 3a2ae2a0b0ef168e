"""Paying an order of the web's: asked for, opened, and told as paid by a notification signed as the sandbox provider signs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bench.sets import BenchError
from portal.adapters.payment.sandbox import SIGNATURE, SandboxProvider, seal
from portal.base.db import Database
from portal.base.ids import new_token
from portal.orders import request_payment
from portal.payments import PaymentView, claim_payment, receive_notice, settle_opened

_SECRET = "only for measuring"  # pragma: allowlist secret
_PROVIDER = SandboxProvider("http://127.0.0.1:9", (_SECRET,), ZoneInfo("Asia/Shanghai"))

Transaction = Callable[[], AbstractContextManager[Session]]


def pay(database: Database, customer_id: int, order_id: int, now: datetime) -> None:
    """Pay an order; the call that opens the payment at the provider is left out, all else is done as the web does it."""
    payment = ask(database, customer_id, order_id, now)
    be_told(database, payment, now)


def ask(database: Database, customer_id: int, order_id: int, now: datetime) -> PaymentView:
    """Ask for an order's money and note where it is paid."""
    with database.writing() as session:
        payment = request_payment(session, customer_id, order_id, provider="sandbox", now=now)
    with database.writing() as session:
        claimed = claim_payment(session, payment.id, now=now)
    if claimed is not None:
        with database.writing() as session:
            settle_opened(session, claimed, {"kind": "redirect", "url": f"http://127.0.0.1:9/pay/{payment.merchant_ref}"}, now=now)
    return payment


def be_told(database: Database, payment: PaymentView, now: datetime) -> None:
    """Take in the provider's notification: its signature checked, its word written down."""
    raw, header = notification(payment, now)
    notice = _PROVIDER.parse_notification(raw, {SIGNATURE: header}, now=now)
    with database.writing() as session:
        received = receive_notice(session, "sandbox", notice, now=now)
    if received.outcome != "applied":
        raise BenchError(f"a payment was told and {received.outcome}")


def notification(payment: PaymentView, now: datetime) -> tuple[bytes, str]:
    """Give the bytes of a notification that a payment was paid, and its signature."""
    said = {
        "id": new_token(12), "kind": "paid", "reference": payment.merchant_ref, "amount_minor": payment.amount_minor,
        "currency": payment.currency, "occurred_at": now.timestamp(), "provider_ref": f"S{payment.id}",
    }  # fmt: skip
    raw, at, ident = json.dumps(said).encode(), str(int(now.timestamp())), new_token(8)
    return raw, f"t={at},id={ident},v1={seal(_SECRET, at, ident, 'notification', raw)}"

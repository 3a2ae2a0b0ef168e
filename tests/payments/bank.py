"""A sandbox of the test's own in a thread, and a till before it: the test holds the clock of both."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from werkzeug.serving import make_server

from portal.adapters.payment.sandbox import SandboxProvider
from portal.base.books import check_books
from portal.base.db import Base, Database
from portal.base.ledger import balance
from portal.base.settings import Settings
from portal.faces.paying import Payer
from portal.payments import (
    NewPayment,
    NotGenuine,
    PaymentView,
    Received,
    RefundView,
    close_payment,
    create_payment,
    customer_account,
    find_payment_of,
    provider_account,
    receive_notice,
    refund,
)
from sandbox import SIGNATURE, create_sandbox, sign
from sandbox.store import Store

SECRET = "what the sandbox and the till both know"  # pragma: allowlist secret
FORMER = "what they both knew before that"  # pragma: allowlist secret


@dataclass
class Moment:
    """The present, as the test sets it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def go_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Bank:
    """The sandbox, and the portal's side of it, on one database."""

    database: Database
    customer_id: int
    settings: Settings
    moment: Moment
    store: Store
    address: str
    secrets: tuple[str, ...] = (SECRET,)
    provider: SandboxProvider = field(init=False)
    payer: Payer = field(init=False)

    def __post_init__(self) -> None:
        self.provider = SandboxProvider(self.address, self.secrets, self.settings.zone, clock=self.moment)
        self.payer = Payer(self.database, {"sandbox": self.provider}, self.settings, self.moment)

    def ask(self, subject: str = "order:1", amount: Any = 12_345, *, minutes: float = 30, currency: str = "CNY") -> PaymentView:
        """Ask for money."""
        expires = self.moment.now + timedelta(minutes=minutes)
        new = NewPayment(self.customer_id, subject, amount, currency, "Two thermos flasks", expires)
        with self.database.writing() as session:
            return create_payment(session, new, now=self.moment.now)

    def open(self, subject: str = "order:1", amount: int = 12_345, **more: Any) -> PaymentView:
        """Ask for money, and have the provider asked."""
        return self.payer.open_now(self.ask(subject, amount, **more).id)

    def look(self, subject: str = "order:1") -> PaymentView:
        """Give the payment of a subject."""
        with self.database.reading() as session:
            found = find_payment_of(session, subject)
        assert found is not None
        return found

    def pay(self, subject: str = "order:1", *, late: bool = False) -> bool:
        """Pay at the sandbox's page."""
        return self.store.pay(self.look(subject).merchant_ref, self.moment.seconds(), even_if_over=late)

    def close(self, subject: str = "order:1") -> PaymentView | None:
        """Ask for it no longer."""
        with self.database.writing() as session:
            return close_payment(session, subject, now=self.moment.now)

    def refund(self, amount: int, ref: str = "order:1:cancel", subject: str = "order:1") -> RefundView:
        """Have money go back."""
        with self.database.writing() as session:
            return refund(session, subject, ref, amount, reason="cancel", now=self.moment.now)

    def notices(self) -> list[tuple[bytes, dict[str, str]]]:
        """Give the notifications that are due, as they come: raw bytes and headers."""
        found = []
        for row in self.store.take_due(self.moment.seconds()):
            raw = row["body"].encode()
            secret = "somebody else's" if row["forged"] else self.secrets[0]
            found.append((raw, {SIGNATURE: sign(secret, "notification", raw, at=int(self.moment.seconds()), ident=row["id"])}))
            self.store.note_answer(row, "200", taken=True, now=self.moment.seconds())
        return found

    def take(self, raw: bytes, headers: dict[str, str]) -> Received:
        """Take a notification in as the route does."""
        notice = self.provider.parse_notification(raw, headers, now=self.moment.now)
        with self.database.writing() as session:
            return receive_notice(session, "sandbox", notice, now=self.moment.now)

    def tell(self) -> list[str]:
        """Have all notifications that are due delivered; give what became of them."""
        outcomes = []
        for raw, headers in self.notices():
            try:
                outcomes.append(self.take(raw, headers).outcome)
            except NotGenuine as refused:
                outcomes.append(f"refused: {refused}")
        return outcomes

    def signed(self, **facts: Any) -> tuple[bytes, dict[str, str]]:
        """Give a genuine notification that says this."""
        found = self.look()
        said = {
            "id": "evt_made", "kind": "paid", "reference": found.merchant_ref, "provider_ref": "S1", "amount_minor": found.amount_minor,
            "currency": found.currency, "occurred_at": self.moment.seconds(),
        } | facts  # fmt: skip
        raw = json.dumps(said).encode()
        return raw, {SIGNATURE: sign(self.secrets[0], "notification", raw, at=int(self.moment.seconds()), ident=said["id"])}

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Give what payments told others, in order."""
        outbox = Base.metadata.tables["outbox_event"]
        with self.database.reading() as session:
            rows = session.execute(sa.select(outbox.c.type, outbox.c.payload).order_by(outbox.c.id)).all()
        return [(row.type.removeprefix("payments."), row.payload) for row in rows if row.type.startswith("payments.")]

    def kinds(self) -> list[str]:
        """Give the names of what was told."""
        return [kind for kind, _ in self.told()]

    def outcomes(self) -> list[tuple[str, str, str]]:
        """Give what was written down of the provider's words: kind, source and outcome."""
        event = Base.metadata.tables["payment_event"]
        with self.database.reading() as session:
            return [
                tuple(row)
                for row in session.execute(sa.select(event.c.kind, event.c.source, event.c.outcome).order_by(event.c.received_at))
            ]

    def books(self) -> tuple[int, int]:
        """Give what the provider holds and what came from the customer; the books hold."""
        with self.database.reading() as session:
            assert list(check_books(session)) == []
            return balance(session, provider_account("sandbox", "CNY")), balance(session, customer_account(self.customer_id, "CNY"))


@contextlib.contextmanager
def sandbox_in_a_thread(path: Path, moment: Moment, secrets: tuple[str, ...] = (SECRET,)) -> Iterator[tuple[Store, str]]:
    """Run a sandbox on a free port; give what it knows, and its address."""
    app = create_sandbox(path, secrets, "http://sandbox.example", clock=moment.seconds)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield app.extensions["sandbox"]["store"], f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def moment_of(now: datetime) -> Moment:
    """Start the test's clock."""
    return Moment(now.astimezone(UTC))

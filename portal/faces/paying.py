"""Asking providers what payments want asked: claimed in one transaction, asked outside any, settled in another.

The worker does it for all that is due, and a page for the one payment somebody has just chosen to make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from portal.base.db import Database
from portal.base.ids import to_ref
from portal.base.settings import Settings
from portal.payments import (
    PaymentProvider,
    PaymentRequest,
    PaymentView,
    ProviderAway,
    ProviderRefused,
    RefundReported,
    RefundRequest,
    RefundView,
    claim_payment,
    claim_payments,
    claim_refunds,
    get_payment,
    is_call_due,
    settle_away,
    settle_opened,
    settle_refund,
    settle_refused,
    settle_reported,
)

log = structlog.get_logger()

BATCH = 20
AT_ONCE = 8  # a provider that is slow holds up a few of its own questions
RETURN_PATH = "/payments/{ref}"
"""Where a provider sends the customer back to, whatever became of it."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Carries what the payments of `database` want to `providers`; `clock` gives the present moment."""

    database: Database
    providers: Mapping[str, PaymentProvider]
    settings: Settings
    clock: Callable[[], datetime]

    def run(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Ask all that is due, or until `stopping()`; give how many questions were answered."""
        count = 0
        with self.database.reading() as session:
            if not self.providers or not is_call_due(session, now=self.clock()):
                return 0
        while not stopping():
            with self.database.writing() as session:
                payments = claim_payments(session, now=self.clock(), limit=BATCH)
                refunds = claim_refunds(session, now=self.clock(), limit=BATCH)
            if not payments and not refunds:
                break
            with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pay") as pool:
                count += sum(pool.map(self._ask, payments)) + sum(pool.map(self._ask_refund, refunds))
        return count

    def open_now(self, payment_id: int) -> PaymentView:
        """Open one payment while somebody waits, and give it as it is then: without `action` where the provider is away."""
        with self.database.writing() as session:
            claimed = claim_payment(session, payment_id, now=self.clock())
        if claimed is not None:
            self._ask(claimed)
        with self.database.reading() as session:
            return get_payment(session, payment_id)

    def _ask(self, claimed: PaymentView) -> bool:
        try:
            provider = self._provider(claimed)
            if claimed.status == "created" and self.clock() < claimed.expires_at:
                self._open(provider, claimed)
                return True
            said = provider.close(claimed.merchant_ref) if claimed.status == "closing" else provider.query(claimed.merchant_ref)
        except ProviderRefused as refused:
            self._note("payment_refused", claimed.id, refused)
            with self.database.writing() as session:
                (settle_refused if claimed.status == "created" else settle_away)(session, claimed, now=self.clock())
            return True
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on and this one is tried again
            self._note("provider_away", claimed.id, error)
            with self.database.writing() as session:
                settle_away(session, claimed, now=self.clock())
            return False
        with self.database.writing() as session:
            settle_reported(session, claimed, said, now=self.clock())
        return True

    def _open(self, provider: PaymentProvider, claimed: PaymentView) -> None:
        base = self.settings.base_url.rstrip("/")
        request = PaymentRequest(
            claimed.merchant_ref, claimed.amount_minor, claimed.currency, claimed.description, claimed.created_at, claimed.expires_at,
            self._notify_url(claimed.provider), base + RETURN_PATH.format(ref=to_ref(claimed.id)),
        )  # fmt: skip
        action = dict(provider.create(request))
        with self.database.writing() as session:
            settle_opened(session, claimed, action, now=self.clock())

    def _ask_refund(self, claimed: RefundView) -> bool:
        with self.database.reading() as session:
            paid = get_payment(session, claimed.payment_id)
        said: RefundReported | None = None
        try:
            said = self._refund(claimed, paid)
        except ProviderRefused as refused:
            self._note("refund_refused", claimed.id, refused)
            said = RefundReported("refused", error=str(refused)[:80])
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on and this one is tried again
            self._note("provider_away", claimed.id, error)
        with self.database.writing() as session:
            settle_refund(session, claimed, paid, said, now=self.clock())
        return said is not None

    def _refund(self, claimed: RefundView, paid: PaymentView) -> RefundReported:
        provider = self._provider(paid)
        if claimed.status == "asked":
            return provider.query_refund(paid.merchant_ref, claimed.merchant_ref)
        return provider.refund(
            RefundRequest(
                paid.merchant_ref, claimed.merchant_ref, claimed.amount_minor, paid.captured_minor, paid.currency, claimed.reason,
                self._notify_url(paid.provider),
            )
        )  # fmt: skip

    def _provider(self, of: PaymentView) -> PaymentProvider:
        found = self.providers.get(of.provider)
        if found is None:
            raise ProviderAway("not set up any more")
        return found

    def _notify_url(self, provider: str) -> str:
        base = self.settings.payment_notify_url or self.settings.base_url
        return f"{base.rstrip('/')}/payments/{provider}/notifications"

    def _note(self, what: str, which: int, error: Exception) -> None:
        log.warning(what, id=which, kind=type(error).__name__, said=str(error)[:200])


def pay_origins(settings: Settings) -> tuple[str, ...]:
    """Give the origins a form of ours may lead on to when somebody pays (`g.form_targets`; CSP form-action)."""
    addresses = {"sandbox": settings.sandbox_url, "alipay": settings.alipay_gateway, "wechat": "https://wx.tenpay.com"}
    found = [urlsplit(addresses[name]) for name in settings.payment_providers]
    return tuple(f"{each.scheme}://{each.netloc}" for each in found)

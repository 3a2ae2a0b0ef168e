"""What a provider of payments does for us, whoever it is. Adapters stand in portal/adapters/payment/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

NoticeKind = Literal["paid", "closed", "refunded", "refund_failed", "refund_sum"]
"""`refund_sum`: what went back of a payment so far, all refunds together; it settles none of them."""
State = Literal["unpaid", "paid", "closed", "unknown"]
RefundState = Literal["done", "pending", "refused", "unknown"]


class ProviderAway(Exception):
    """No answer, or none that says anything: whether it was done is not known. It is tried again under the same reference."""


class ProviderRefused(Exception):
    """A plain no. The text is the provider's code."""


class NotGenuine(Exception):
    """What came is not the provider's word to us: signature, age, merchant or form is wrong. The text says which."""


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What is asked for. `merchant_ref` is ours and used once: asking again with it changes nothing."""

    merchant_ref: str
    amount_minor: int
    currency: str
    description: str
    created_at: datetime
    expires_at: datetime
    notify_url: str
    return_url: str


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What is to go back, under a reference of ours that is used once."""

    merchant_ref: str
    refund_ref: str
    amount_minor: int
    total_minor: int
    currency: str
    reason: str
    notify_url: str


@dataclass(frozen=True, slots=True)
class Reported:
    """How a payment stands with the provider."""

    state: State
    amount_minor: int = 0
    currency: str = ""
    provider_ref: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundReported:
    """How a refund stands with the provider. `error`: its code for a refused one."""

    state: RefundState
    amount_minor: int = 0
    currency: str = ""
    provider_ref: str | None = None
    occurred_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A provider's word, found genuine and fresh. `reference`: ours, of the payment or, for refunds, of the refund."""

    event_id: str
    kind: NoticeKind
    reference: str
    amount_minor: int
    currency: str
    occurred_at: datetime
    provider_ref: str | None = None
    digest: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a day's bill. `kind`: payment or refund; `reference`: ours."""

    kind: Literal["payment", "refund"]
    reference: str
    provider_ref: str | None
    amount_minor: int
    currency: str
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What to answer to a notification."""

    status: int
    content_type: str
    body: bytes


class PaymentProvider(Protocol):
    """One provider. Calls take seconds at most, and never happen inside a transaction.

    All but `parse_notification` and `acknowledge` go outside, and raise ProviderAway or ProviderRefused.
    """

    @property
    def name(self) -> str:
        """What it is called: sandbox | wechat | alipay."""
        ...

    def create(self, request: PaymentRequest) -> Mapping[str, Any]:
        """Ask for money; give the action: `{"kind": "redirect" | "qr" | "form", "url": …}`."""
        ...

    def query(self, merchant_ref: str) -> Reported:
        """Ask how a payment stands; `unknown` for one the provider does not have."""
        ...

    def close(self, merchant_ref: str) -> Reported:
        """End a payment that is not paid; give how it stands then. Unknown to the provider counts as closed."""
        ...

    def refund(self, request: RefundRequest) -> RefundReported:
        """Ask for money to go back."""
        ...

    def query_refund(self, merchant_ref: str, refund_ref: str) -> RefundReported:
        """Ask how a refund stands."""
        ...

    def parse_notification(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:
        """Read a notification from its raw bytes; raises NotGenuine."""
        ...

    def acknowledge(self, outcome: str) -> Acknowledgement:
        """Give the answer to a notification whose outcome is this; `refused` for one that is not genuine."""
        ...

    def fetch_bill(self, day: date) -> Iterator[BillLine] | None:
        """Give the lines of a day's bill as they come; None while there is none for that day."""
        ...

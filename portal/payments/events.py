"""What payments tell other capabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.base.events import Event


@dataclass(frozen=True, slots=True)
class PaymentEventOf(Event):
    """Something happened to the money of one subject (such as `order:42`); its events are delivered in their order."""

    customer_id: int
    subject: str
    merchant_ref: str
    amount_minor: int
    currency: str

    @property
    def aggregate(self) -> str:
        """What is paid for."""
        return f"payment:{self.subject}"


@dataclass(frozen=True, slots=True)
class PaymentPaid(PaymentEventOf):
    """The whole amount arrived. `late`: after the payment was closed; it goes back by itself and buys nothing."""

    type: ClassVar[str] = "payments.payment_paid"
    late: bool = False


@dataclass(frozen=True, slots=True)
class PaymentClosed(PaymentEventOf):
    """Nothing was paid and nothing will be. `reason`: `asked` (somebody closed it) or `expired`."""

    type: ClassVar[str] = "payments.payment_closed"
    reason: str = "asked"


@dataclass(frozen=True, slots=True)
class RefundDone(PaymentEventOf):
    """Money went back. `refund_ref` is the caller's own reference; `late` ones are refunds payments asked for themselves."""

    type: ClassVar[str] = "payments.refund_done"
    refund_ref: str = ""


@dataclass(frozen=True, slots=True)
class RefundRefused(PaymentEventOf):
    """The provider will not give the money back; a person has to. `error` is the provider's code."""

    type: ClassVar[str] = "payments.refund_refused"
    refund_ref: str = ""
    error: str = ""

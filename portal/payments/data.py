"""What is asked of payments, and how they show themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class NewPayment:
    """Money to be asked for. `subject`: what it is for, such as `order:42`. `provider`: None for the first one set up."""

    customer_id: int
    subject: str
    amount_minor: int
    currency: str
    description: str
    expires_at: datetime
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment. `status`: created | pending | paid | closing | closed; `action`: where the customer pays, once pending."""

    id: int
    provider: str
    merchant_ref: str
    customer_id: int
    subject: str
    description: str
    amount_minor: int
    currency: str
    status: str
    action: Mapping[str, Any] | None
    provider_ref: str | None
    captured_minor: int
    refunded_minor: int
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    ended_at: datetime | None
    next_query_at: datetime | None
    queries: int

    @property
    def is_paid(self) -> bool:
        """The money is here and counts."""
        return self.status == "paid"

    @property
    def is_open(self) -> bool:
        """It can still be paid."""
        return self.status in ("created", "pending")

    @property
    def is_late(self) -> bool:
        """The money came after it was closed, and goes back."""
        return self.captured_minor > 0 and not self.is_paid


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money on its way back. `status`: wanted | asked | done | refused. `merchant_ref`: what the provider knows it by."""

    id: int
    payment_id: int
    refund_ref: str
    merchant_ref: str
    amount_minor: int
    reason: str
    status: str
    provider_ref: str | None
    attempts: int
    next_at: datetime | None
    wanted_at: datetime
    ended_at: datetime | None
    error: str | None

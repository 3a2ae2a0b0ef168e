"""What billing tells the capabilities above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.base.events import CustomerEvent


@dataclass(frozen=True, slots=True)
class BillIssued(CustomerEvent):
    """A month was billed. `cycle_start` and `due_on` are ISO dates."""

    type: ClassVar[str] = "billing.bill_issued"
    bill_id: int
    cycle_start: str
    due_on: str
    total_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class BillPaid(CustomerEvent):
    """An amount was paid towards a bill; `open_minor` is what is still left of it, `channel` where it was paid."""

    type: ClassVar[str] = "billing.bill_paid"
    bill_id: int
    amount_minor: int
    open_minor: int
    currency: str
    reference: str
    channel: str = "web"

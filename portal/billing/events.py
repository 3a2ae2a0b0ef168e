"""What billing tells the capabilities above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.base.events import Event


@dataclass(frozen=True, slots=True)
class BillIssued(Event):
    """A month was billed. `cycle_start` and `due_on` are ISO dates."""

    type: ClassVar[str] = "billing.bill_issued"
    customer_id: int
    bill_id: int
    cycle_start: str
    due_on: str
    total_minor: int
    currency: str

    @property
    def aggregate(self) -> str:
        """The customer: its events stay in order."""
        return f"customer:{self.customer_id}"


@dataclass(frozen=True, slots=True)
class BillPaid(Event):
    """An amount was paid towards a bill; `open_minor` is what is still left of it, `channel` where it was paid."""

    type: ClassVar[str] = "billing.bill_paid"
    customer_id: int
    bill_id: int
    amount_minor: int
    open_minor: int
    currency: str
    reference: str
    channel: str = "web"

    @property
    def aggregate(self) -> str:
        """The customer: its events stay in order."""
        return f"customer:{self.customer_id}"

"""What points tell the capabilities above them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.base.events import Event


@dataclass(frozen=True, slots=True)
class PointsEarned(Event):
    """Points came in. `reason` is an earning rule's code or `grant`; `expires_on` an ISO date."""

    type: ClassVar[str] = "points.earned"
    customer_id: int
    purse: str
    reason: str
    amount: int
    expires_on: str

    @property
    def aggregate(self) -> str:
        """The customer: its events stay in order."""
        return f"customer:{self.customer_id}"


@dataclass(frozen=True, slots=True)
class PointsExpired(Event):
    """Points ran out of time."""

    type: ClassVar[str] = "points.expired"
    customer_id: int
    purse: str
    amount: int

    @property
    def aggregate(self) -> str:
        """The customer: its events stay in order."""
        return f"customer:{self.customer_id}"

"""What happened to customers that others may want to hear of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.base.events import CustomerEvent


@dataclass(frozen=True, slots=True)
class NumberFreed(CustomerEvent):
    """A line's user held a number no more: it went to somebody else, to another line, or to nobody. `freed_at`: when, as ISO text."""

    type: ClassVar[str] = "customers.number_freed"
    number: str
    subscription_id: int
    party_id: int
    freed_at: str

"""Who is looking at a customer, and how much of it is theirs to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Viewer:
    """One look at one customer. Cards are built for a viewer; templates decide nothing about access.

    `lines`: the subscriptions in sight, None for all (a member of the account sees the own line only).
    `money`: bills and the account are in sight. `full`: personal data is shown unmasked.
    """

    audience: Literal["subscriber", "staff"]
    actor: str  # "party:9" or "staff:7", as in the audit log
    customer_id: int
    lines: frozenset[int] | None = None
    money: bool = True
    full: bool = True

    def sees_line(self, subscription_id: int | None) -> bool:
        """Say whether something of this subscription (None: of the customer as a whole) is in sight."""
        return self.lines is None or subscription_id in self.lines

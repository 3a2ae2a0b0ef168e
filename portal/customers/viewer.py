"""Who is looking at a customer, and how much of it is theirs to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from portal.customers.rights import EVERYTHING


@dataclass(frozen=True, slots=True)
class Viewer:
    """One look at one customer. Cards are built for a viewer; templates decide nothing about access.

    `lines`: the subscriptions in sight, None for all (a member of the account sees the own line only).
    `rights`: what else is in sight, by the names of RIGHTS. `full`: personal data is shown unmasked.
    """

    audience: Literal["subscriber", "staff"]
    actor: str  # "party:9" or "staff:7", as in the audit log
    customer_id: int
    lines: frozenset[int] | None = None
    rights: frozenset[str] = EVERYTHING
    full: bool = True

    @property
    def money(self) -> bool:
        """Bills and the account are in sight."""
        return "bills" in self.rights

    @property
    def whole(self) -> bool:
        """Nothing of the customer is out of sight: what concerns it as a whole may be told."""
        return self.lines is None and self.rights >= EVERYTHING

    def may(self, right: str) -> bool:
        """Say whether the viewer has this right (a name of RIGHTS)."""
        return right in self.rights

    def sees_line(self, subscription_id: int | None) -> bool:
        """Say whether something of this subscription (None: of the customer as a whole) is in sight."""
        if subscription_id is None:
            return self.whole
        return self.lines is None or subscription_id in self.lines

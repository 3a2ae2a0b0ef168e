"""What pre-sales say after the fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.base.events import Event


@dataclass(frozen=True, slots=True)
class RestInvited(Event):
    """Somebody was invited to pay the rest: a piece is kept for them."""

    type: ClassVar[str] = "presales.rest_invited"
    presale_id: int
    customer_id: int

    @property
    def aggregate(self) -> str:
        """The customer in this pre-sale: nobody is told later because another cannot be told."""
        return f"presale_place:{self.presale_id}:{self.customer_id}"

"""What flash sales say after the fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.base.events import Event


@dataclass(frozen=True, slots=True)
class PieceKept(Event):
    """Somebody was let into a sale: a piece is kept for them."""

    type: ClassVar[str] = "flashsales.piece_kept"
    sale_id: int
    customer_id: int

    @property
    def aggregate(self) -> str:
        """The customer in this sale: nobody is told later because another cannot be told."""
        return f"flash_entry:{self.sale_id}:{self.customer_id}"

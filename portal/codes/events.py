"""What codes tell other capabilities. A code itself is never told: its batch and number say which it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.base.events import CustomerEvent


@dataclass(frozen=True, slots=True)
class CodeRedeemed(CustomerEvent):
    """A customer redeemed a prize code, whatever it won. `reference` names the code for good: `code:3:1207`."""

    type: ClassVar[str] = "codes.code_redeemed"
    batch_id: int
    number: int
    reference: str
    channel: str
    prize: int | None


@dataclass(frozen=True, slots=True)
class PrizeWon(CustomerEvent):
    """A redeemed code won something that is to be given: points, or an offering at no price (`party_id`: who redeemed it)."""

    type: ClassVar[str] = "codes.prize_won"
    batch_id: int
    number: int
    reference: str
    channel: str
    actor: str
    party_id: int | None
    points: int
    offering_code: str | None

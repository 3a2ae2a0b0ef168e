"""What happened at the door and at the counter that others may want to hear of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.base.events import CustomerEvent, Event


@dataclass(frozen=True, slots=True)
class Visited(CustomerEvent):
    """Somebody who acts for a customer came by on a channel, on a day (ISO date): signed in, or came back on a new day."""

    type: ClassVar[str] = "identity.visited"
    channel: str
    day: str


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    """A person's sign-in is over, whatever ended it: `by` is owner, replaced, expired, staff, password, employer, sim_change or number."""

    type: ClassVar[str] = "identity.session_ended"
    session_id: int
    party_id: int
    by: str

    @property
    def aggregate(self) -> str:
        """The session."""
        return f"session:{self.session_id}"


@dataclass(frozen=True, slots=True)
class FactorChanged(Event):
    """A person changed how they sign in, in a session that goes on; its others are over."""

    type: ClassVar[str] = "identity.factor_changed"
    party_id: int
    session_id: int

    @property
    def aggregate(self) -> str:
        """The person."""
        return f"party:{self.party_id}"


@dataclass(frozen=True, slots=True)
class SimChanged(Event):
    """A number of a person's got another SIM: what rested on it alone is over."""

    type: ClassVar[str] = "identity.sim_changed"
    party_id: int

    @property
    def aggregate(self) -> str:
        """The person."""
        return f"party:{self.party_id}"


@dataclass(frozen=True, slots=True)
class ReasonsFrequent(Event):
    """A member of staff opened many customers by reason alone within an hour."""

    type: ClassVar[str] = "identity.reasons_frequent"
    staff_id: int
    count: int

    @property
    def aggregate(self) -> str:
        """The member of staff."""
        return f"staff:{self.staff_id}"


@dataclass(frozen=True, slots=True)
class ViewsUnusual(Event):
    """A member of staff looked at unusually many customers within an hour."""

    type: ClassVar[str] = "identity.views_unusual"
    staff_id: int
    count: int

    @property
    def aggregate(self) -> str:
        """The member of staff."""
        return f"staff:{self.staff_id}"

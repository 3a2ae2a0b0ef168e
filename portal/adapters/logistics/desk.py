"""No carrier to talk to: the desk hands a parcel over and types its number."""

from __future__ import annotations

from dataclasses import dataclass

from portal.orders import Carried, Parcel, Recalled


@dataclass(frozen=True, slots=True)
class DeskLogistics:
    """Asks nobody."""

    by_hand: bool = True

    def send(self, parcel: Parcel) -> Carried:  # noqa: ARG002 - the port's
        """Give no answer: a person hands it over."""
        return Carried("unknown")

    def track(self, reference: str) -> Carried:  # noqa: ARG002 - the port's
        """Give no answer: a person knows."""
        return Carried("unknown")

    def cancel(self, reference: str) -> Recalled:  # noqa: ARG002 - the port's
        """Give no answer: a person stops it."""
        return Recalled("unknown")

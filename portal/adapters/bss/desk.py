"""No billing system to talk to: what is to be set up stands on the desk's worklist, and a clerk keys it in."""

from __future__ import annotations

from dataclasses import dataclass

from portal.orders import Answer, SetUp


@dataclass(frozen=True, slots=True)
class DeskBss:
    """Asks nobody."""

    by_hand: bool = True

    def order(self, request: SetUp) -> Answer:  # noqa: ARG002 - the port's
        """Give no answer: a person does it."""
        return Answer("unknown")

    def query(self, reference: str) -> Answer:  # noqa: ARG002 - the port's
        """Give no answer: a person knows."""
        return Answer("unknown")

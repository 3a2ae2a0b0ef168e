"""What the provider needs from the outside: somebody who tells a site that a sign-in is over, and who fetches what it publishes."""

from __future__ import annotations

from typing import Any, Protocol


class NotTaken(Exception):
    """The site did not take what was sent, or did not give what was asked for; the text says why, and holds nothing secret."""


class BackChannel(Protocol):
    """Posts to a site's own address."""

    def post(self, address: str, form: dict[str, str]) -> None:
        """Post a form, within seconds; raise NotTaken for anything but a plain yes (200 or 204)."""

    def answers(self, address: str) -> bool:
        """Say, within seconds, whether somebody is there again: anything but silence or a gateway's word for it."""


class Documents(Protocol):
    """Fetches what a site publishes about itself: its keys, its addresses."""

    def fetch(self, address: str) -> Any:
        """Give the JSON at `address`, within seconds; raise NotTaken for anything else."""

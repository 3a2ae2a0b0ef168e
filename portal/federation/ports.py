"""What this capability needs from the outside: somebody who calls a provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class ProviderSilent(Exception):
    """The provider did not answer, or (`answered`) not as it should; the text says why, and holds nothing secret."""

    def __init__(self, why: str, *, answered: bool = False) -> None:
        super().__init__(why)
        self.answered = answered


class Upstream(Protocol):
    """Calls a provider's own addresses, within seconds, without following redirects."""

    def fetch(self, address: str) -> Any:
        """Give the JSON at `address`; raise ProviderSilent for anything else."""

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """Post, and give the JSON of a 200; raise ProviderSilent for anything else."""

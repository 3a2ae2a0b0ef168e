"""Fetches what a site publishes about itself (`jwks_uri`, `sector_identifier_uri`: RFC 7591 2, OpenID Connect Registration 5)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from portal.adapters.outbound import CallRefused, Outbound
from portal.base.settings import Settings
from portal.openid import NotTaken


@dataclass(frozen=True, slots=True)
class HttpDocuments:
    """Fetches by HTTP."""

    outbound: Outbound

    def fetch(self, address: str) -> Any:
        """Give the JSON at an address; raise NotTaken for anything else."""
        try:
            return json.loads(self.outbound.get(address).body)
        except CallRefused as refused:
            raise NotTaken(str(refused)) from refused
        except (ValueError, RecursionError) as error:
            raise NotTaken("no JSON") from error


def make_documents(settings: Settings) -> HttpDocuments:
    """Make the way out the settings allow."""
    return HttpDocuments(Outbound(allow_private=settings.allow_private_callbacks))

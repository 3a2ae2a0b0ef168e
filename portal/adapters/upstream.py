"""Calls the providers that enterprises bring: their keys, their token endpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.adapters.outbound import Answer, CallRefused, Outbound
from portal.base.settings import Settings
from portal.federation import ProviderSilent


@dataclass(frozen=True, slots=True)
class HttpUpstream:
    """Calls by HTTP."""

    outbound: Outbound

    def fetch(self, address: str) -> Any:
        """Give the JSON at an address; raise ProviderSilent for anything else."""
        try:
            return _read(self.outbound.get(address))
        except CallRefused as refused:
            raise ProviderSilent(str(refused)) from refused

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """Post, and give the JSON of a 200; raise ProviderSilent for anything else."""
        try:
            return _read(self.outbound.post(address, body, headers))
        except CallRefused as refused:
            raise ProviderSilent(str(refused)) from refused


def _read(answer: Answer) -> Any:
    if answer.status != 200:
        raise ProviderSilent(f"answered {answer.status}", answered=True)
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise ProviderSilent("no JSON", answered=True) from error


def make_upstream(settings: Settings) -> HttpUpstream:
    """Make the way out the settings allow."""
    return HttpUpstream(Outbound(allow_private=settings.allow_private_callbacks))

"""Ways to a carrier: parcels handed over by people, and HTTP."""

from __future__ import annotations

from portal.adapters.logistics.desk import DeskLogistics
from portal.adapters.logistics.http import HttpLogistics
from portal.base.settings import Settings
from portal.orders import LogisticsPort

__all__ = ["DeskLogistics", "HttpLogistics", "make_logistics"]


def make_logistics(settings: Settings) -> LogisticsPort:
    """Make the way the settings name; without an address, people hand parcels over."""
    if settings.logistics_url:
        return HttpLogistics(settings.logistics_url, settings.logistics_secret.get_secret_value().encode())
    return DeskLogistics()

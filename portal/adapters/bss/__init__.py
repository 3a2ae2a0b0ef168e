"""Ways to the billing system: a clerk who keys it in, and HTTP in the manner of TMF622."""

from __future__ import annotations

from portal.adapters.bss.desk import DeskBss
from portal.adapters.bss.http import HttpBss
from portal.base.settings import Settings
from portal.orders import BssPort

__all__ = ["DeskBss", "HttpBss", "make_bss"]


def make_bss(settings: Settings) -> BssPort:
    """Make the way the settings name; without an address, the desk does it by hand."""
    if settings.bss_url:
        return HttpBss(settings.bss_url, settings.bss_secret.get_secret_value().encode())
    return DeskBss()

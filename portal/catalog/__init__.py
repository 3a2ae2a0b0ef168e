"""What the operator offers: offerings with list prices and allowances, and the tariffs of usage."""

from portal.catalog.data import OFFERINGS, TARIFFS, OfferingData, TariffData
from portal.catalog.queries import OfferingView, TariffView, get_offering, get_tariff, list_offerings, list_tariffs
from portal.catalog.service import load_catalog

__all__ = [
    "OFFERINGS",
    "TARIFFS",
    "OfferingData",
    "OfferingView",
    "TariffData",
    "TariffView",
    "get_offering",
    "get_tariff",
    "list_offerings",
    "list_tariffs",
    "load_catalog",
]

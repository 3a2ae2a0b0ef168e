"""What the operator offers: offerings, price lists with what each offers at which price, stock, and the tariffs of usage."""

from portal.catalog.data import DEVICES, GIFTS, OFFERINGS, PRICES, TARIFFS, OfferingData, PriceData, TariffData
from portal.catalog.errors import ListExists, SoldOut
from portal.catalog.offers import Offer, Terms, find_terms, get_offer, list_offers, terms_of_one
from portal.catalog.prices import POINTS, STANDARD, create_price_list, set_price
from portal.catalog.queries import OfferingView, TariffView, get_offering, get_tariff, list_offerings, list_tariffs
from portal.catalog.service import load_catalog
from portal.catalog.stock import StockCount, add_stock, claim_stock, claiming, claiming_values, count_stock, release_stock, use_stock

__all__ = [
    "DEVICES",
    "GIFTS",
    "OFFERINGS",
    "POINTS",
    "PRICES",
    "STANDARD",
    "TARIFFS",
    "ListExists",
    "Offer",
    "OfferingData",
    "OfferingView",
    "PriceData",
    "SoldOut",
    "StockCount",
    "TariffData",
    "TariffView",
    "Terms",
    "add_stock",
    "claim_stock",
    "claiming",
    "claiming_values",
    "count_stock",
    "create_price_list",
    "find_terms",
    "get_offer",
    "get_offering",
    "get_tariff",
    "list_offerings",
    "list_offers",
    "list_tariffs",
    "load_catalog",
    "release_stock",
    "set_price",
    "terms_of_one",
    "use_stock",
]

"""The one picture of a customer, assembled from every capability's card."""

from portal.customerview.cards import CARDS, BuiltCard, Card, CardData, CustomerView, build_view, get_card

__all__ = ["CARDS", "BuiltCard", "Card", "CardData", "CustomerView", "build_view", "get_card"]

"""The counter's face: staff sign-in, search as one types, and the customer, masked until opened."""

from portal.faces.counter import alerts, codes, customer, openings, orders, papers, resets, search, sign_in
from portal.faces.counter.blueprint import bp

__all__ = ["alerts", "bp", "codes", "customer", "openings", "orders", "papers", "resets", "search", "sign_in"]

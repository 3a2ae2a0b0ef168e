"""The counter's face: staff sign-in, search as one types, and the customer, masked until opened."""

from portal.faces.counter import alerts, customer, openings, resets, search, sign_in
from portal.faces.counter.blueprint import bp

__all__ = ["alerts", "bp", "customer", "openings", "resets", "search", "sign_in"]

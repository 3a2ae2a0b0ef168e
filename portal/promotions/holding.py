"""Who a campaign is kept from, to measure what it brings."""

from __future__ import annotations

from portal.promotions.predicates import share_of


def is_held_out(campaign_code: str, percent: int, customer_id: int) -> bool:
    """Say whether a campaign with such a hold-out is kept from a customer: drawn once for ever, as `evaluate` has it."""
    return percent > 0 and share_of(f"hold-out:{campaign_code}", customer_id) < percent

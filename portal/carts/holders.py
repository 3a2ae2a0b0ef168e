"""What a cart and a quote are called by those who keep something for them: a coupon, a use of a campaign."""

from __future__ import annotations


def holder_of(cart_id: int) -> str:
    """Name a cart: "cart:7"."""
    return f"cart:{cart_id}"


def holder_of_quote(quote_id: int) -> str:
    """Name a quote: "quote:7"."""
    return f"quote:{quote_id}"

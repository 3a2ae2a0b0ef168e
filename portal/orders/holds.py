"""Under which names an order holds what it reserves, in the points' and in the stock's books."""

from __future__ import annotations

CONTENT_MARK = "\n"
"""Parts the contents of several vouchers in one item; none holds it, being encrypted."""


def hold_of(order_id: int) -> str:
    """Name the points an order holds."""
    return f"order:{order_id}"


def holder_of(order_id: int, position: int) -> str:
    """Name one item of an order as holder of stock."""
    return f"order:{order_id}:{position}"

"""What orders tell other capabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.base.events import Event


@dataclass(frozen=True, slots=True)
class OrderEvent(Event):
    """Something happened to an order. Its events are delivered in their order; one order never holds up another."""

    customer_id: int
    order_id: int
    reference: str

    @property
    def aggregate(self) -> str:
        """The order."""
        return f"order:{self.order_id}"


@dataclass(frozen=True, slots=True)
class OrderPlaced(OrderEvent):
    """An order was accepted, and what it needs is reserved. `automatic`: no desk is needed to fulfil it."""

    type: ClassVar[str] = "orders.order_placed"
    channel: str
    automatic: bool
    total_points: int
    total_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class OrderTaken(OrderEvent):
    """Somebody at the desk began to work on an order."""

    type: ClassVar[str] = "orders.order_taken"


@dataclass(frozen=True, slots=True)
class OrderFulfilled(OrderEvent):
    """What was ordered was handed over."""

    type: ClassVar[str] = "orders.order_fulfilled"


@dataclass(frozen=True, slots=True)
class OrderCancelled(OrderEvent):
    """An order will not be fulfilled; what it held was given back. `reason` is a code."""

    type: ClassVar[str] = "orders.order_cancelled"
    reason: str


@dataclass(frozen=True, slots=True)
class OrderReleased(OrderEvent):
    """Whoever had taken an order at the desk gave it back to the queue."""

    type: ClassVar[str] = "orders.order_released"


@dataclass(frozen=True, slots=True)
class OrderPaid(OrderEvent):
    """An order's money came in, or was seen at the counter."""

    type: ClassVar[str] = "orders.order_paid"
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class OrderReserved(OrderEvent):
    """An order that waited (for its payment, for a look at papers) is in preparation. `automatic`: no desk is needed to fulfil it."""

    type: ClassVar[str] = "orders.order_reserved"
    automatic: bool


@dataclass(frozen=True, slots=True)
class OrderProvisioned(OrderEvent):
    """What an order sets up is set up."""

    type: ClassVar[str] = "orders.order_provisioned"


@dataclass(frozen=True, slots=True)
class OrderShipped(OrderEvent):
    """An order's goods are on their way."""

    type: ClassVar[str] = "orders.order_shipped"


@dataclass(frozen=True, slots=True)
class OrderRefunded(OrderEvent):
    """Money of an order went back to whoever paid."""

    type: ClassVar[str] = "orders.order_refunded"
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class OrderReturned(OrderEvent):
    """Pieces of an order came back; `whole`: all there were."""

    type: ClassVar[str] = "orders.order_returned"
    return_id: int
    whole: bool

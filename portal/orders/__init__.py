"""Orders: one pipeline from acceptance to fulfilment or cancellation, whatever the channel."""

from portal.orders.entry import NO_CURRENCY, Delivery, Item, NewOrder
from portal.orders.errors import AlreadyTaken, NotOffered, OrderClosed, PriceChanged
from portal.orders.events import OrderCancelled, OrderFulfilled, OrderPlaced, OrderTaken
from portal.orders.moving import cancel_order, fulfil_order, take_order
from portal.orders.placing import Placed, place_order
from portal.orders.queries import (
    OrderItemView,
    OrdersCard,
    OrdersPage,
    OrderSummary,
    OrderView,
    StepView,
    get_order,
    list_orders,
    orders_card,
    sees_orders,
)
from portal.orders.references import read_reference
from portal.orders.states import STATES, TRANSITIONS, State, Transition
from portal.orders.work import WorkItem, WorkOrder, find_work, get_work_order, list_work

__all__ = [
    "NO_CURRENCY",
    "STATES",
    "TRANSITIONS",
    "AlreadyTaken",
    "Delivery",
    "Item",
    "NewOrder",
    "NotOffered",
    "OrderCancelled",
    "OrderClosed",
    "OrderFulfilled",
    "OrderItemView",
    "OrderPlaced",
    "OrderSummary",
    "OrderTaken",
    "OrderView",
    "OrdersCard",
    "OrdersPage",
    "Placed",
    "PriceChanged",
    "State",
    "StepView",
    "Transition",
    "WorkItem",
    "WorkOrder",
    "cancel_order",
    "find_work",
    "fulfil_order",
    "get_order",
    "get_work_order",
    "list_orders",
    "list_work",
    "orders_card",
    "place_order",
    "read_reference",
    "sees_orders",
    "take_order",
]

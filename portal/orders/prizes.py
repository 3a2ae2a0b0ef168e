"""A prize that is goods, a voucher or a service: an order at no price, so that it is prepared and handed over as any other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.catalog import STANDARD, SoldOut, get_offering
from portal.codes.events import PrizeWon
from portal.customers import get_shopper, list_delivery_addresses
from portal.orders.entry import NO_CURRENCY, Delivery
from portal.orders.priced import PricedItem, PricedOrder
from portal.orders.selling import place_priced
from portal.orders.states import DATA_PACK, GOODS


def deliver_prize(session: Session, event: PrizeWon, now: datetime) -> None:
    """Order what was won, once: the code's reference is the order's key.

    It goes to the customer's usual address; where there is none, or none of it is left, the desk sees to it: a prize that was
    won is owed.
    """
    if event.offering_code is None:
        return
    offering = get_offering(session, event.offering_code)
    item = PricedItem(
        event.offering_code, offering.name, offering.fulfilment, 1, 0, stocked=offering.stocked, kind=offering.kind, is_gift=True
    )
    line = _first_line(session, event, now) if offering.fulfilment == DATA_PACK else None
    order = PricedOrder(
        customer_id=event.customer_id, items=(item,), price_list=STANDARD, currency=NO_CURRENCY, channel=event.channel,
        key=event.reference, identity=event.reference, party_id=event.party_id, subscription_id=line,
        delivery=_usual_address(session, event) if offering.fulfilment == GOODS else None, actor="system",
    )  # fmt: skip
    try:
        with session.begin_nested():
            place_priced(session, order, now=now)
    except SoldOut:
        place_priced(session, replace(order, items=(replace(item, stocked=False),)), now=now)


def _usual_address(session: Session, event: PrizeWon) -> Delivery | None:
    found = list_delivery_addresses(session, event.customer_id, party_id=event.party_id)
    for each in found:
        return Delivery(each.name, each.phone, f"{each.province}{each.city}{each.area}{each.line}")
    return None


def _first_line(session: Session, event: PrizeWon, now: datetime) -> int | None:
    lines = get_shopper(session, event.customer_id, now=now, party_id=event.party_id).lines
    return next((line.subscription_id for line in lines if line.kind == "mobile"), None)

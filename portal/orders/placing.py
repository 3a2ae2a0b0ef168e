"""Placing an order: accepted and reserved in one transaction, once for each key.

The order is the claim on its key, so a repeated request waits for the first and is told of its order before points or
stock change. What others wait for comes last: order, points, stock, in this order when an order is fulfilled or cancelled,
too. Where points are spent the purse is locked before the new order is written, which nobody else can wait for but the
same request, and that one waits for the purse; so no two wait for each other crosswise. Of what one customer may have only so
many, the customer is locked next, after the purse and before the order, here as in selling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, PortalError
from portal.base.idempotency import KeyReused
from portal.base.ids import new_id
from portal.catalog import POINTS, SoldOut, Terms, claim_stock
from portal.customers import get_holder_of_line, lock_customer
from portal.orders.entry import NO_CURRENCY, NewOrder, check_entry
from portal.orders.errors import MostReached, NotForYou, NotOffered, PriceChanged
from portal.orders.events import OrderPlaced
from portal.orders.history import count_bought
from portal.orders.holds import hold_of, holder_of
from portal.orders.redeeming import is_redemption, open_order, redeem
from portal.orders.references import new_reference
from portal.orders.rows import NewRows, Values, claim_key, find_by_key, write_order
from portal.orders.states import AUTOMATIC, DATA_PACK, RESERVED, STATES
from portal.points import hold_points

_MOST_DRAWS = 5


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that stands; `is_new` says whether this call placed it."""

    order_id: int
    reference: str
    is_new: bool


def place_order(session: Session, new: NewOrder, *, now: datetime) -> Placed:
    """Accept an order and reserve what it needs: its points held, its stock claimed. All of it, or a refusal that leaves nothing.

    The same key with the same order again gives the order that stands, whatever became of price and stock since; with
    another, KeyReused. Raises Invalid for what is no order, NotOffered and PriceChanged where the list says otherwise, NotForYou
    and MostReached where the offering's own rules do, NotEnoughPoints, SoldOut, and NotFound for a line that is not the
    customer's. Upon each the caller rolls back.
    """
    check_entry(new)
    terms = open_order(session, new, now=now)
    refusal = _refusal(new, terms) or _too_many(session, new, terms)
    quick = is_redemption(session, new) and all(each.stocked for each in terms.values())
    for _ in range(_MOST_DRAWS):
        head = _head(new, now)
        if refusal is not None:
            written = claim_key(session, head)  # waits for the same request, should that be under way, and is told of its order
        elif quick:
            written = redeem(session, new, _rows(new, head, terms, now), now=now)
        else:
            written = write_order(session, _rows(new, head, terms, now))
        if written:
            break
        standing = find_by_key(session, new.customer_id, new.key)
        if standing is not None:
            if standing.fingerprint != head["fingerprint"]:
                raise KeyReused
            return Placed(standing.id, standing.reference, is_new=False)
    else:
        raise RuntimeError("five references in a row were taken")
    if refusal is not None:
        raise refusal
    if not quick:
        _reserve(session, new, head, terms, now)
    return Placed(head["id"], head["reference"], is_new=True)


def _refusal(new: NewOrder, terms: Mapping[str, Terms]) -> PortalError | None:
    """Say what stands against an order before anything is written."""
    for item in new.items:
        found = terms.get(item.offering_code)
        if found is None:
            return NotOffered()
        if found.barred or found.conflicts:
            return NotForYou(item.offering_code, found.barred, found.conflicts)
        if found.amount != item.expected_amount:
            return PriceChanged(item.offering_code, found.amount)
        if not found.is_left:
            return SoldOut()
        if found.fulfilment == DATA_PACK and new.subscription_id is None:
            return Invalid({"subscription": N_("Choose the line it is for.")})
    return None


def _too_many(session: Session, new: NewOrder, terms: Mapping[str, Terms]) -> PortalError | None:
    """Say whether the customer, or in a company's store the employee, would have more of something than one may have.

    Nobody else orders for this customer from here on: two at once are counted one after the other.
    """
    limited = sorted((code, each.most) for code, each in terms.items() if each.most is not None)
    if not limited:
        return None
    wanted = {item.offering_code: item.quantity for item in new.items}
    lock_customer(session, new.customer_id)
    for code, most in limited:
        if count_bought(session, new.customer_id, code, placed_for=new.placed_for) + wanted[code] > most:
            return MostReached(code, most)
    return None


def _reserve(session: Session, new: NewOrder, head: Values, terms: Mapping[str, Terms], now: datetime) -> None:
    """Hold the points, and claim the stock last."""
    order_id: int = head["id"]
    if any(each.fulfilment == DATA_PACK for each in terms.values()) and new.subscription_id is not None:
        get_holder_of_line(session, new.customer_id, new.subscription_id)
    if head["total_points"]:
        hold_points(session, new.customer_id, head["total_points"], reference=hold_of(order_id), now=now)
    for position, item in enumerate(new.items, 1):
        if terms[item.offering_code].stocked:
            claim_stock(session, item.offering_code, item.quantity, holder=holder_of(order_id, position), now=now)


def _rows(new: NewOrder, head: Values, terms: Mapping[str, Terms], now: datetime) -> NewRows:
    totals = head["total_points"], head["total_minor"], head["currency"]
    event = OrderPlaced(new.customer_id, head["id"], head["reference"], new.channel, _is_automatic(terms), *totals)
    params = {"item": dict(terms[new.items[0].offering_code].name), "reference": head["reference"]}
    return NewRows(head, _items(new, terms), _work(new, terms, now), new.actor, event, params)


def _head(new: NewOrder, now: datetime) -> dict[str, Any]:
    in_points = new.unit == POINTS
    return {
        "customer_id": new.customer_id,
        "id": new_id(now),
        "key": new.key,
        "fingerprint": new.fingerprint,
        "reference": new_reference(),
        "status": RESERVED,
        "channel": new.channel,
        "party_id": new.party_id,
        "placed_for": new.placed_for,
        "subscription_id": new.subscription_id,
        "currency": NO_CURRENCY if in_points else new.unit,
        "total_minor": 0 if in_points else new.total,
        "total_points": new.total if in_points else 0,
        "delivery": None if new.delivery is None else new.delivery.as_row(),
        "placed_at": now,
        "ended_at": None,
    }


def _items(new: NewOrder, terms: Mapping[str, Terms]) -> list[dict[str, Any]]:
    in_points = new.unit == POINTS
    return [
        {
            "position": position,
            "offering_code": item.offering_code,
            "name": dict(terms[item.offering_code].name),
            "fulfilment": terms[item.offering_code].fulfilment,
            "quantity": item.quantity,
            "price_minor": 0 if in_points else item.expected_amount,
            "price_points": item.expected_amount if in_points else 0,
        }
        for position, item in enumerate(new.items, 1)
    ]


def _work(new: NewOrder, terms: Mapping[str, Terms], now: datetime) -> dict[str, Any] | None:
    """Give what the desk sees of an order, None for one the worker fulfils."""
    if _is_automatic(terms):
        return None
    first, limit = terms[new.items[0].offering_code], STATES[RESERVED].limit
    assert limit is not None, "the desk has a time limit"
    return {"summary": dict(first.name), "quantity": sum(item.quantity for item in new.items), "due_at": now + limit}


def _is_automatic(terms: Mapping[str, Terms]) -> bool:
    return all(each.fulfilment in AUTOMATIC for each in terms.values())

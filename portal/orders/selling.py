"""Placing an order that was priced: its stock claimed, its uses of campaigns and coupons taken over, all of it or nothing.

The order is the claim on its key, as in placing; then points, coupons, campaigns, and stock last: the order of locks of every step.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from portal.base.driver import FrequentStatement
from portal.base.errors import N_, Invalid
from portal.base.events import emit
from portal.base.idempotency import KeyReused
from portal.base.ids import new_id
from portal.catalog import POINTS, claim_stock
from portal.codes import move_coupons
from portal.customers import get_holder_of_line, lock_customer
from portal.interactions import record_interaction
from portal.orders.errors import CouponGone, MostReached
from portal.orders.events import OrderPlaced
from portal.orders.following import first_task, want_services
from portal.orders.giving_back import use_up
from portal.orders.history import list_history
from portal.orders.holds import hold_of, holder_of
from portal.orders.models import Order
from portal.orders.placing import Placed
from portal.orders.priced import PricedOrder, check_priced
from portal.orders.real_name import papers_missing
from portal.orders.references import new_reference
from portal.orders.rows import find_by_key
from portal.orders.states import ACCEPTED, DATA_PACK, RESERVED, TASKS, TaskName
from portal.orders.steps import work_row
from portal.points import hold_points, locked_purse, purse_values
from portal.promotions import move_uses, reserve_uses

_MOST_DRAWS = 5
_order, _item, _step, _work = (Order.metadata.tables[name] for name in ("customer_order", "order_item", "order_step", "order_work"))
_OPTIONAL = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_HEAD = {
    each.name: sa.bindparam(each.name, type_=_OPTIONAL if isinstance(each.type, sa.JSON) else each.type)
    for each in _order.c
    if each.name != "refunded_minor"
}


def _claiming(insert: sqlite.Insert | postgresql.Insert) -> Any:
    return insert.values(_HEAD).on_conflict_do_nothing().returning(_order.c.id)


_claim = FrequentStatement({"sqlite": _claiming(sqlite.insert(_order)), "postgresql": _claiming(postgresql.insert(_order))})
_ITEM = tuple(each.name for each in _item.c if each.name not in ("content", "returned"))
_add_items = sa.insert(_item).values(
    {name: sa.bindparam(name, type_=_OPTIONAL if name == "terms" else _item.c[name].type) for name in _ITEM}
)
_add_steps, _add_work = sa.insert(_step), sa.insert(_work)
_purse = sa.select(locked_purse())


def place_priced(session: Session, new: PricedOrder, *, now: datetime) -> Placed:
    """Place an order at the prices it carries: accepted, and unless it waits for its payment, in preparation at once.

    It claims stock at `new.place`, reserves (or takes over) the uses of campaigns and the coupons, holds points; it asks no
    provider for anything (see `request_payment`). The same key with the same order again gives the order that stands; with
    another, KeyReused. Raises Invalid, MostReached, SoldOut, NotEnoughPoints, CampaignGone, CouponGone, NotFound for a line that is not
    the customer's; upon each the caller rolls back.
    """
    check_priced(new)
    limits = {item.offering_code: item.most for item in new.items if item.most is not None}
    if new.total_points:
        session.connection().execute(_purse, purse_values(new.customer_id))
    if limits:
        lock_customer(session, new.customer_id)  # before the order: whoever comes second counts what the first ordered
    head = _claim_key(session, new, now)
    if isinstance(head, Placed):
        return head
    _check_lines(session, new)
    _check_most(session, new, limits, now)
    task = _first_task(new)
    _write_rows(session, new, head, task, now)
    _reserve(session, new, head, now)
    return Placed(head["id"], head["reference"], is_new=True)


def _claim_key(session: Session, new: PricedOrder, now: datetime) -> dict[str, Any] | Placed:
    """Write the order's own row; where its key is taken, give the order that stands under it."""
    for _ in range(_MOST_DRAWS):
        head = _head(new, now)
        if _claim.first(session, head) is not None:
            return head
        standing = find_by_key(session, new.customer_id, new.key)
        if standing is not None:
            if standing.fingerprint != head["fingerprint"]:
                raise KeyReused
            return Placed(standing.id, standing.reference, is_new=False)
    raise RuntimeError("five references in a row were taken")


def _check_lines(session: Session, new: PricedOrder) -> None:
    """Every line named is the customer's; a pack needs one."""
    if any(item.fulfilment == DATA_PACK and (item.subscription_id or new.subscription_id) is None for item in new.items):
        raise Invalid({"subscription": N_("Choose the line it is for.")})
    for line in sorted({new.subscription_id, *(item.subscription_id for item in new.items)} - {None}, key=lambda each: each or 0):
        get_holder_of_line(session, new.customer_id, line or 0)


def _check_most(session: Session, new: PricedOrder, limits: Mapping[str, int], now: datetime) -> None:
    """Of what has a limit the customer gets no more with this order than that; nobody else counts for this customer meanwhile."""
    if not limits:
        return
    bought = list_history(session, new.customer_id, now=now).bought
    for code, most in sorted(limits.items()):
        wanted = sum(item.quantity for item in new.items if item.offering_code == code and item.most is not None)
        if bought.get(code, 0) + wanted > most:
            raise MostReached(code, most)


def _first_task(new: PricedOrder) -> TaskName | None:
    """Say what the order waits for once it stands; None: the worker fulfils it at once."""
    if new.waits_for_payment:
        return "pay"
    if papers_missing(new.documents):
        return "check"
    return first_task([item.fulfilment for item in new.items], is_sent=new.delivery is not None, outlet=new.outlet)


def _write_rows(session: Session, new: PricedOrder, head: Mapping[str, Any], task: TaskName | None, now: datetime) -> None:
    """Write items, history, worklist, timeline and outbox."""
    connection = session.connection()
    here = {"customer_id": new.customer_id, "order_id": head["id"]}
    connection.execute(_add_items, [{**here, "position": place, **_item_row(item)} for place, item in enumerate(new.items, 1)])
    kinds = (ACCEPTED,) if head["status"] == ACCEPTED else (ACCEPTED, RESERVED)
    connection.execute(_add_steps, [{**here, "number": n, "kind": kind, "at": now, "actor": new.actor} for n, kind in enumerate(kinds, 1)])
    if task is not None:
        due = new.pay_by if task == "pay" and new.pay_by else now + TASKS[task].limit
        connection.execute(_add_work, work_row(head["id"], new.customer_id, _Known(head), new.items, task, due))
    if head["status"] == RESERVED:
        want_services(session, new.customer_id, head["id"], _placed_items(new), now=now)
    params = {"item": dict(new.items[0].name), "reference": head["reference"]}
    record_interaction(
        session, new.customer_id, channel=new.channel, kind="order_placed", params=params, subscription_id=new.subscription_id, now=now
    )
    totals = new.total_points, new.total_minor, new.currency
    emit(session, OrderPlaced(new.customer_id, head["id"], head["reference"], new.channel, task is None, *totals), now=now)


def _reserve(session: Session, new: PricedOrder, head: Mapping[str, Any], now: datetime) -> None:
    """Hold the points, take the coupons and uses over, and claim the stock last, in one order."""
    holder = hold_of(head["id"])
    if new.total_points:
        hold_points(session, new.customer_id, new.total_points, reference=holder, now=now)
    _take_over(session, new, holder, now)
    if not new.waits_for_payment:
        use_up(session, new.customer_id, head["id"], head["promotion"], now=now)
    wanted = sorted((item.offering_code, place, item.quantity) for place, item in enumerate(new.items, 1) if item.stocked)
    for code, place, quantity in wanted:
        claim_stock(session, code, quantity, holder=holder_of(head["id"], place), place=new.place, now=now)


def _take_over(session: Session, new: PricedOrder, holder: str, now: datetime) -> None:
    """Give the order the uses and the coupons its prices were computed with; what the cart held moves.

    They lapse with the order and not before it: money may have come whose word is still on its way.
    """
    if new.reserved_by is not None:
        move_uses(session, new.customer_id, new.reserved_by, holder, until=None, now=now)
    elif new.uses:
        reserve_uses(session, new.customer_id, new.uses, holder=holder, until=None, now=now)
    if new.coupons:
        moved = move_coupons(session, new.customer_id, new.coupons_of or holder, holder, until=None, now=now)
        if not set(new.coupons) <= set(moved):
            raise CouponGone


def _head(new: PricedOrder, now: datetime) -> dict[str, Any]:
    waits = new.waits_for_payment or bool(papers_missing(new.documents))
    return {
        "customer_id": new.customer_id,
        "id": new_id(now),
        "key": new.key,
        "fingerprint": new.fingerprint,
        "reference": new_reference(),
        "status": ACCEPTED if waits else RESERVED,
        "channel": new.channel,
        "party_id": new.party_id,
        "placed_for": new.placed_for,
        "subscription_id": new.subscription_id,
        "currency": "" if new.currency == POINTS else new.currency,
        "total_minor": new.total_minor,
        "total_points": new.total_points,
        "delivery": None if new.delivery is None else new.delivery.as_row(),
        "placed_at": now,
        "ended_at": None,
        "price_list": new.price_list,
        "payment": new.payment if new.total_minor else "none",
        "pay_by": new.pay_by if new.waits_for_payment else None,
        "paid_minor": 0,
        "discount_minor": new.discount_minor,
        "shipping_minor": new.shipping_minor,
        "tax_minor": new.tax_minor,
        "deposit_minor": new.deposit_minor,
        "outlet": new.outlet,
        "promotion": _promotion(new),
        "documents": dict(new.documents) or None,
    }


def _promotion(new: PricedOrder) -> dict[str, Any] | None:
    """Give what is kept of campaigns: the cart's own account, and what giving back and completing go by."""
    ours: dict[str, Any] = {"uses": bool(new.uses or new.reserved_by), "coupons": list(new.coupons), "points": new.points}
    return {**(new.promotion or {}), **ours} if new.promotion or any(ours.values()) else None


def _item_row(item: Any) -> dict[str, Any]:
    row = {name: getattr(item, name) for name in _ITEM if name not in ("customer_id", "order_id", "position", "terms", "name")}
    terms = dict(item.terms or {}) | ({"deposit_minor": item.deposit_minor} if item.deposit_minor else {})
    return row | {"name": dict(item.name), "terms": terms or None}


class _Known:
    """An order's own row, by attribute, as rows read from the database are."""

    def __init__(self, head: Mapping[str, Any]) -> None:
        self.__dict__.update(head)


def _placed_items(new: PricedOrder) -> list[Any]:
    return [_Known({"position": place, "fulfilment": item.fulfilment}) for place, item in enumerate(new.items, 1)]

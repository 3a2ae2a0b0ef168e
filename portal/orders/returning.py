"""Things a customer gives back: asked for, approved by one, received by another, paid back.

What goes back for a piece is what was paid for it: the line after its discount, its deposit included, shared by pieces so that
the parts of a line add up to it. With the last piece the rest of the order goes back, shipping included, and with it the uses
of campaigns and coupons. Gifts, vouchers, packs and services do not come back; a gift is the customer's to keep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import N_, Invalid, NotFound
from portal.base.ids import new_id
from portal.catalog import take_back_stock
from portal.orders.errors import NotReturnable, OrderClosed, SamePerson
from portal.orders.events import OrderReturned
from portal.orders.giving_back import give_back_uses, pay_back
from portal.orders.holds import holder_of
from portal.orders.models import Order, OrderItem, OrderReturn, OrderStep
from portal.orders.moving import MONTHS_KEPT
from portal.orders.states import COMPLETED, GOODS, read_status, role_of
from portal.orders.steps import Step, drop_work, give_task, items_of, move_on, tell
from portal.points import GRANT, earn_points, expiry_day

RETURN_DAYS = 7
"""Days after completion, unless the terms of an item say otherwise (`return_days`): Consumer Protection Law, article 25."""
MOST_REASON = 200
OPEN = ("asked", "approved")
_customer: sa.BindParameter[int] = sa.bindparam("customer")
_order_id: sa.BindParameter[int] = sa.bindparam("order")
_this = sa.and_(Order.customer_id == _customer, Order.id == _order_id)
_head = (
    sa.select(
        Order.status, Order.ended_at, Order.reference, Order.channel, Order.subscription_id, Order.placed_at, Order.outlet, Order.currency,
        Order.payment, Order.total_minor, Order.total_points, Order.paid_minor, Order.refunded_minor, Order.promotion,
    )
    .where(_this)
    .with_for_update()
)  # fmt: skip
_lines = (
    sa.select(
        OrderItem.position, OrderItem.fulfilment, OrderItem.quantity, OrderItem.returned, OrderItem.price_minor, OrderItem.price_points,
        OrderItem.discount_minor, OrderItem.terms, OrderItem.is_gift,
    )
    .where(OrderItem.customer_id == _customer, OrderItem.order_id == _order_id)
    .order_by(OrderItem.position)
)  # fmt: skip
_columns: tuple[Any, ...] = (
    OrderReturn.id, OrderReturn.order_id, OrderReturn.status, OrderReturn.reason, OrderReturn.items, OrderReturn.refund_minor,
    OrderReturn.refund_points, OrderReturn.asked_at, OrderReturn.ended_at, OrderReturn.note,
)  # fmt: skip
_of_order = sa.select(*_columns).where(OrderReturn.customer_id == _customer, OrderReturn.order_id == _order_id).order_by(OrderReturn.id)
_by_key = sa.select(*_columns).where(OrderReturn.customer_id == _customer, OrderReturn.key == sa.bindparam("of_key"))
_by_id = sa.select(*_columns).where(OrderReturn.customer_id == _customer, OrderReturn.id == sa.bindparam("of_return"))
_table = OrderReturn.metadata.tables["order_return"]
_claim = {
    name: dialect.insert(_table).on_conflict_do_nothing().returning(_table.c.id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_decide = (
    sa.update(OrderReturn)
    .where(
        OrderReturn.customer_id == _customer,
        OrderReturn.id == sa.bindparam("of_return"),
        OrderReturn.status == sa.bindparam("was"),
    )
    .values(
        status=sa.bindparam("to_status"),
        note=sa.bindparam("said"),
        ended_at=sa.bindparam("at"),
        refund_minor=sa.bindparam("money"),
        refund_points=sa.bindparam("points"),
    )
    .returning(OrderReturn.id)
)
_note_arrived = (
    sa.update(OrderReturn)
    .where(OrderReturn.customer_id == _customer, OrderReturn.id == sa.bindparam("of_return"))
    .values(items=sa.bindparam("came", type_=OrderReturn.items.type))
)
_count_back = (
    sa.update(OrderItem)
    .where(OrderItem.customer_id == _customer, OrderItem.order_id == _order_id, OrderItem.position == sa.bindparam("of_position"))
    .values(returned=OrderItem.returned + sa.bindparam("pieces"))
)
_last_by = (
    sa.select(OrderStep.actor)
    .where(OrderStep.customer_id == _customer, OrderStep.order_id == _order_id, OrderStep.kind == sa.bindparam("of_kind"))
    .order_by(OrderStep.number.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class ReturnView:
    """A return: `items` says how many pieces by position; what goes back is what was computed last."""

    id: int
    order_id: int
    status: str
    reason: str
    items: Mapping[str, int]
    refund_minor: int
    refund_points: int
    asked_at: datetime
    ended_at: datetime | None
    note: str | None

    @property
    def is_open(self) -> bool:
        """It waits for the desk."""
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class Returnable:
    """What of an order can still come back: pieces by position, and until when each may."""

    pieces: Mapping[int, int]
    until: datetime | None


def list_returns(session: Session, customer_id: int, order_id: int) -> Sequence[ReturnView]:
    """Give the returns of an order, the first one first. One statement."""
    rows: Any = session.connection().execute(_of_order, {"customer": customer_id, "order": order_id})
    return [ReturnView(*row) for row in rows]


def find_returnable(session: Session, customer_id: int, order_id: int, *, now: datetime) -> Returnable:
    """Give what can still come back of an order; nothing while a return of it is open, or once its days are over."""
    connection, key = session.connection(), {"customer": customer_id, "order": order_id}
    order = connection.execute(_head, key).first()
    if order is None:
        raise NotFound
    if any(each.is_open for each in list_returns(session, customer_id, order_id)):
        return Returnable({}, None)
    lines = connection.execute(_lines, key).all()
    left = {line.position: line.quantity - line.returned for line in lines if _may_come_back(order, line, now)}
    ends = [_until(order, line) for line in lines if line.position in left]
    return Returnable({position: pieces for position, pieces in left.items() if pieces}, max(ends, default=None))


def ask_return(
    session: Session, customer_id: int, order_id: int, pieces: Mapping[int, int], *, reason: str, key: str, actor: str, now: datetime
) -> ReturnView:
    """Ask to give pieces of a completed order back (how many by position); the same key again gives the return that stands.

    Raises NotFound, Invalid for what is no such request, NotReturnable where the days are over or a return of it is open.
    """
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= MOST_REASON:
        raise Invalid({"reason": N_("Say in a few words why it comes back.")})
    connection, which = session.connection(), {"customer": customer_id, "order": order_id}
    order = connection.execute(_head, which).first()
    if order is None:
        raise NotFound
    standing = connection.execute(_by_key, {"customer": customer_id, "of_key": key}).first()
    if standing is not None:
        return _view(standing)
    chosen = {position: count for position, count in pieces.items() if count}
    left = find_returnable(session, customer_id, order_id, now=now).pieces
    if not left:
        raise NotReturnable
    if not chosen or any(type(count) is not int or not 0 < count <= left.get(position, 0) for position, count in chosen.items()):
        raise Invalid({"pieces": N_("Choose how many of what was sent come back.")})
    money, points = _worth(order, connection.execute(_lines, which).all(), chosen)
    return_id, items = new_id(now), {str(position): count for position, count in chosen.items()}
    row = {
        "customer_id": customer_id, "id": return_id, "order_id": order_id, "key": key, "status": "asked", "reason": reason,
        "items": items, "refund_minor": money, "refund_points": points,
        "asked_at": now, "ended_at": None, "note": None,
    }  # fmt: skip
    if connection.execute(_claim[connection.dialect.name], row).first() is None:
        raise OrderClosed(read_status(order.status))
    step = Step("return", customer_id, order_id, actor, now)
    give_task(session, step, "return", order, items_of(session, step))
    tell(session, step, order, None, kind="return_asked")
    return ReturnView(return_id, order_id, "asked", reason, items, money, points, now, None, None)


def approve_return(session: Session, customer_id: int, return_id: int, *, actor: str, now: datetime) -> bool:
    """Let a return come; False where that was said before. SamePerson for who asked for it, NotFound, OrderClosed."""
    return _answer(session, customer_id, return_id, "approved", actor, None, now)


def refuse_return(session: Session, customer_id: int, return_id: int, note: str, *, actor: str, now: datetime) -> bool:
    """Say no to a return, with a reason the customer reads; False where that was said before. Raises as `approve_return`."""
    return _answer(session, customer_id, return_id, "refused", actor, note, now)


def close_return(session: Session, customer_id: int, return_id: int, note: str, *, actor: str, now: datetime) -> bool:
    """End an approved return of which nothing came, with a reason the customer reads; False where it was ended so before.

    Nothing goes back; while the days last, it may be asked for again. Raises NotFound, OrderClosed where it was not approved.
    """
    wanted, step, order = _open_return(session, customer_id, return_id, actor, now)
    if not _decided(session, step, wanted, "approved", "closed", note, 0, 0):
        return False
    drop_work(session, step.order_id)
    tell(session, step, order, None, kind="return_closed", params={"note": note})
    return True


def receive_return(
    session: Session, customer_id: int, return_id: int, *, actor: str, pieces: Mapping[int, int] | None = None, now: datetime
) -> bool:
    """Note that approved pieces are here: into stock, money and points back to whoever paid; False where that happened before.

    `pieces` (by position): what came, where it is less than was asked for; only for that anything goes back. Raises Invalid for
    none or for more than was asked for, SamePerson for who approved it, NotFound, OrderClosed where it was not approved.
    """
    wanted, step, order = _open_return(session, customer_id, return_id, actor, now)
    if _last_actor(session, step, "return_approved") == actor:
        raise SamePerson
    connection = session.connection()
    chosen = _arrived(wanted, pieces)
    lines = connection.execute(_lines, step.key).all()
    money, points = _worth(order, lines, chosen)
    if not _decided(session, step, wanted, "approved", "received", None, money, points):
        return False
    if pieces is not None:
        came = {str(position): count for position, count in chosen.items()}
        connection.execute(_note_arrived, {"customer": customer_id, "of_return": return_id, "came": came})
    connection.execute(_count_back, [{**step.key, "of_position": position, "pieces": count} for position, count in chosen.items()])
    by_hand = bool(money) and not pay_back(session, step, order, money, what=f"return:{return_id}")
    if points:
        _give_points(session, step, points, return_id)
    whole = _all_back(lines, chosen)
    if whole:
        move_on(session, step)
        give_back_uses(session, step, order)
    for position, count in sorted(chosen.items()):
        take_back_stock(session, holder_of(step.order_id, position), count)
    if by_hand:
        give_task(session, step, "refund", order, items_of(session, step))
    else:
        drop_work(session, step.order_id)
    event = OrderReturned(customer_id, step.order_id, order.reference, return_id, whole)
    tell(session, step, order, event, kind="returned" if whole else "part_returned", told="order_returned")
    return True


def _view(row: Any) -> ReturnView:
    return ReturnView(*row)


def _arrived(wanted: ReturnView, pieces: Mapping[int, int] | None) -> Mapping[int, int]:
    """Give how many came of what was asked for; Invalid for none, or for what nobody asked for."""
    asked = {int(position): count for position, count in wanted.items.items()}
    if pieces is None:
        return asked
    if any(type(count) is not int or not 0 <= count <= asked.get(position, 0) for position, count in pieces.items()):
        raise Invalid({"pieces": N_("Enter how many came: at most as many as were asked for.")})
    came = {position: count for position, count in pieces.items() if count}
    if not came:
        raise Invalid({"pieces": N_("Nothing came? Leave it waiting; there is nothing to pay back.")})
    return came


def _may_come_back(order: Any, line: Any, now: datetime) -> bool:
    if read_status(order.status) != COMPLETED or line.fulfilment != GOODS or line.is_gift:
        return False
    return _until(order, line) > now


def _until(order: Any, line: Any) -> datetime:
    days = (line.terms or {}).get("return_days", RETURN_DAYS)
    ended: datetime = order.ended_at
    return ended + timedelta(days=days)


def _worth(order: Any, lines: Sequence[Any], chosen: Mapping[int, int]) -> tuple[int, int]:
    """Give the money and the points of these pieces; with the last of the order, all that is left of it."""
    money = points = 0
    for line in lines:
        count = chosen.get(line.position, 0)
        each = line.price_minor + (line.terms or {}).get("deposit_minor", 0)
        whole = line.quantity * each - line.discount_minor
        money += whole * (line.returned + count) // line.quantity - whole * line.returned // line.quantity
        points += count * line.price_points
    left = order.paid_minor - order.refunded_minor
    return (left if _all_back(lines, chosen) else min(money, left)), points


def _all_back(lines: Sequence[Any], chosen: Mapping[int, int]) -> bool:
    """Say whether with these pieces everything is back that was paid for."""
    return all(line.is_gift or line.returned + chosen.get(line.position, 0) >= line.quantity for line in lines)


def _open_return(session: Session, customer_id: int, return_id: int, actor: str, now: datetime) -> tuple[ReturnView, Step, Any]:
    """Give a return with its order, locked."""
    if role_of(actor) != "desk":
        raise PermissionError("returns are decided on by staff")
    connection = session.connection()
    row = connection.execute(_by_id, {"customer": customer_id, "of_return": return_id}).first()
    if row is None:
        raise NotFound
    step = Step("return", customer_id, row.order_id, actor, now)
    order = connection.execute(_head, step.key).one()
    current = connection.execute(_by_id, {"customer": customer_id, "of_return": return_id}).one()
    return ReturnView(*current), step, order


def _answer(session: Session, customer_id: int, return_id: int, status: str, actor: str, note: str | None, now: datetime) -> bool:
    wanted, step, order = _open_return(session, customer_id, return_id, actor, now)
    if _last_actor(session, step, "return_asked") == actor:
        raise SamePerson
    if not _decided(session, step, wanted, "asked", status, note, wanted.refund_minor, wanted.refund_points):
        return False
    if status == "refused":
        drop_work(session, step.order_id)
    else:
        give_task(session, step, "return", order, items_of(session, step))
    tell(session, step, order, None, kind=f"return_{status}", params={"note": note} if note else None)
    return True


def _decided(session: Session, step: Step, wanted: ReturnView, was: str, to: str, note: str | None, money: int, points: int) -> bool:
    row = {
        "customer": step.customer_id, "of_return": wanted.id, "was": was, "to_status": to, "said": note, "money": money, "points": points,
        "at": None if to in OPEN else step.now,
    }  # fmt: skip
    if session.connection().execute(_decide, row).first() is not None:
        return True
    if wanted.status != to and not (to == "received" and wanted.status == "refunded"):
        raise OrderClosed(wanted.status)
    return False


def _last_actor(session: Session, step: Step, kind: str) -> str | None:
    actor: str | None = session.connection().execute(_last_by, {**step.key, "of_kind": kind}).scalar()
    return actor


def _give_points(session: Session, step: Step, points: int, return_id: int) -> None:
    until = expiry_day(today(step.now), MONTHS_KEPT)
    earn_points(
        session, step.customer_id, points, purse="channel", reason=GRANT, reference=f"return:{return_id}", expires_on=until, now=step.now
    )

"""Setting things up in the billing system: asked for under the order's own number, answered some time, undone if need be.

The worker claims what is wanted in one transaction, asks outside any, and settles the answer in another. Killed in between,
it asks again under the same number, which the billing system takes for the same order. Where there is none to talk to, a
clerk does it by hand, from the worklist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import N_, Invalid
from portal.catalog import get_offering
from portal.customers import NewLine, NewProduct, open_line, start_product, undo_product
from portal.orders.cancelling import give_up
from portal.orders.events import OrderProvisioned
from portal.orders.following import first_task
from portal.orders.holds import holder_of
from portal.orders.models import Order, OrderItem, OrderProvision, OrderWork
from portal.orders.moving import fulfil_order
from portal.orders.ports import Answer, SetUp
from portal.orders.states import DESK
from portal.orders.steps import Step, drop_work, give_task, items_of, move_on, note_step, tell

REFUSED = "refused_by_bss"
LEASE = timedelta(minutes=1)
"""So long one asker has for its call; then another asks, under the same number."""
WAITS = tuple(timedelta(seconds=each) for each in (5, 15, 60, 300, 900, 3600))
MOST_TRIES = 12
"""After so many tries without an answer a person looks at it, and the machine asks no more."""
PRODUCTS = frozenset({"plan", "line", "internet", "add_on"})
OWN_LINES = frozenset({"plan", "line", "internet"})
"""Kinds that open a line where none is named."""
_customer: sa.BindParameter[int] = sa.bindparam("customer")
_order_id: sa.BindParameter[int] = sa.bindparam("order")
_position: sa.BindParameter[int] = sa.bindparam("of_position")
_one = sa.and_(OrderProvision.customer_id == _customer, OrderProvision.order_id == _order_id, OrderProvision.position == _position)
_all = sa.and_(OrderProvision.customer_id == _customer, OrderProvision.order_id == _order_id)
_due = (
    sa.select(OrderProvision.customer_id, OrderProvision.order_id, OrderProvision.position, OrderProvision.status, OrderProvision.attempts)
    .join(OrderWork, sa.and_(OrderWork.customer_id == OrderProvision.customer_id, OrderWork.order_id == OrderProvision.order_id))
    .where(
        OrderWork.task.in_(("provision", "undo")),
        OrderWork.taken_by.is_(None),
        OrderProvision.status.in_(("wanted", "asked", "undoing")),
        OrderProvision.next_at <= sa.bindparam("now"),
        OrderProvision.attempts < MOST_TRIES,
    )
    .order_by(OrderProvision.next_at, OrderProvision.order_id, OrderProvision.position)
    .limit(sa.bindparam("most"))
)
_claim = (
    sa.update(OrderProvision)
    .where(_one, OrderProvision.status == sa.bindparam("was"), OrderProvision.attempts == sa.bindparam("tried"))
    .values(status=sa.bindparam("is_now"), attempts=OrderProvision.attempts + 1, next_at=sa.bindparam("again"))
    .returning(OrderProvision.position)
)
_to_machine = sa.update(OrderWork).where(OrderWork.order_id == _order_id, OrderWork.taken_by.is_(None)).values(role="system")
_to_desk = sa.update(OrderWork).where(OrderWork.order_id == _order_id).values(role=DESK)
_lock = (
    sa.select(Order.reference, Order.channel, Order.placed_at, Order.outlet, Order.payment, Order.refunded_minor)
    .where(Order.customer_id == _customer, Order.id == _order_id)
    .with_for_update()
)
_what = (
    sa.select(
        OrderItem.offering_code, OrderItem.name, OrderItem.quantity, OrderItem.monthly_minor, OrderItem.terms,
        sa.func.coalesce(OrderItem.subscription_id, Order.subscription_id).label("subscription_id"),
    )
    .join(Order, sa.and_(Order.customer_id == OrderItem.customer_id, Order.id == OrderItem.order_id))
    .where(OrderItem.customer_id == _customer, OrderItem.order_id == _order_id, OrderItem.position == _position)
)  # fmt: skip
_end = (
    sa.update(OrderProvision)
    .where(_one, OrderProvision.status.in_(sa.bindparam("from_states", expanding=True)))
    .values(status=sa.bindparam("end"), external_ref=sa.bindparam("theirs"), error=sa.bindparam("said"), ended_at=sa.bindparam("at"))
    .returning(OrderProvision.position)
)
_wait = sa.update(OrderProvision).where(_one).values(next_at=sa.bindparam("again"), external_ref=sa.bindparam("theirs"))
_standing = sa.select(OrderProvision.position, OrderProvision.status).where(_all).order_by(OrderProvision.position)
_began = sa.select(OrderProvision.ended_at).where(_one)
_onto_line = (
    sa.update(OrderItem)
    .where(OrderItem.customer_id == _customer, OrderItem.order_id == _order_id, OrderItem.position == _position)
    .values(subscription_id=sa.bindparam("line"))
)


@dataclass(frozen=True, slots=True)
class ClaimedProvision:
    """One item the worker is to ask the billing system about. `asked_before`: it may know of it already."""

    customer_id: int
    order_id: int
    position: int
    undoing: bool
    attempts: int
    request: SetUp

    @property
    def asked_before(self) -> bool:
        """Somebody asked for it before."""
        return self.attempts > 1

    @property
    def key(self) -> dict[str, int]:
        """The row, as statements take it."""
        return {"customer": self.customer_id, "order": self.order_id, "of_position": self.position}


def claim_provisions(session: Session, *, now: datetime, limit: int = 10) -> Sequence[ClaimedProvision]:
    """Give what the billing system is to be asked now, for a minute nobody else's; what a clerk has taken is the clerk's."""
    connection, claimed = session.connection(), []
    for row in connection.execute(_due, {"now": now, "most": limit}).all():
        key = {"customer": row.customer_id, "order": row.order_id, "of_position": row.position}
        is_now = "undoing" if row.status == "undoing" else "asked"
        taken = {**key, "was": row.status, "tried": row.attempts, "is_now": is_now, "again": now + LEASE}
        if connection.execute(_claim, taken).first() is None:
            continue
        connection.execute(_to_machine, {"order": row.order_id})
        action: Literal["add", "remove"] = "remove" if is_now == "undoing" else "add"
        request = _request(session, key, action)
        claimed.append(ClaimedProvision(row.customer_id, row.order_id, row.position, is_now == "undoing", row.attempts + 1, request))
    return claimed


def settle_provision(session: Session, claimed: ClaimedProvision, answer: Answer, *, now: datetime) -> str:
    """Keep what the billing system said, once, and let the order go on or be undone by it; give how the item stands.

    An answer that comes after somebody else settled it changes nothing.
    """
    connection = session.connection()
    connection.execute(_lock, {"customer": claimed.customer_id, "order": claimed.order_id})
    if answer.end == "done" and not claimed.undoing and answer.number is None and _needs_number(session, claimed.key):
        answer = replace(answer, end="accepted")  # a new line without its number: asked for it again, then a person looks
    if answer.end in ("accepted", "unknown"):
        return _ask_again(session, claimed, answer, now)
    if claimed.undoing:
        if answer.end == "refused":  # what is there and cannot be taken away is for a person
            connection.execute(_to_desk, {"order": claimed.order_id})
            return "undoing"
        return "undone" if _note_undone(session, claimed.key, answer, "system:bss", now) else "known"
    if answer.end == "refused":
        ended = {"end": "failed", "theirs": answer.external_ref, "said": answer.error or "refused", "at": now, "from_states": ["asked"]}
        if connection.execute(_end, {**claimed.key, **ended}).first() is None:
            return "known"
        step = Step("cancel", claimed.customer_id, claimed.order_id, "system:bss", now, REFUSED)
        give_up(session, step)
        return "failed"
    return "done" if _note_done(session, claimed.key, answer, "system:bss", now) else "known"


def provision_order(
    session: Session, customer_id: int, order_id: int, *, actor: str, numbers: Mapping[int, str], external_ref: str | None, now: datetime
) -> bool:
    """Note that a clerk set up all of an order by hand; False where nothing was left to do.

    `numbers`: of lines that were opened, by the item's position, as `parse_number` gives them: each of `list_new_lines` has one.
    Raises Invalid under `number-<position>` where it is missing, OrderClosed for an order that is not in preparation, NumberInUse.
    """
    connection, key = session.connection(), {"customer": customer_id, "order": order_id}
    connection.execute(_lock, key)
    left = [row.position for row in connection.execute(_standing, key) if row.status in ("wanted", "asked")]
    missing = [position for position in left if position not in numbers and _needs_number(session, {**key, "of_position": position})]
    if missing:
        raise Invalid({f"number-{position}": N_("Enter the number of the new line; nothing starts without it.") for position in missing})
    for position in left:
        _note_done(session, {**key, "of_position": position}, Answer("done", external_ref, number=numbers.get(position)), actor, now)
    return bool(left)


def list_new_lines(session: Session, customer_id: int, order_id: int) -> Sequence[int]:
    """Give the positions of an order's items that open a line of their own and are not set up yet."""
    key = {"customer": customer_id, "order": order_id}
    standing = session.connection().execute(_standing, key).all()
    left = [row.position for row in standing if row.status in ("wanted", "asked")]
    return [position for position in left if _needs_number(session, {**key, "of_position": position})]


def _needs_number(session: Session, key: Mapping[str, int]) -> bool:
    item = session.connection().execute(_what, key).one()
    return item.subscription_id is None and get_offering(session, item.offering_code).kind in OWN_LINES


def finish_undoing(session: Session, customer_id: int, order_id: int, *, actor: str, now: datetime) -> bool:
    """Note that a clerk undid by hand what had been set up for an order that was given up; False where nothing was left to do."""
    connection, key = session.connection(), {"customer": customer_id, "order": order_id}
    connection.execute(_lock, key)
    left = [row.position for row in connection.execute(_standing, key) if row.status == "undoing"]
    for position in left:
        _note_undone(session, {**key, "of_position": position}, Answer("done"), actor, now)
    return bool(left)


def _request(session: Session, key: Mapping[str, int], action: Literal["add", "remove"]) -> SetUp:
    item = session.connection().execute(_what, key).one()
    reference = holder_of(key["order"], key["of_position"]) + (":undo" if action == "remove" else "")
    return SetUp(
        reference, action, key["customer"], item.subscription_id, None, item.offering_code, item.quantity, item.monthly_minor,
        item.terms or {},
    )  # fmt: skip


def _ask_again(session: Session, claimed: ClaimedProvision, answer: Answer, now: datetime) -> str:
    wait = WAITS[min(claimed.attempts, len(WAITS)) - 1]
    session.connection().execute(_wait, {**claimed.key, "again": now + wait, "theirs": answer.external_ref})
    if claimed.attempts >= MOST_TRIES:
        session.connection().execute(_to_desk, {"order": claimed.order_id})
    return "undoing" if claimed.undoing else "asked"


def _note_done(session: Session, key: Mapping[str, int], answer: Answer, actor: str, now: datetime) -> bool:
    """Note one item as set up and start its product; with the last one the order goes on. False where it was known."""
    connection = session.connection()
    ended = {"end": "done", "theirs": answer.external_ref, "said": None, "at": now, "from_states": ["wanted", "asked"]}
    if connection.execute(_end, {**key, **ended}).first() is None:
        return False
    _start_product(session, key, answer.number, now)
    if {row.status for row in connection.execute(_standing, key)} == {"done"}:
        _set_up(session, Step("provision", key["customer"], key["order"], actor, now, answer.external_ref))
    return True


def _start_product(session: Session, key: Mapping[str, int], number: str | None, now: datetime) -> None:
    item = session.connection().execute(_what, key).one()
    kind = get_offering(session, item.offering_code).kind
    line = item.subscription_id
    if line is None and number is not None and kind in OWN_LINES:
        opened = NewLine(number, kind="broadband" if kind == "internet" else "mobile", activated_on=today(now))
        line = open_line(session, key["customer"], opened, now=now)
        session.connection().execute(_onto_line, {**key, "line": line})
    if line is not None and kind in PRODUCTS:
        product = NewProduct(item.offering_code, kind, item.name, item.monthly_minor, today(now))
        start_product(session, key["customer"], line, product, now=now)


def _set_up(session: Session, step: Step) -> None:
    """Let an order go on whose services all run: to what is to be sent, or to its end."""
    order = move_on(session, step)
    if order is None:
        return
    items = items_of(session, step)
    tell(session, step, order, OrderProvisioned(step.customer_id, step.order_id, order.reference), items[0].name)
    ways = [item.fulfilment for item in items]
    task = first_task(ways, is_sent=order.delivery is not None, outlet=order.outlet, is_set_up=True)
    if task is not None:
        give_task(session, step, task, order, items)
    else:
        fulfil_order(session, step.order_id, actor="system", customer_id=step.customer_id, now=step.now)


def _note_undone(session: Session, key: Mapping[str, int], answer: Answer, actor: str, now: datetime) -> bool:
    """Note one item as undone, and end its product if it had begun; with the last one the order leaves the worklist."""
    connection = session.connection()
    had_begun = connection.execute(_began, key).scalar() is not None
    ended = {"end": "undone", "theirs": answer.external_ref, "said": None, "at": now, "from_states": ["undoing"]}
    if connection.execute(_end, {**key, **ended}).first() is None:
        return False
    item = connection.execute(_what, key).one()
    if had_begun and item.subscription_id is not None:
        undo_product(session, key["customer"], item.subscription_id, item.offering_code, now=now)
    if not any(row.status == "undoing" for row in connection.execute(_standing, key)):
        _after_undoing(session, key, actor, now)
    return True


def _after_undoing(session: Session, key: Mapping[str, int], actor: str, now: datetime) -> None:
    """Take the order off the worklist, unless its money was paid over a counter and goes back there."""
    step = Step("cancel", key["customer"], key["order"], actor, now)
    order = session.connection().execute(_lock, step.key).one()
    if order.payment == "counter" and order.refunded_minor:
        give_task(session, step, "refund", order, items_of(session, step))
    else:
        drop_work(session, step.order_id)
    note_step(session, step, "undone")

"""The desk's other tasks: papers seen, set up by hand, sent, arrived or back, returned, paid out; and an order given back to the queue.

One address takes them all; the form says which step it is, and each is done once, however often it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import N_, Invalid, NotFound
from portal.customers import NumberInUse, parse_number
from portal.faces.access import me, order_desk, requires
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.office.actions import MAX_NOTE, NotYours
from portal.faces.office.blueprint import bp
from portal.faces.office.desk import DeskOrder, address_of, find_desk_order, order_page
from portal.faces.parts import portal
from portal.faces.transactions import writing
from portal.faces.words import sentence
from portal.orders import (
    OrderClosed,
    SamePerson,
    approve_return,
    close_return,
    finish_undoing,
    mark_paid,
    note_came_back,
    note_delivered,
    note_paid_out,
    note_papers,
    provision_order,
    receive_return,
    refuse_return,
    release_order,
    settle_recall_by_hand,
    ship_order,
    want_parcel,
)

MOST_LINES = 50
ANYBODYS = frozenset({"arrived", "came_back", "paid"})
"""Steps nobody has to take the order for: somebody else does the work."""
STEPS_OF: Mapping[str, tuple[str, ...]] = {
    "pay": ("paid",),
    "check": ("check",),
    "provision": ("set_up",),
    "ship": ("ship", "carry"),
    "recall": ("stopped", "too_late"),
    "deliver": ("arrived", "came_back"),
    "undo": ("undone",),
    "return": ("approve", "refuse", "receive", "close"),
    "refund": ("paid_out",),
}
"""Which steps a task has, besides finishing it by handing over."""


@bp.post("/orders/<ref:order_id>/step")
@requires(order_desk)
def do_step(order_id: int) -> Response:
    """Do the step the form names, where the order waits for it."""
    now, state, name = clock.now(), typed("note", *_number_fields()), request.form.get("step", "")
    try:
        with state.catching(), writing() as db:
            found = find_desk_order(db, order_id, now=now)
            if name in STEPS_OF.get(found.task, ()):
                _check_hands(found, name)
                _STEPS[name](db, found, state, now)
                entry = Entry(me().staff.actor, f"order.{name}", "order_desk", found.customer_id, f"order:{order_id}")
                record(db, portal().keys.audit[0], entry, now=now)
    except (NotYours, SamePerson, NumberInUse) as refusal:
        return order_page(order_id, refusal=sentence(refusal))
    except OrderClosed as refusal:
        return order_page(order_id, refusal=sentence(refusal))
    return order_page(order_id, state) if state.errors else go(address_of(found))


@bp.post("/orders/<ref:order_id>/release")
@requires(order_desk)
def release(order_id: int) -> Response:
    """Give an order back to the queue: by whoever took it, and by a supervisor."""
    now = clock.now()
    try:
        with writing() as db:
            found = find_desk_order(db, order_id, now=now)
            _check_holder(found)
            release_order(db, order_id, actor=me().staff.actor, now=now)
    except NotYours as refusal:
        return order_page(order_id, refusal=sentence(refusal))
    return go(address_of(found))


def _check_holder(found: DeskOrder) -> None:
    if found.work is None or not (found.is_mine or found.supervises):
        raise NotYours


def _check_hands(found: DeskOrder, name: str) -> None:
    if name not in ANYBODYS and not found.may_finish:
        raise NotYours


def _note(state: FormState, *, needed: str | None = None) -> str:
    """Give the note that was typed; Invalid where it is too long, or `needed` (a sentence) and not there."""
    note = " ".join(state.values["note"].split())
    if needed is not None and not note:
        raise Invalid({"note": needed})
    if len(note) > MAX_NOTE:
        raise Invalid({"note": N_("Keep it under 60 signs.")})
    return note


def _ship(db: Session, found: DeskOrder, state: FormState, now: datetime) -> None:
    note = _note(state, needed=N_("Enter the tracking number, or say how it was handed over."))
    ship_order(db, found.order.summary.id, actor=me().staff.actor, tracking=note, now=now)


def _carry(db: Session, found: DeskOrder, _: FormState, now: datetime) -> None:
    if _by_hand():
        raise NotFound
    want_parcel(db, found.order.summary.id, actor=me().staff.actor, now=now)


def _by_hand() -> bool:
    carrier = portal().logistics
    return carrier is None or carrier.by_hand


@bp.context_processor
def _ways_out() -> dict[str, Any]:
    """Tell the task's form whether there is a carrier to hand a parcel to."""
    return {"carrier_asked": not _by_hand()}


def _number_fields() -> list[str]:
    """Name the fields for numbers of new lines, one for each item that opens one."""
    return [name for name in request.form if name.startswith("number-")][:MOST_LINES]


def _set_up(db: Session, found: DeskOrder, state: FormState, now: datetime) -> None:
    """Note that all is set up; each new line has its number, or none of it starts."""
    numbers, wrong = {}, {}
    for position in found.new_lines:
        name = f"number-{position}"
        said = state.values.get(name, "").strip()
        try:
            if said:
                numbers[position] = parse_number(said, portal().settings.country)
        except Invalid as fault:
            wrong[name] = next(iter(fault.fields.values()))
    if wrong:
        raise Invalid(wrong)
    note = _note(state)
    provision_order(
        db, found.customer_id, found.order.summary.id, actor=me().staff.actor, numbers=numbers, external_ref=note or None, now=now
    )


def _check(db: Session, found: DeskOrder, _: FormState, now: datetime) -> None:
    note_papers(db, found.order.summary.id, request.form.getlist("papers"), actor=me().staff.actor, now=now)


def _return_of(found: DeskOrder) -> int:
    if found.open_return is None:
        raise NotFound
    return found.open_return.id


def _receive(db: Session, found: DeskOrder, now: datetime) -> None:
    """Note what came of a return: the counts of the form, else all of it."""
    return_id = _return_of(found)
    wanted = found.open_return.items if found.open_return else {}
    came = {position: request.form.get(f"pieces-{position}") for position in wanted}
    pieces = {int(position): _count(typed_in) for position, typed_in in came.items() if typed_in is not None}
    receive_return(db, found.customer_id, return_id, actor=me().staff.actor, pieces=pieces or None, now=now)


def _count(text: str) -> int:
    """Read a number of pieces; what is none is refused by the return itself."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1


_STEPS: Mapping[str, Callable[[Session, DeskOrder, FormState, datetime], object]] = {
    "ship": _ship,
    "carry": _carry,
    "stopped": lambda db, found, _, now: settle_recall_by_hand(db, found.order.summary.id, stopped=True, actor=me().staff.actor, now=now),
    "too_late": lambda db, found, state, now: settle_recall_by_hand(
        db, found.order.summary.id, stopped=False, actor=me().staff.actor, tracking=_note(state) or None, now=now
    ),
    "set_up": _set_up,
    "check": _check,
    "arrived": lambda db, found, _, now: note_delivered(db, found.order.summary.id, actor=me().staff.actor, now=now),
    "came_back": lambda db, found, _, now: note_came_back(db, found.order.summary.id, actor=me().staff.actor, now=now),
    "undone": lambda db, found, _, now: finish_undoing(db, found.customer_id, found.order.summary.id, actor=me().staff.actor, now=now),
    "approve": lambda db, found, _, now: approve_return(db, found.customer_id, _return_of(found), actor=me().staff.actor, now=now),
    "receive": lambda db, found, _, now: _receive(db, found, now),
    "refuse": lambda db, found, state, now: refuse_return(
        db,
        found.customer_id,
        _return_of(found),
        _note(state, needed=N_("Say why it is refused; the customer reads it.")),
        actor=me().staff.actor,
        now=now,
    ),
    "close": lambda db, found, state, now: close_return(
        db,
        found.customer_id,
        _return_of(found),
        _note(state, needed=N_("Say why it is closed; the customer reads it.")),
        actor=me().staff.actor,
        now=now,
    ),
    "paid_out": lambda db, found, _, now: note_paid_out(db, found.order.summary.id, actor=me().staff.actor, now=now),
    "paid": lambda db, found, _, now: _paid(db, found, now),
}


def _paid(db: Session, found: DeskOrder, now: datetime) -> None:
    """Note money taken at the counter; what is paid online its provider says alone."""
    one = found.order.summary
    if one.payment != "counter":
        raise NotYours
    mark_paid(db, found.customer_id, one.id, one.total_minor, actor=me().staff.actor, now=now)

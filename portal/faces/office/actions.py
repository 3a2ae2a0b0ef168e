"""What the desk does with an order: take it, finish it, give it up. Each once, however often it is sent."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.faces.access import me, order_desk, requires
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.desk import DeskOrder, address_of, cancel_page, find_desk_order, look, order_page
from portal.faces.order_words import DESK_REASONS
from portal.faces.transactions import writing
from portal.faces.words import sentence
from portal.orders import AlreadyTaken, OrderClosed, cancel_order, fulfil_order, take_order

MAX_NOTE = 60


class NotYours(Refused):
    """Only whoever has taken an order, or a supervisor, moves it on."""

    code = "order_not_taken"
    sentence = N_("Take the order first, so that nobody else prepares it too. Nothing was changed.")


class EndedMeanwhile(Refused):
    """Somebody else finished or gave up the order first."""

    code = "order_ended"
    sentence = N_("Somebody was faster: this order is closed, as it stands below. Nothing was changed.")


@bp.post("/orders/<ref:order_id>/take")
@requires(order_desk)
def take(order_id: int) -> Response:
    """Take an order, so that nobody else prepares it; who has it already goes on to it."""
    now = clock.now()
    try:
        with writing() as db:
            found = find_desk_order(db, order_id, now=now)
            _must_be_open(found)
            take_order(db, me().staff.id, order_id, now=now)
    except AlreadyTaken as refusal:
        return order_page(order_id, refusal=sentence(refusal))
    except (NotFound, EndedMeanwhile, OrderClosed):
        return _ended(order_id)
    return go(address_of(found))


@bp.post("/orders/<ref:order_id>/fulfil")
@requires(order_desk)
def fulfil(order_id: int) -> Response:
    """Finish an order: sent under this tracking number, or handed over as the note says."""
    state = typed("note")
    note = " ".join(state.values["note"].split())

    def check(found: DeskOrder) -> None:
        if not found.may_finish or found.task == "recall":
            raise NotYours
        if found.has_goods and not note:
            raise Invalid({"note": N_("Enter the tracking number, or say how it was handed over.")})
        if len(note) > MAX_NOTE:
            raise Invalid({"note": N_("Keep it under 60 signs.")})

    def move(db: Session) -> None:
        fulfil_order(db, order_id, actor=me().staff.actor, note=note or None, now=clock.now())

    return _move_on(order_id, state, "completed", check, move)


@bp.get("/orders/<ref:order_id>/cancel")
@requires(order_desk)
def ask_reason(order_id: int) -> Response:
    """Ask why the order is given up, and say what that does."""
    found = look(order_id, now=clock.now())
    if found.work is None:
        return _ended(order_id)
    if not found.may_cancel:
        return order_page(order_id, refusal=sentence(NotYours()))
    return cancel_page(found, FormState({"reason": ""}))


@bp.post("/orders/<ref:order_id>/cancel")
@requires(order_desk)
def cancel(order_id: int) -> Response:
    """Give the order up: its points and its stock go back, and the customer is told why."""
    state = typed("reason")
    reason = state.values["reason"]

    def check(found: DeskOrder) -> None:
        if not found.may_cancel:
            raise NotYours
        if reason not in DESK_REASONS:
            raise Invalid({"reason": N_("Choose why it is cancelled.")})

    def move(db: Session) -> None:
        cancel_order(db, None, order_id, actor=me().staff.actor, reason=reason, now=clock.now())

    return _move_on(order_id, state, "cancelled", check, move)


def _move_on(order_id: int, state: FormState, end: str, check: Callable[[DeskOrder], None], move: Callable[[Session], None]) -> Response:
    """Take one of the two last steps in one transaction. The same click again leads where the first one led."""
    try:
        with state.catching(), writing() as db:
            found = find_desk_order(db, order_id, now=clock.now())
            if not _did_it(found, end):
                _must_be_open(found)
                check(found)
                move(db)
    except NotYours as refusal:
        return order_page(order_id, refusal=sentence(refusal))
    except (NotFound, EndedMeanwhile, OrderClosed):
        return _ended(order_id)
    if not state.errors:
        return go(address_of(found))
    if end == "cancelled":
        return cancel_page(look(order_id, now=clock.now()), state)
    return order_page(order_id, state)


def _did_it(found: DeskOrder, end: str) -> bool:
    """Say whether this very person has taken this step already: a second click."""
    return found.work is None and found.order.summary.status == end and found.ended_by == me().staff.actor


def _must_be_open(found: DeskOrder) -> None:
    if found.work is None:
        raise EndedMeanwhile


def _ended(order_id: int) -> Response:
    """Show how an order ended that somebody else was faster with; NotFound where the address does not say whose it is."""
    return order_page(order_id, refusal=sentence(EndedMeanwhile()))

"""An open customer's orders at the counter: paid at the till, papers seen, handed over, given back; and what waits here to be picked up.

Every step is in the audit log. Money that goes back is decided on at the order desk, by somebody else than who asked for it here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Response, make_response, render_template, request, session, url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import N_, Refused
from portal.base.ids import new_token
from portal.carts import OUTLETS, OUTLETS_BY_CODE
from portal.catalog import find_pictures
from portal.customers import Viewer, get_owner, profile_card
from portal.faces.access import me, requires, staff
from portal.faces.babel import gettext
from portal.faces.counter.blueprint import bp
from portal.faces.counter.customer import look, must_be_open
from portal.faces.counter.tabs import my_tabs, tab_items
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.order_words import step_rows
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence, text
from portal.identity import OpenTab
from portal.orders import (
    AlreadyTaken,
    NotReturnable,
    OrderClosed,
    OrderView,
    Returnable,
    ReturnView,
    ask_return,
    find_returnable,
    fulfil_order,
    get_order,
    list_orders,
    list_pick_ups,
    list_returns,
    note_papers,
    take_counter_payment,
)

PAGE = 20
PAID_FIRST = ("online", "counter")


class NotHere(Refused):
    """The order does not wait for this."""

    code = "order_not_here"
    sentence = N_("The order does not wait for this any more. It stands as shown below; nothing was changed.")


@dataclass(frozen=True, slots=True)
class CounterOrder:
    """An order as it can be worked on at the counter."""

    order: OrderView
    left: Returnable
    returns: tuple[ReturnView, ...]

    @property
    def may_pay(self) -> bool:
        """It waits for its money."""
        one = self.order.summary
        return one.waits_for_payment and one.payment in PAID_FIRST and one.total_minor > 0

    @property
    def may_check(self) -> bool:
        """It waits until somebody has seen papers."""
        return self.order.summary.task == "check"

    @property
    def may_hand_over(self) -> bool:
        """It is ready to be picked up."""
        return self.order.summary.task == "collect"


@bp.get("/customers/<ref:customer_id>/orders")
@requires(staff)
def list_customer_orders(customer_id: int) -> str:
    """Show the orders of an open customer, newest first."""
    now = clock.now()
    tabs, viewer = _open(customer_id, now)
    with reading() as db:
        found = list_orders(db, viewer, before=request.args.get("before"), limit=PAGE)
        profile = profile_card(db, viewer, now=now)
    return render_template(
        "counter/orders.html",
        orders=found,
        newest=not request.args.get("before"),
        customer_name=profile.name,
        customer_id=customer_id,
        open_customers=tab_items(tabs, customer_id),
    )


@bp.get("/customers/<ref:customer_id>/orders/<ref:order_id>")
@requires(staff)
def show_customer_order(customer_id: int, order_id: int) -> Response:
    """Show one order of an open customer, and what can be done with it here."""
    return _page(customer_id, order_id, FormState({"key": new_token()}))


@bp.post("/customers/<ref:customer_id>/orders/<ref:order_id>/paid")
@requires(staff)
def take_payment(customer_id: int, order_id: int) -> Response:
    """Note that the order was paid at the till, under the receipt's number."""
    state = typed("receipt")

    def pay(db: Session, _: CounterOrder, now: datetime) -> object:
        return take_counter_payment(db, customer_id, order_id, state.values["receipt"], actor=me().staff.actor, now=now)

    return _do(customer_id, order_id, state, "paid_at_counter", pay, gettext("Paid. The receipt’s number is with the order."))


@bp.post("/customers/<ref:customer_id>/orders/<ref:order_id>/papers")
@requires(staff)
def see_papers(customer_id: int, order_id: int) -> Response:
    """Note the papers that were shown here."""

    def check(db: Session, found: CounterOrder, now: datetime) -> object:
        _must(found.may_check)
        seen = request.form.getlist("papers")
        return note_papers(db, order_id, seen, actor=me().staff.actor, customer_id=customer_id, now=now)

    return _do(customer_id, order_id, typed(), "papers_seen", check, gettext("The papers are noted; the order goes on."))


@bp.post("/customers/<ref:customer_id>/orders/<ref:order_id>/handed-over")
@requires(staff)
def hand_over(customer_id: int, order_id: int) -> Response:
    """Hand over what is picked up; that completes the order."""
    clerk = me().staff

    def give(db: Session, found: CounterOrder, now: datetime) -> object:
        _must(found.may_hand_over or found.order.summary.status == "completed")
        return fulfil_order(db, order_id, actor=clerk.actor, note=clerk.outlet, customer_id=customer_id, now=now)

    return _do(customer_id, order_id, typed(), "handed_over", give, gettext("Handed over. The order is complete."))


@bp.post("/customers/<ref:customer_id>/orders/<ref:order_id>/return")
@requires(staff)
def start_return(customer_id: int, order_id: int) -> Response:
    """Ask for a return on the customer's behalf; somebody at the order desk decides on it."""
    state = typed("reason", "key")

    def ask(db: Session, found: CounterOrder, now: datetime) -> object:
        pieces = {item.position: _count(request.form.get(f"pieces-{item.position}", "")) for item in found.order.items}
        key = f"{order_id}:{state.values['key'][:60]}"
        return ask_return(db, customer_id, order_id, pieces, reason=state.values["reason"], key=key, actor=me().staff.actor, now=now)

    return _do(customer_id, order_id, state, "return_asked", ask, gettext("The return is asked for. The order desk decides on it."))


@bp.get("/pick-ups")
@requires(staff)
def list_waiting_here() -> str:
    """Show what waits at one's own outlet, or at the one chosen, to be picked up. It shows nothing of any customer."""
    now, asked = clock.now(), request.args.get("outlet", "")
    here = asked if asked in OUTLETS_BY_CODE else outlet_of(me().staff.outlet)
    with reading() as db:
        waiting = list_pick_ups(db, here, now=now) if here else ()
        tabs = my_tabs(db, me(), now=now)
    return render_template(
        "counter/pick_ups.html",
        waiting=waiting,
        here=here,
        outlets=[("", gettext("Choose an outlet"))] * (not here) + [(one.code, text(dict(one.name))) for one in OUTLETS],
        as_of=now,
        open_customers=tab_items(tabs),
    )


def outlet_of(name: str) -> str:
    """Give the code of the outlet a member of staff works at; "" where it is none that orders are picked up at."""
    return next((one.code for one in OUTLETS if name in one.name.values()), "")


def _open(customer_id: int, now: datetime) -> tuple[list[OpenTab], Viewer]:
    with reading() as db:
        get_owner(db, customer_id)  # who is nobody is not found, whoever asks
    tabs, viewer, _ = look(customer_id, now=now)
    must_be_open(viewer)
    return tabs, viewer


def _find(db: Session, viewer: Viewer, order_id: int, now: datetime) -> CounterOrder:
    order = get_order(db, viewer, order_id)
    left = find_returnable(db, viewer.customer_id, order_id, now=now)
    return CounterOrder(order, left, tuple(list_returns(db, viewer.customer_id, order_id)))


def _do(
    customer_id: int, order_id: int, state: FormState, name: str, move: Callable[[Session, CounterOrder, datetime], object], said: str
) -> Response:
    """Take one step in one transaction with its line in the audit log. The same click again changes nothing and leads here too."""
    now, clerk = clock.now(), me().staff
    _, viewer = _open(customer_id, now)
    try:
        with state.catching(), writing() as db:
            if move(db, _find(db, viewer, order_id, now), now):
                record(
                    db, portal().keys.audit[0], Entry(clerk.actor, f"order.{name}", "counter", customer_id, f"order:{order_id}"), now=now
                )
    except (NotHere, OrderClosed, NotReturnable, AlreadyTaken):
        return _page(customer_id, order_id, state, refusal=sentence(NotHere()))
    if state.errors:
        return _page(customer_id, order_id, state)
    session["done"] = said
    return go(url_for("counter.show_customer_order", customer_id=customer_id, order_id=order_id))


def _page(customer_id: int, order_id: int, state: FormState, *, refusal: str | None = None) -> Response:
    now = clock.now()
    tabs, viewer = _open(customer_id, now)
    with reading() as db:
        found = _find(db, viewer, order_id, now)
        profile = profile_card(db, viewer, now=now)
        pictures = find_pictures(db, {item.offering_code for item in found.order.items})
    if not refusal and not _asked_for(found, state):
        state, refusal = FormState(), sentence(NotHere())
    outlet = OUTLETS_BY_CODE.get(found.order.outlet or "")
    page = render_template(
        "counter/order.html",
        found=found,
        order=found.order,
        pictures=pictures,
        steps=step_rows(found.order.steps, {}),
        outlet=found.order.outlet if outlet is None else text(dict(outlet.name)),
        customer_name=profile.name,
        customer_id=customer_id,
        state=FormState({"key": new_token()} | dict(state.values), state.errors),
        refusal=refusal,
        done=None if refusal or state.errors else session.pop("done", None),
        open_customers=tab_items(tabs, customer_id),
    )
    return make_response(page, 409 if refusal else state.status)


def _asked_for(found: CounterOrder, state: FormState) -> bool:
    """Whether the fields something is wrong with are still on the page: the order may have gone on since."""
    return (found.may_pay or "receipt" not in state.errors) and (bool(found.left.pieces) or not {"pieces", "reason"} & state.errors.keys())


def _must(holds: bool) -> None:
    if not holds:
        raise NotHere


def _count(text: str) -> int:
    """Read a number of pieces; what is none is told apart by the order's own check."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0 if not text.strip() else -1

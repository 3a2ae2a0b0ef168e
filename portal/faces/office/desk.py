"""One order at the desk: what was ordered, for whom, where it goes, and what can be done with it now.

Where goods go is shown to whoever has taken the order, and every look is in the audit log before anything is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.errors import N_, NotFound
from portal.base.ids import from_ref, to_ref
from portal.catalog import count_stock, get_offering
from portal.customers import ProfileCard, Viewer, profile_card
from portal.faces.access import me, order_desk, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.office.blueprint import bp
from portal.faces.order_words import DESK_REASONS, step_rows
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import moment
from portal.identity import find_staff_names, note_orders_seen
from portal.orders import OrderView, ReturnView, WorkItem, find_next_work, get_order, get_work_order, list_new_lines, list_returns

GONE = N_("This order is not on the worklist: it was finished or cancelled meanwhile, or there is none like it.")


@dataclass(frozen=True, slots=True)
class DeskOrder:
    """An order as this member of staff may see it. `work` is None once it left the worklist."""

    order: OrderView
    work: WorkItem | None
    customer_id: int
    staff_id: int
    supervises: bool
    returns: Sequence[ReturnView] = ()
    new_lines: Sequence[int] = ()

    @property
    def is_mine(self) -> bool:
        """This member of staff has taken it."""
        return self.work is not None and self.work.taken_by == self.staff_id

    @property
    def is_free(self) -> bool:
        """Nobody has taken it."""
        return self.work is not None and self.work.taken_by is None

    @property
    def may_cancel(self) -> bool:
        """It can be given up here: by whoever took it, and by a supervisor."""
        return self.order.summary.state.is_open and self.task not in ("deliver", "pay", "recall") and (self.is_mine or self.supervises)

    @property
    def may_finish(self) -> bool:
        """It can be finished here: the same, and never before somebody took it."""
        return self.work is not None and (self.is_mine or self.supervises) and not self.is_free

    @property
    def task(self) -> str:
        """What it waits for; nothing once it left the worklist."""
        return "" if self.work is None else self.work.task

    @property
    def open_return(self) -> ReturnView | None:
        """The return that waits for the desk."""
        return next((each for each in self.returns if each.is_open), None)

    @property
    def has_goods(self) -> bool:
        """Something of it is sent."""
        return any(item.fulfilment == "goods" for item in self.order.items)

    @property
    def ended_by(self) -> str:
        """Who took the last step, as an actor."""
        return self.order.steps[-1].actor if self.order.steps else "system"


@dataclass(frozen=True, slots=True)
class Stock:
    """What became of an item's pieces, in words."""

    word: str
    state: str
    note: str


@bp.get("/orders/<ref:order_id>")
@requires(order_desk)
def show_order(order_id: int) -> Response:
    """Show one order, be it on the worklist or, where the address says whose it is, no longer."""
    return order_page(order_id)


def find_desk_order(session: Session, order_id: int, *, now: datetime) -> DeskOrder:
    """Give an order as one may see it; NotFound for one off the worklist unless the address says whose it is (`of`)."""
    staff = me().staff
    supervises = staff.role == "supervisor"
    try:
        found = get_work_order(session, order_id, staff.id, now=now)
    except NotFound:
        customer_id = _whose()
        order = get_order(session, Viewer("staff", staff.actor, customer_id, full=False), order_id)
        return DeskOrder(replace(order, delivery=None), None, customer_id, staff.id, supervises)
    returns = list_returns(session, found.customer_id, order_id) if found.work.task == "return" else ()
    new_lines = list_new_lines(session, found.customer_id, order_id) if found.work.task == "provision" else ()
    return DeskOrder(found.order, found.work, found.customer_id, staff.id, supervises, returns, new_lines)


def look(order_id: int, *, now: datetime) -> DeskOrder:
    """Note a look at an order and commit it; then give the order."""
    with writing() as db:
        found = find_desk_order(db, order_id, now=now)
        shown = found.is_mine and found.order.delivery is not None
        note_orders_seen(db, portal().keys, me().staff, {found.customer_id: shown}, now=now)
    return found


def order_page(order_id: int, state: FormState | None = None, *, refusal: str | None = None) -> Response:
    """Render an order's page: with what was typed, or with why what was wanted was not done."""
    now, state = clock.now(), state or FormState()
    found = look(order_id, now=now)
    with reading() as db:
        profile, next_item, names = _around(db, found, now=now)
        stock = _stock(db, found.order)
    page = render_template(
        "office/order.html",
        found=found,
        order=found.order,
        work=found.work,
        who=profile,
        stock=stock,
        steps=step_rows(found.order.steps, names),
        taken_by=names.get(f"staff:{found.work.taken_by}") if found.work else None,
        ended=ended_words(found, names),
        next_item=next_item,
        of=to_ref(found.customer_id),
        state=state,
        refusal=refusal,
    )
    return make_response(page, 409 if refusal else state.status)


def cancel_page(found: DeskOrder, state: FormState) -> Response:
    """Render the page that asks why an order is given up, and says what that does."""
    reasons = [("", gettext("Choose why it is cancelled"))] + [(code, gettext(said)) for code, said in DESK_REASONS.items()]
    page = render_template(
        "office/cancel.html", order=found.order, work=found.work, of=to_ref(found.customer_id), reasons=reasons, state=state
    )
    return make_response(page, state.status)


def address_of(found: DeskOrder) -> str:
    """Give the address of an order's page, good also once it left the worklist."""
    return url_for("office.show_order", order_id=found.order.summary.id, of=to_ref(found.customer_id))


def ended_words(found: DeskOrder, names: Mapping[str, str]) -> str:
    """Say what became of an order that left the worklist; nothing for one that is on it."""
    if found.work is not None or not found.order.steps:
        return ""
    last = next(
        (step for step in reversed(found.order.steps) if step.kind in ("cancelled", "completed", "returned")), found.order.steps[-1]
    )
    who, when = names.get(last.actor, ""), moment(last.at)
    if last.kind == "cancelled":
        return gettext("Cancelled on %(when)s, by %(name)s.", when=when, name=who)
    return gettext("Done on %(when)s, by %(name)s.", when=when, name=who)


def _around(session: Session, found: DeskOrder, *, now: datetime) -> tuple[ProfileCard, WorkItem | None, dict[str, str]]:
    """Give whose order it is (masked), what else waits, and what everybody who had a hand in it is called."""
    staff = me().staff
    profile = profile_card(session, Viewer("staff", staff.actor, found.customer_id, full=False), now=now)
    actors = {step.actor for step in found.order.steps}
    if found.work is not None and found.work.taken_by is not None:
        actors.add(f"staff:{found.work.taken_by}")
    ids = {int(actor.partition(":")[2]) for actor in actors if actor.startswith("staff:")}
    called = find_staff_names(session, ids - {staff.id})
    names = {f"staff:{staff_id}": name for staff_id, name in called.items()} | {staff.actor: gettext("you")}
    for actor in actors:
        kind, _, number = actor.partition(":")
        if kind == "employee":
            names[actor] = gettext("employee %(number)s", number=number)
        elif kind != "staff":
            names[actor] = gettext("the customer") if kind == "party" else gettext("the system")
    return profile, find_next_work(session, staff.id, besides=found.order.summary.id, now=now), names


def _stock(session: Session, order: OrderView) -> dict[int, Stock]:
    words: dict[str, tuple[str, str]] = {
        "reserved": (gettext("Reserved"), "info"), "accepted": (gettext("Reserved"), "info"),
        "completed": (gettext("Given out"), "ok"), "cancelled": (gettext("Put back"), "neutral"),
        "returned": (gettext("Put back"), "neutral"),
    }  # fmt: skip
    found = {}
    for item in order.items:
        if not get_offering(session, item.offering_code).stocked:
            found[item.position] = Stock(gettext("Not counted"), "neutral", "")
            continue
        free = count_stock(session, item.offering_code).free
        found[item.position] = Stock(*words.get(order.summary.status, words["reserved"]), gettext("%(count)s more in stock", count=free))
    return found


def _whose() -> int:
    """Give the customer the address names, for an order that left the worklist."""
    try:
        return from_ref(request.args.get("of", ""))
    except ValueError as error:
        raise NotFound(GONE) from error

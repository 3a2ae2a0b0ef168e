"""Several orders at once: each in a transaction of its own and each once, with a word of what came of it.

The answer to the form is the page that says so: sent again, it does nothing again and says that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import N_, Invalid, NotFound
from portal.base.ids import from_ref, to_ref
from portal.faces.access import me, order_desk, requires
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.office.actions import MAX_NOTE, NotYours
from portal.faces.office.blueprint import bp
from portal.faces.office.bulk_words import Came, Outcome, sum_up
from portal.faces.office.desk import DeskOrder, find_desk_order
from portal.faces.office.tracking_lists import Line, read_file, read_lines
from portal.faces.office.work_filters import read_asked
from portal.faces.office.worklist import worklist_page
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.orders import (
    DESK,
    AlreadyTaken,
    OrderClosed,
    WorkItem,
    fulfil_order,
    list_called_work,
    list_chosen_work,
    release_order,
    ship_order,
    take_order,
)

MOST = 50
BESIDE = "tracking-"
SENT_BY_HAND, HANDED = ("ship", "prepare"), ("collect", "prepare")
NONE_CHOSEN = N_("Tick the orders first. Nothing was done.")
_PAGES = {
    "ship": "office.ask_tracking",
    "hand_over": "office.ask_handing",
    "pick_list": "office.show_pick_list",
    "labels": "office.show_labels",
}

Move = Callable[[Session, DeskOrder, datetime], Came]


@bp.post("/bulk")
@requires(order_desk)
def do_many() -> Response:
    """Take the orders that were ticked or give them back; for what asks something first, go to the page that asks."""
    asked, chosen, wanted = read_asked(request.form), read_chosen(request.form.getlist("order")), request.form.get("do", "")
    if not chosen:
        return worklist_page(asked, refusal=sentence(NONE_CHOSEN))
    if wanted in _PAGES:
        return go(url_for(_PAGES[wanted], order=[to_ref(order_id) for order_id in chosen]))
    if wanted not in ("take", "release"):
        raise NotFound
    now = clock.now()
    with reading() as db:
        items = {item.order_id: item for item in list_chosen_work(db, chosen, now=now)}
    does = _take if wanted == "take" else _release
    return outcome_page([_one(order_id, items.get(order_id), does, wanted, now) for order_id in sorted(chosen)], back=asked.address())


@bp.get("/bulk/ship")
@requires(order_desk)
def ask_tracking() -> Response:
    """Ask for the tracking numbers: beside each order that was ticked, as a list, or as a file."""
    return _tracking_page(FormState({"list": ""}))


@bp.post("/bulk/ship")
@requires(order_desk)
def send_many() -> Response:
    """Send the orders of the form, of the list and of the file, each under its number."""
    now, state = clock.now(), typed()
    lines: list[Line] = []
    with state.catching():
        lines = _lines_sent()
    if state.errors:
        return _tracking_page(state)
    references = {line.reference for line in lines if line.reference}
    with reading() as db:
        found = list_called_work(db, sorted(references), now=now)
    called: dict[str, list[WorkItem]] = {}
    for item in found:
        called.setdefault(item.reference, []).append(item)
    numbers: dict[str, set[str]] = {}
    for line in lines:
        numbers.setdefault(line.reference or "", set()).add(line.tracking)
    outcomes, seen = [], set()
    for line in lines:
        if line.reference is None or line.reference not in seen:
            outcomes.append(_send(line, called.get(line.reference or "", []), numbers, now))
        seen.add(line.reference)
    return outcome_page(outcomes, back=url_for("office.show_worklist", view="mine"))


@bp.get("/bulk/hand-over")
@requires(order_desk)
def ask_handing() -> Response:
    """Ask how the orders that were ticked are handed over."""
    return _handing_page(FormState({"note": ""}))


@bp.post("/bulk/hand-over")
@requires(order_desk)
def hand_over_many() -> Response:
    """Hand the orders over, with one note for all of them."""
    now, state, chosen = clock.now(), typed("note"), read_chosen(request.form.getlist("order"))
    note = " ".join(state.values["note"].split())
    if not note:
        state.errors["note"] = sentence(N_("Say how they were handed over; the customers read it."))
    elif len(note) > MAX_NOTE:
        state.errors["note"] = sentence(N_("Keep it under 60 signs."))
    if state.errors or not chosen:
        return _handing_page(state)
    with reading() as db:
        items = {item.order_id: item for item in list_chosen_work(db, chosen, now=now)}
    move = partial(_hand_over, note=note)
    outcomes = [_one(order_id, items.get(order_id), move, "handed_over", now) for order_id in sorted(chosen)]
    return outcome_page(outcomes, back=url_for("office.show_worklist", view="mine"))


def read_chosen(refs: Sequence[str]) -> list[int]:
    """Give the orders that were ticked, each once, at most fifty; what is no reference of one is passed over."""
    found: dict[int, None] = {}
    for ref in refs[: 4 * MOST]:
        try:
            found[from_ref(ref)] = None
        except ValueError:
            continue
    return list(found)[:MOST]


def outcome_page(outcomes: Sequence[Outcome], *, back: str) -> Response:
    """Say what came of each."""
    return make_response(render_template("office/bulk_done.html", outcomes=outcomes, said=sum_up(outcomes), back_url=back))


def _one(order_id: int, item: WorkItem | None, move: Move, name: str, now: datetime, note: str = "") -> Outcome:
    """Do one thing with one order, in a transaction of its own."""
    if item is None:
        return Outcome("—", "gone")
    came: Came
    try:
        with writing() as db:
            found = find_desk_order(db, order_id, now=now)
            came = move(db, found, now)
            if came == "done":
                entry = Entry(
                    me().staff.actor, f"order.{name}", "order_desk", found.customer_id, f"order:{order_id}", {"with_others": True}
                )
                record(db, portal().keys.audit[0], entry, now=now)
    except AlreadyTaken:
        came = "faster"
    except NotYours:
        came = "not_yours"
    except (NotFound, OrderClosed):
        came = "gone"
    return Outcome(item.reference, came, url_for("office.show_order", order_id=order_id), note)


def _take(db: Session, found: DeskOrder, now: datetime) -> Came:
    return "done" if take_order(db, me().staff.id, found.order.summary.id, now=now) else "again"


def _release(db: Session, found: DeskOrder, now: datetime) -> Came:
    if found.is_free:
        return "again"
    if not (found.is_mine or found.supervises):
        raise NotYours
    return "done" if release_order(db, found.order.summary.id, actor=me().staff.actor, now=now) else "again"


def _ship(db: Session, found: DeskOrder, now: datetime, *, tracking: str) -> Came:
    order_id, actor = found.order.summary.id, me().staff.actor
    if found.task == "deliver":
        return "again"
    if found.task not in SENT_BY_HAND or found.work is None or found.work.role != DESK:
        return "other_task"
    if not found.may_finish:
        raise NotYours
    if found.task == "ship":
        return "done" if ship_order(db, order_id, actor=actor, tracking=tracking, now=now) else "again"
    return "done" if fulfil_order(db, order_id, actor=actor, note=tracking, now=now) else "again"


def _hand_over(db: Session, found: DeskOrder, now: datetime, *, note: str) -> Came:
    if found.task not in HANDED:
        return "other_task"
    if not found.may_finish:
        raise NotYours
    return "done" if fulfil_order(db, found.order.summary.id, actor=me().staff.actor, note=note, now=now) else "again"


def _lines_sent() -> list[Line]:
    """Give what was typed beside the orders, pasted and uploaded, as one list; Invalid where there is nothing."""
    beside = "\n".join(f"{reference},{number}" for reference, number in _beside().items() if number.strip())
    lines = read_lines(beside, field="list") + read_lines(request.form.get("list", ""), field="list")
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        lines += read_lines(read_file(upload.stream.read(200_000)), field="file")
    if not lines:
        raise Invalid({"list": N_("Enter at least one tracking number.")})
    return lines


def _beside() -> dict[str, str]:
    """Give what was typed beside the orders, by reference."""
    return {name.removeprefix(BESIDE)[:20]: value[:200] for name, value in request.form.items() if name.startswith(BESIDE)}


def _send(line: Line, called: Sequence[WorkItem], numbers: dict[str, set[str]], now: datetime) -> Outcome:
    """Send the order of one line, where the line says which and under what number."""
    came = _fault_of(line, numbers)
    mine = [item for item in called if item.taken_by == me().staff.id] or list(called)
    if came is None and len(mine) != 1:
        came = "several" if mine else "unknown"
    if came is not None:
        return Outcome(line.reference or line.text[:60], came)
    return _one(mine[0].order_id, mine[0], partial(_ship, tracking=line.tracking), "shipped", now, line.tracking)


def _fault_of(line: Line, numbers: dict[str, set[str]]) -> Came | None:
    """Say what is wrong with a line by itself."""
    if line.reference is None:
        return "unread"
    if len(numbers[line.reference]) > 1:
        return "twice"
    if not line.tracking:
        return "no_number"
    return "long" if len(line.tracking) > MAX_NOTE else None


def _chosen_items() -> Sequence[WorkItem]:
    now = clock.now()
    with reading() as db:
        return list_chosen_work(db, read_chosen(request.values.getlist("order")), now=now)


def _tracking_page(state: FormState) -> Response:
    items = [item for item in _chosen_items() if item.task in SENT_BY_HAND and item.taken_by == me().staff.id]
    page = render_template("office/bulk_ship.html", items=items, state=state, beside=_beside(), pasted=request.form.get("list", ""))
    return make_response(page, state.status)


def _handing_page(state: FormState) -> Response:
    items = [(to_ref(item.order_id), item) for item in _chosen_items() if item.task in HANDED and item.taken_by == me().staff.id]
    return make_response(render_template("office/bulk_hand_over.html", items=items, state=state), state.status)

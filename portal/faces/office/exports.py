"""The worklist as a file: with a reason that is kept, and with nothing of any customer in it (guard.md 28)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from flask import Response, make_response, render_template, request

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.clock import local_time
from portal.base.errors import N_, Invalid
from portal.carts import OUTLETS_BY_CODE
from portal.faces.access import me, order_desk, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.office.blueprint import bp
from portal.faces.office.spreadsheet import csv_answer
from portal.faces.office.work_filters import CHANNEL_WORDS, ROLES, Asked, filter_of, read_asked
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence, text
from portal.identity import find_staff_names
from portal.orders import TASKS, WorkItem, list_work_page

MOST_ROWS, CHUNK = 10_000, 500
FEWEST_SIGNS, MOST_SIGNS = 4, 120


@bp.get("/export")
@requires(order_desk)
def ask_export() -> Response:
    """Say what the file holds, and ask what it is for."""
    return _page(FormState({"reason": ""}), read_asked(request.args))


@bp.post("/export.csv")
@requires(order_desk)
def export_worklist() -> Response:
    """Give the part of the worklist the form names as CSV; who, why and how much is in the audit log before it is given."""
    now, state, asked = clock.now(), typed("reason"), read_asked(request.form)
    reason = " ".join(state.values["reason"].split())
    with state.catching():
        if not FEWEST_SIGNS <= len(reason) <= MOST_SIGNS:
            raise Invalid({"reason": N_("Say in a few words what the file is for.")})
    if state.errors:
        return _page(state, asked)
    items = _read(asked, now)
    staff = me().staff
    with writing() as db:
        names = find_staff_names(db, {item.taken_by for item in items if item.taken_by is not None})
        detail = {"reason": reason, "rows": len(items), "asked": asked.as_args()}
        record(db, portal().keys.audit[0], Entry(staff.actor, "worklist.exported", "order_desk", detail=detail), now=now)
    head = [
        gettext("Order"), gettext("Item"), gettext("Pieces"), gettext("Task"), gettext("Whose turn"), gettext("Due by"), gettext("Overdue"),
        gettext("Who has it"), gettext("Came through"), gettext("Picked up at"), gettext("Placed"),
    ]  # fmt: skip
    return csv_answer(f"orders-{local_time(now):%Y%m%d-%H%M}", [head, *(_cells(item, names) for item in items)])


def _read(asked: Asked, now: datetime) -> Sequence[WorkItem]:
    """Read the worklist to its end or the most rows there may be, some at a time, each in a short transaction."""
    found: list[WorkItem] = []
    for chunk in _chunks(asked, now):
        found += chunk
        if len(found) >= MOST_ROWS:
            break
    return found[:MOST_ROWS]


def _chunks(asked: Asked, now: datetime) -> Iterator[Sequence[WorkItem]]:
    after: tuple[datetime, int] | None = None
    while True:
        with reading() as db:
            which, _ = filter_of(db, asked, me().staff.id)
            chunk = list_work_page(db, which, now=now, after=after, limit=CHUNK)
        yield chunk
        if len(chunk) < CHUNK:
            return
        after = chunk[-1].due_at, chunk[-1].order_id


def _cells(item: WorkItem, names: Mapping[int, str]) -> list[object]:
    outlet, tasks = OUTLETS_BY_CODE.get(item.outlet or ""), {str(name): task.name for name, task in TASKS.items()}
    return [
        item.reference, text(dict(item.summary)), item.quantity, sentence(tasks[item.task]) if item.task in tasks else item.task,
        sentence(ROLES[item.role]) if item.role in ROLES else item.role, f"{local_time(item.due_at):%Y-%m-%d %H:%M}",
        gettext("yes") if item.is_late else "", "" if item.taken_by is None else names.get(item.taken_by, ""),
        sentence(CHANNEL_WORDS[item.channel]) if item.channel in CHANNEL_WORDS else item.channel,
        "" if outlet is None else text(dict(outlet.name)), f"{local_time(item.placed_at):%Y-%m-%d %H:%M}",
    ]  # fmt: skip


def _page(state: FormState, asked: Asked) -> Response:
    return make_response(render_template("office/export.html", state=state, asked=asked, most=MOST_ROWS), state.status)

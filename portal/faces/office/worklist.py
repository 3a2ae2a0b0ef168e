"""The worklist: open orders, what is due first first, and who has taken what. It shows nothing of any customer.

It is read anew by a button, not by itself: a page that asks every few seconds would keep the session of somebody who
has gone home alive, and move what is being read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import N_, Invalid
from portal.base.keyset import read_place, write_place
from portal.faces.access import me, order_desk, requires
from portal.faces.babel import gettext
from portal.faces.htmx import go, page_or_region
from portal.faces.office.blueprint import bp
from portal.faces.transactions import reading
from portal.identity import find_staff_names
from portal.orders import WorkItem, find_work, list_work, read_reference

PAGE = 25
HORIZON = 200
"""As far as the worklist is read; whatever is due later waits behind it."""
VIEWS = ("all", "free", "mine")


@dataclass(frozen=True, slots=True)
class Queue:
    """The open orders in sight. `next_id`: the first one that waits for this person."""

    everything: Sequence[WorkItem]
    mine: Sequence[WorkItem]

    @property
    def free(self) -> Sequence[WorkItem]:
        """What nobody has taken."""
        return [item for item in self.everything if item.taken_by is None]

    def next_after(self, order_id: int | None = None) -> WorkItem | None:
        """Give what to do next: of one's own and the free ones what is due first, another than `order_id`."""
        waiting = sorted({item.order_id: item for item in (*self.mine, *self.free)}.values(), key=_due)
        return next((item for item in waiting if item.order_id != order_id), None)


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One line of the worklist. `taken_by`: who has it, in words; None while it is free."""

    item: WorkItem
    url: str
    taken_by: str | None
    is_mine: bool


@bp.get("/")
@requires(order_desk)
def show_worklist() -> Response:
    """Show a page of the worklist; htmx is given the list alone."""
    return worklist_page()


@bp.get("/search")
@requires(order_desk)
def find_order() -> Response | BaseResponse:
    """Go to the open order of this reference, or say that there is none."""
    typed = request.args.get("q", "")[:40]
    reference = read_reference(typed)
    with reading() as db:
        order_id = None if reference is None else find_work(db, reference)
    if order_id is not None:
        return go(url_for("office.show_order", order_id=order_id))
    return make_response(render_template("office/not_found.html", query=typed.strip(), is_reference=reference is not None))


def look_at_queue(session: Session, staff_id: int, *, now: datetime) -> Queue:
    """Read the worklist as far as the desk looks ahead. Two statements."""
    return Queue(list_work(session, now=now), list_work(session, now=now, mine=staff_id))


def worklist_page(*, status: int = 200) -> Response:
    """Render the worklist as its address says: which view of it, and from where on."""
    now, staff = clock.now(), me().staff
    view = request.args.get("view", "all")
    view = view if view in VIEWS else "all"
    after = _read_after(request.args.get("after"))
    with reading() as db:
        queue = look_at_queue(db, staff.id, now=now)
        of_view: dict[str, Sequence[WorkItem]] = {"all": queue.everything, "free": queue.free, "mine": queue.mine}
        left = [item for item in of_view[view] if after is None or _due(item) > after]
        shown = left[:PAGE]
        names = find_staff_names(db, {item.taken_by for item in shown if item.taken_by is not None} - {staff.id})
    return page_or_region(
        "office/worklist.html",
        "office/_worklist.html",
        status=status,
        rows=[_row(item, staff.id, names) for item in shown],
        tabs=[_tab(name, of_view[name], current=name == view) for name in VIEWS],
        view=view,
        as_of=now,
        late=sum(item.is_late for item in queue.everything),
        later=url_for("office.show_worklist", view=view, after=write_place(*_due(shown[-1]))) if len(left) > PAGE else None,
        start=url_for("office.show_worklist", view=view) if after is not None else None,
        again=url_for("office.show_worklist", view=view, after=request.args.get("after")),
        taken=len(queue.mine),
    )


def _row(item: WorkItem, staff_id: int, names: Any) -> WorkRow:
    mine = item.taken_by == staff_id
    who = None if item.taken_by is None else gettext("You") if mine else names.get(item.taken_by, "")
    return WorkRow(item, url_for("office.show_order", order_id=item.order_id), who, mine)


def _tab(name: str, items: Sequence[WorkItem], *, current: bool) -> dict[str, Any]:
    words = {"all": gettext("All"), "free": gettext("Free"), "mine": gettext("Mine")}
    count = str(len(items)) if len(items) < HORIZON else f"{HORIZON}+"
    return {"label": words[name], "url": url_for("office.show_worklist", view=name), "current": current, "count": count}


def _due(item: WorkItem) -> tuple[datetime, int]:
    return item.due_at, item.order_id


def _read_after(place: str | None) -> tuple[datetime, int] | None:
    if not place:
        return None
    try:
        return read_place(place)
    except ValueError as error:
        raise Invalid({"after": N_("This page of the worklist is not there. Start from the first.")}) from error

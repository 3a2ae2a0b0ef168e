"""The worklist: open orders, what is due first first, and who has taken what. It shows nothing of any customer.

It is read anew by a button, not by itself: a page that asks every few seconds would keep the session of somebody who
has gone home alive, and move what is being read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import N_, Invalid
from portal.base.ids import to_ref
from portal.base.keyset import read_place, write_place
from portal.carts import OUTLETS_BY_CODE
from portal.faces.access import me, order_desk, requires
from portal.faces.babel import gettext
from portal.faces.htmx import go, page_or_region
from portal.faces.office.blueprint import bp
from portal.faces.office.work_filters import ROLES, VIEWS, Asked, choices_of, filter_of, read_asked
from portal.faces.transactions import reading
from portal.faces.words import sentence, text
from portal.identity import find_staff_names
from portal.orders import DESK, MOST_WORK, WorkCounts, WorkItem, count_work, find_work, list_work_page, read_reference

PAGE = 25


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One line of the worklist. `taken_by`: who has it, in words; None while it is free. `place`: the outlet, in words.

    `can_choose`: something can be done with it together with others.
    """

    item: WorkItem
    ref: str
    url: str
    taken_by: str | None
    is_mine: bool
    is_free: bool
    can_choose: bool
    place: str


@bp.get("/")
@requires(order_desk)
def show_worklist() -> Response:
    """Show a page of the worklist; htmx is given the list alone."""
    return worklist_page(read_asked(request.args))


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


def worklist_page(asked: Asked, *, refusal: str | None = None) -> Response:
    """Render the worklist as its address says: which part of it, and from where on; `refusal`: why nothing was done with it."""
    now, staff = clock.now(), me().staff
    after = _read_after(request.args.get("after"))
    with reading() as db:
        which, more_numbers = filter_of(db, asked, staff.id)
        found = list_work_page(db, which, now=now, after=after, limit=PAGE + 1)
        counts = count_work(db, which, now=now)
        shown = found[:PAGE]
        names = find_staff_names(db, {item.taken_by for item in shown if item.taken_by is not None} - {staff.id})
    supervises = staff.role == "supervisor"
    return page_or_region(
        "office/worklist.html",
        "office/_worklist.html",
        status=422 if refusal else 200,
        rows=[_row(item, staff.id, names, supervises=supervises) for item in shown],
        tabs=_tabs(asked, counts),
        asked=asked,
        choices=choices_of(),
        role_words=sentence(ROLES[asked.role]),
        more_numbers=more_numbers,
        refusal=refusal,
        as_of=now,
        late=counts.late,
        most=MOST_WORK,
        later=asked.address(after=write_place(*_due(shown[-1]))) if len(found) > PAGE else None,
        start=asked.address() if after is not None else None,
        again=asked.address(after=request.args.get("after", "")),
        taken=counts.mine,
    )


def count_words(count: int) -> str:
    """Write a count that is exact up to 200, and says so where there are more."""
    return str(count) if count <= MOST_WORK else f"{MOST_WORK}+"


def _row(item: WorkItem, staff_id: int, names: Mapping[int, str], *, supervises: bool) -> WorkRow:
    mine, free = item.taken_by == staff_id, item.taken_by is None
    who = None if free else gettext("You") if mine else names.get(item.taken_by or 0, "")
    outlet = OUTLETS_BY_CODE.get(item.outlet or "")
    place = item.outlet or "" if outlet is None else text(dict(outlet.name))
    may = item.role == DESK and (mine or free or supervises)
    return WorkRow(
        item, to_ref(item.order_id), url_for("office.show_order", order_id=item.order_id), who, mine, free and item.role == DESK, may, place
    )


def _tabs(asked: Asked, counts: WorkCounts) -> list[dict[str, Any]]:
    words = {"all": gettext("All"), "free": gettext("Free"), "mine": gettext("Mine")}
    of_view = {"all": counts.everything, "free": counts.free, "mine": counts.mine}
    return [
        {"label": words[name], "url": asked.address(view=name), "current": name == asked.view, "count": count_words(of_view[name])}
        for name in VIEWS
    ]


def _due(item: WorkItem) -> tuple[datetime, int]:
    return item.due_at, item.order_id


def _read_after(place: str | None) -> tuple[datetime, int] | None:
    if not place:
        return None
    try:
        return read_place(place)
    except ValueError as error:
        raise Invalid({"after": N_("This page of the worklist is not there. Start from the first.")}) from error

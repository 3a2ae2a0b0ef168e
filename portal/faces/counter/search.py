"""Find a customer as one types; what is found is masked."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request, url_for

from portal.base import clock
from portal.customers import Hit, SearchAnswer, search_customers
from portal.faces.access import me, requires, staff
from portal.faces.babel import gettext, ngettext
from portal.faces.counter.blueprint import bp
from portal.faces.counter.tabs import my_tabs, tab_items
from portal.faces.htmx import page_or_region
from portal.faces.transactions import reading
from portal.faces.words import region


@bp.get("/")
@requires(staff)
def show_desk() -> str:
    """Show the desk: the search, and whom one has open."""
    with reading() as session:
        tabs = my_tabs(session, me(), now=clock.now())
    return render_template("counter/desk.html", open_customers=tab_items(tabs), focus_search=True, **found(None))


@bp.get("/search")
@requires(staff)
def search() -> Response:
    """Answer a keystroke with the list, or the whole page without JavaScript."""
    query = request.args.get("q", "")
    with reading() as session:
        answer = search_customers(session, query) if query.strip() else None
        tabs = my_tabs(session, me(), now=clock.now()) if not answer else []
    return page_or_region(
        "counter/desk.html", "counter/_results.html", query=query[:200], open_customers=tab_items(tabs), focus_search=True, **found(answer)
    )


def found(answer: SearchAnswer | None) -> dict[str, Any]:
    """Give what the list of results shows, and what is read out."""
    if answer is None:
        return {"answer": None, "rows": [], "say": ""}
    count = len(answer.hits)
    say = (
        gettext("More than %(count)s customers; type on to narrow it.", count=count)
        if answer.more
        else ngettext("%(num)s customer", "%(num)s customers", count)
    )
    return {"answer": answer, "rows": [row_of(hit) for hit in answer.hits], "say": say}


def row_of(hit: Hit) -> dict[str, Any]:
    """Give one line of the list."""
    kind = gettext("Company") if hit.kind == "organisation" else ""
    return {
        "url": url_for("counter.show_customer", customer_id=hit.customer_id),
        "name": hit.name_masked,
        "initial": hit.name_masked[:1],
        "number": hit.number_masked or "",
        "note": " · ".join(part for part in (region(hit.region or ""), kind) if part),
        "left": hit.status != "active",
        "tier": hit.tier,
    }

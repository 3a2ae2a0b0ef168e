"""Papers an open customer shows at the counter: that one was seen is noted, never its number and never a copy."""

from __future__ import annotations

from datetime import datetime

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import Forbidden
from portal.base.i18n import LANGUAGES, Language
from portal.customers import PAPERS, Viewer, get_owner, keep_papers, list_papers, profile_card
from portal.faces.access import me, requires, staff
from portal.faces.babel import gettext
from portal.faces.campaign_words import spoken
from portal.faces.counter.blueprint import bp
from portal.faces.counter.customer import look, must_be_open
from portal.faces.counter.tabs import tab_items
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.identity import OpenTab
from portal.interactions import record_interaction


@bp.get("/customers/<ref:customer_id>/papers")
@requires(staff)
def show_papers(customer_id: int) -> Response:
    """Show what an open customer has shown, with the form to note one more."""
    return _page(customer_id, FormState())


@bp.post("/customers/<ref:customer_id>/papers")
@requires(staff)
def note_paper(customer_id: int) -> Response:
    """Note a paper the customer has shown here; it is in the audit log and among what happened with the customer."""
    now, state, clerk = clock.now(), typed("paper"), me().staff
    _open(customer_id, now)
    name = request.form.get("paper", "")
    with state.catching(), writing() as db:
        keep_papers(db, customer_id, [name], seen_by=clerk.actor, now=now)
        record(db, portal().keys.audit[0], Entry(clerk.actor, "customer.paper_seen", "counter", customer_id, f"paper:{name}"), now=now)
        params = {"paper": {each: _called(name, each) for each in LANGUAGES}, "outlet": clerk.outlet}
        record_interaction(db, customer_id, channel="counter", kind="paper_shown", params=params, now=now)
    if state.errors:
        return _page(customer_id, state)
    session["paper_noted"] = gettext("Noted. From now on it counts wherever an offer asks for it.")
    return go(url_for("counter.show_papers", customer_id=customer_id))


def _open(customer_id: int, now: datetime) -> tuple[list[OpenTab], Viewer]:
    with reading() as db:
        get_owner(db, customer_id)  # who is nobody is not found, whoever asks
    tabs, viewer, _ = look(customer_id, now=now)
    must_be_open(viewer)
    if not viewer.whole:  # whoever uses one line alone shows no papers for the customer
        raise Forbidden(gettext("Papers are noted for the customer as a whole. Open it by its owner’s code, or with a reason."))
    return tabs, viewer


def _page(customer_id: int, state: FormState) -> Response:
    now = clock.now()
    tabs, viewer = _open(customer_id, now)
    with reading() as db:
        papers = list_papers(db, customer_id, now=now)
        profile = profile_card(db, viewer, now=now)
    page = render_template(
        "counter/papers.html",
        papers=papers,
        paper_noted=None if state.errors else session.pop("paper_noted", None),
        paper_choices=[("", gettext("Choose a paper"))] + [(name, gettext(each.name)) for name, each in PAPERS.items()],
        state=state,
        customer_name=profile.name,
        customer_id=customer_id,
        open_customers=tab_items(tabs, customer_id),
    )
    return make_response(page, state.status)


def _called(name: str, wanted: Language) -> str:
    with spoken(wanted):
        return gettext(PAPERS[name].name)

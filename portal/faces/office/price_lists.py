"""Price lists in the office: which there are, and opening a new one, empty; an offer's prices are put on it by a change."""

from __future__ import annotations

from flask import Response, make_response, render_template, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import N_, Invalid, Refused
from portal.catalog import create_price_list, list_price_lists
from portal.faces.access import marketing, me, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence

LONGEST = 60


@bp.get("/offers/price-lists")
@requires(marketing)
def show_price_lists() -> Response:
    """Show which price lists there are, and ask for a new one."""
    return _page(FormState({"code": "", "name_zh": "", "name_en": ""}))


@bp.post("/offers/price-lists")
@requires(marketing)
def add_price_list() -> Response | BaseResponse:
    """Open a price list."""
    state = typed("code", "name_zh", "name_en")
    code, names = state.values["code"].strip(), {name: " ".join(state.values[f"name_{name}"].split()) for name in ("zh", "en")}
    try:
        with state.catching():
            missing = {
                f"name_{name}": N_("Enter a name in both languages.") for name, text in names.items() if not 0 < len(text) <= LONGEST
            }
            if missing:
                raise Invalid(missing)
            with writing() as db:
                create_price_list(db, code, names)
                entry = Entry(me().staff.actor, "catalog.price_list_made", "office", None, f"price_list:{code}")
                record(db, portal().keys.audit[0], entry, now=clock.now())
    except Refused as refusal:
        state.errors["code"] = sentence(refusal)
    if state.errors:
        return _page(state)
    session["done"] = gettext("The list is there. Offers get their prices on it by a change.")
    return go(url_for("office.show_price_lists"))


def _page(state: FormState) -> Response:
    with reading() as db:
        codes = list_price_lists(db)
    page = render_template("office/offers/price_lists.html", codes=codes, state=state, done=session.pop("done", None))
    return make_response(page, state.status)

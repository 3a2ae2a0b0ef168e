"""Pre-sales in the office: prepared, announced by another, pieces released to the queue as they come in, ended."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import Refused
from portal.faces.access import marketing, me, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.flashsales import note
from portal.faces.office.sale_forms import PRESALE_FIELDS, beside_fields, form_of_presale, presale_of, things_to_sell
from portal.faces.transactions import reading, writing
from portal.faces.words import number, sentence
from portal.identity import find_staff_names
from portal.presales import (
    PresaleView,
    announce_presale,
    count_places,
    draft_presale,
    edit_presale,
    end_presale,
    get_presale,
    release_pieces,
    settle_presale,
)


@bp.get("/presales/new")
@requires(marketing)
def ask_presale() -> Response:
    """Ask what a new pre-sale is."""
    return _form(form_of_presale(None), None)


@bp.post("/presales/new")
@requires(marketing)
def add_presale() -> BaseResponse:
    """Draft a pre-sale; what does not do is said beside the field."""
    state = typed(*PRESALE_FIELDS)
    with state.catching(), beside_fields():
        new = presale_of(state)
        with writing() as db:
            presale_id = draft_presale(db, new, staff_id=me().staff.id, now=clock.now())
            note(db, "presale.drafted", f"presale:{presale_id}")
    if state.errors:
        return _form(state, None)
    return go(url_for("office.show_one_presale", presale_id=presale_id))


@bp.get("/presales/<ref:presale_id>")
@requires(marketing)
def show_one_presale(presale_id: int) -> Response:
    """Show a pre-sale: in words, as it is published, and how its queue stands."""
    return _page(presale_id)


@bp.get("/presales/<ref:presale_id>/change")
@requires(marketing)
def ask_presale_change(presale_id: int) -> BaseResponse:
    """Show a draft, to be changed."""
    with reading() as db:
        presale = get_presale(db, presale_id)
    if presale.status != "draft":
        return go(url_for("office.show_one_presale", presale_id=presale_id))
    return _form(form_of_presale(presale), presale)


@bp.post("/presales/<ref:presale_id>/change")
@requires(marketing)
def change_one_presale(presale_id: int) -> BaseResponse:
    """Change a draft; who changed it last does not announce it."""
    with reading() as db:
        presale = get_presale(db, presale_id)
    state = typed(*PRESALE_FIELDS)
    try:
        with state.catching(), beside_fields():
            new = presale_of(state)
            with writing() as db:
                edit_presale(db, presale_id, new, staff_id=me().staff.id, now=clock.now())
                note(db, "presale.changed", f"presale:{presale_id}")
    except Refused as refusal:
        return _page(presale_id, FormState(errors={"": sentence(refusal)}))
    if state.errors:
        return _form(state, presale)
    return go(url_for("office.show_one_presale", presale_id=presale_id))


@bp.post("/presales/<ref:presale_id>/announce")
@requires(marketing)
def announce_one_presale(presale_id: int) -> BaseResponse:
    """Announce a draft of somebody else's: from now on it stays as it is."""
    try:
        with writing() as db:
            announce_presale(db, presale_id, staff_id=me().staff.id)
            note(db, "presale.announced", f"presale:{presale_id}")
    except Refused as refusal:
        return _page(presale_id, FormState(errors={"": sentence(refusal)}))
    session["done"] = gettext("Announced. It stands on its page from now on.")
    return go(url_for("office.show_one_presale", presale_id=presale_id))


@bp.post("/presales/<ref:presale_id>/release")
@requires(marketing)
def release_some_pieces(presale_id: int) -> BaseResponse:
    """Release pieces that have come in: whoever is next by number is invited at once."""
    state, now = typed("count"), clock.now()
    wanted = state.values["count"].strip()
    moved = 0
    try:
        with state.catching(), writing() as db:
            moved = release_pieces(db, presale_id, int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else 0)
            note(db, "presale.released", f"presale:{presale_id}", pieces=moved)
    except Refused as refusal:
        state.errors[""] = sentence(refusal)
    if state.errors:
        return _page(presale_id, state)
    with writing() as db:
        invited = settle_presale(db, presale_id, now=now).invited
    session["done"] = gettext("%(pieces)s released, %(invited)s invited.", pieces=number(moved), invited=number(invited))
    return go(url_for("office.show_one_presale", presale_id=presale_id))


@bp.post("/presales/<ref:presale_id>/end")
@requires(marketing)
def end_one_presale(presale_id: int) -> BaseResponse:
    """End a released pre-sale: whoever still waits gets the deposit back, pieces left over go back to the stock."""
    now = clock.now()
    if request.form.get("sure") != "yes":
        return _page(presale_id, FormState(errors={"sure": gettext("Say that the deposits of all who wait are to go back.")}))
    with writing() as db:
        if end_presale(db, presale_id):
            note(db, "presale.ended", f"presale:{presale_id}")
    with writing() as db:
        settle_presale(db, presale_id, now=now)
    session["done"] = gettext("Ended. Deposits of those who waited go back.")
    return go(url_for("office.show_one_presale", presale_id=presale_id))


def _page(presale_id: int, state: FormState | None = None) -> Response:
    state = state or FormState({"count": ""})
    with reading() as db:
        presale, counts = get_presale(db, presale_id), count_places(db, presale_id)
        names = find_staff_names(db, [presale.made_by])
    if presale.status != "released" and state.errors:  # the fields that are wrong may not stand on this page
        shown = {"count"} if presale.status == "announced" else set[str]()
        state.errors = {name if name in shown else "": said for name, said in state.errors.items()}
    page = render_template(
        "office/sales/presale.html", presale=presale, counts=counts, state=state, made_by=names.get(presale.made_by, ""),
        mine=presale.made_by == me().staff.id, done=session.pop("done", None),
    )  # fmt: skip
    return make_response(page, 409 if "" in state.errors else state.status)


def _form(state: FormState, presale: PresaleView | None) -> Response:
    page = render_template("office/sales/presale_form.html", state=state, presale=presale, things=things_to_sell())
    return make_response(page, state.status)

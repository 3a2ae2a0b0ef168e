"""Flash sales in the office: prepared by one, announced by another, watched while they run, called off before they start."""

from __future__ import annotations

from flask import Response, make_response, render_template, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import Refused
from portal.faces import sale_words
from portal.faces.access import marketing, me, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.sale_forms import SALE_FIELDS, beside_fields, form_of_sale, rules_to_choose, sale_of, things_to_sell
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.flashsales import SaleView, announce_sale, cancel_sale, draft_sale, edit_sale, get_sale, get_state, list_sales
from portal.identity import find_staff_names
from portal.presales import list_presales

MOST = 200


@bp.get("/sales/")
@requires(marketing)
def list_all_sales() -> str:
    """List flash sales and pre-sales, the latest first."""
    now = clock.now()
    with reading() as db:
        sales, presales = list_sales(db, limit=MOST), list_presales(db, limit=MOST)
    looks = {sale.id: sale_words.phase_look(sale, now) for sale in sales}
    return render_template("office/sales/list.html", sales=sales, presales=presales, looks=looks, done=session.pop("done", None))


@bp.get("/sales/new")
@requires(marketing)
def ask_sale() -> Response:
    """Ask what a new flash sale is."""
    return _form(form_of_sale(None), None)


@bp.post("/sales/new")
@requires(marketing)
def add_sale() -> BaseResponse:
    """Draft a flash sale; what does not do is said beside the field."""
    state = typed(*SALE_FIELDS)
    with state.catching(), beside_fields():
        new = sale_of(state)
        with writing() as db:
            sale_id = draft_sale(db, new, staff_id=me().staff.id, now=clock.now())
            note(db, "sale.drafted", f"sale:{sale_id}")
    if state.errors:
        return _form(state, None)
    return go(url_for("office.show_one_sale", sale_id=sale_id))


@bp.get("/sales/<ref:sale_id>")
@requires(marketing)
def show_one_sale(sale_id: int) -> Response:
    """Show a sale: in words, as it will be published, and how it stands."""
    return _page(sale_id)


@bp.get("/sales/<ref:sale_id>/change")
@requires(marketing)
def ask_sale_change(sale_id: int) -> BaseResponse:
    """Show a draft, to be changed."""
    with reading() as db:
        sale = get_sale(db, sale_id)
    if sale.status != "draft":
        return go(url_for("office.show_one_sale", sale_id=sale_id))
    return _form(form_of_sale(sale), sale)


@bp.post("/sales/<ref:sale_id>/change")
@requires(marketing)
def change_one_sale(sale_id: int) -> BaseResponse:
    """Change a draft; who changed it last does not announce it."""
    with reading() as db:
        sale = get_sale(db, sale_id)
    state = typed(*SALE_FIELDS)
    try:
        with state.catching(), beside_fields():
            new = sale_of(state)
            with writing() as db:
                edit_sale(db, sale_id, new, staff_id=me().staff.id, now=clock.now())
                note(db, "sale.changed", f"sale:{sale_id}")
    except Refused as refusal:
        return _page(sale_id, refused=sentence(refusal, **refusal.params), status=refusal.status)
    if state.errors:
        return _form(state, sale)
    return go(url_for("office.show_one_sale", sale_id=sale_id))


@bp.post("/sales/<ref:sale_id>/announce")
@requires(marketing)
def announce_one_sale(sale_id: int) -> BaseResponse:
    """Announce a draft of somebody else's: from now on it stays as it is."""
    try:
        with writing() as db:
            sale = announce_sale(db, portal().keys, sale_id, staff_id=me().staff.id, now=clock.now())
            note(db, "sale.announced", f"sale:{sale_id}", pieces=sale.pieces, amount=sale.amount)
    except Refused as refusal:
        return _page(sale_id, refused=sentence(refusal, **refusal.params), status=refusal.status)
    session["done"] = gettext("Announced. It stands on its page from now on.")
    return go(url_for("office.show_one_sale", sale_id=sale_id))


@bp.post("/sales/<ref:sale_id>/end")
@requires(marketing)
def call_off_one_sale(sale_id: int) -> BaseResponse:
    """Call a sale off before its start: its pieces go back to the stock."""
    try:
        with writing() as db:
            if cancel_sale(db, sale_id):
                note(db, "sale.called_off", f"sale:{sale_id}")
    except Refused as refusal:
        return _page(sale_id, refused=sentence(refusal, **refusal.params), status=refusal.status)
    session["done"] = gettext("Called off. The pieces are back in the stock.")
    return go(url_for("office.show_one_sale", sale_id=sale_id))


def note(db: Session, action: str, subject: str, **detail: object) -> None:
    """Put what was done into the audit log, in the same transaction."""
    record(db, portal().keys.audit[0], Entry(me().staff.actor, action, "office", None, subject, detail), now=clock.now())


def _page(sale_id: int, *, refused: str | None = None, status: int = 200) -> Response:
    now = clock.now()
    with reading() as db:
        state = get_state(db, sale_id)
        names = find_staff_names(db, [state.sale.made_by])
    page = render_template(
        "office/sales/sale.html", sale=state.sale, figures=state, look=sale_words.phase_look(state.sale, now), refused=refused,
        made_by=names.get(state.sale.made_by, ""), mine=state.sale.made_by == me().staff.id, can_end=_can_end(state.sale),
        done=session.pop("done", None),
    )  # fmt: skip
    return make_response(page, status)


def _can_end(sale: SaleView) -> bool:
    return sale.status in ("draft", "announced") and sale.phase(clock.now()) in ("draft", "announced", "open")


def _form(state: FormState, sale: SaleView | None) -> Response:
    page = render_template(
        "office/sales/sale_form.html", state=state, sale=sale, things=things_to_sell(), rules=rules_to_choose(),
        currency=portal().settings.currency,
    )  # fmt: skip
    return make_response(page, state.status)

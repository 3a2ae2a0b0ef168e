"""Flash sales as everybody sees them: what, when, by which rule, how it stands; the calendar's file; the draw to check."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

from flask import Response, make_response, render_template, request, session

from portal.base import clock
from portal.base.errors import NotFound
from portal.catalog import find_pictures
from portal.faces import sale_words
from portal.faces.access import anybody, me, requires, signed_in
from portal.faces.sale_states import picture_of, state_now
from portal.faces.site.blueprint import bp
from portal.faces.transactions import reading
from portal.flashsales import SaleState, find_entry, list_draw, list_shown_sales
from portal.presales import list_shown_presales

bp.add_app_template_filter(sale_words.phase_look, "sale_phase")
bp.add_app_template_filter(sale_words.price_of, "sale_price")
bp.add_app_template_filter(sale_words.rule_of, "sale_rule")
bp.add_app_template_filter(sale_words.presale_rule, "presale_rule")


@bp.get("/sales")
@requires(anybody)
def list_public_sales() -> str:
    """List the flash sales and pre-sales that are announced, running or just over."""
    now = clock.now()
    with reading() as db:
        sales, presales = list_shown_sales(db, now=now), list_shown_presales(db)
        pictures = find_pictures(db, {each.offering_code for each in sales} | {each.offering_code for each in presales})
    return render_template("site/sales/list.html", sales=sales, presales=presales, pictures=pictures, now=now)


@bp.get("/sales/<ref:sale_id>")
@requires(anybody)
def show_sale(sale_id: int) -> Response:
    """Show one sale; who is signed in sees the own place besides."""
    return sale_page(sale_id)


def sale_page(sale_id: int, *, refused: str | None = None, status: int = 200) -> Response:
    """Give the page of a sale; `refused` says first why something did not work."""
    now, here = clock.now(), signed_in()
    state = shown_state(sale_id, now)
    entry = None
    if here is not None and here.customer_id is not None:
        with reading() as db:
            entry = find_entry(db, sale_id, here.customer_id)
    page = render_template(
        "site/sales/sale.html", sale=state.sale, figures=state, now=now, entry=entry, standing=sale_words.standing_of(entry, state, now),
        known=here is not None, picture=picture_of(state), refused=refused, done=session.pop("done", None),
    )  # fmt: skip
    return make_response(page, status)


@bp.get("/sales/<ref:sale_id>/state")
@requires(anybody)
def tell_sale_state(sale_id: int) -> Response:
    """Say how a sale stands, in figures: the same for everybody, good for a second, and mostly without a question to the database."""
    now = clock.now()
    state = shown_state(sale_id, now)
    body = {
        "phase": state.sale.phase(now), "free": state.free, "kept": state.admitted + state.ordered, "sold": state.paid,
        "waiting": state.waiting, "entered": state.entered,
    }  # fmt: skip
    response = make_response(json.dumps(body))
    response.mimetype = "application/json"
    response.headers["Cache-Control"] = "public, max-age=1"
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.get("/sales/<ref:sale_id>/calendar.ics")
@requires(anybody)
def give_calendar(sale_id: int) -> Response:
    """Give a file for a calendar: the start, with a reminder ten minutes before it."""
    from portal.faces.site.sale_calendar import write_calendar  # what reads and writes calendars takes 3 MB of every worker

    state = shown_state(sale_id, clock.now())
    response = make_response(write_calendar(state.sale))
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = "attachment; filename=sale.ics"
    return response


@bp.get("/sales/<ref:sale_id>/draw.csv")
@requires(anybody)
def give_draw(sale_id: int) -> Response:
    """Give every ticket with its place and what it was ranked by, once it is drawn: whoever wants can do the draw again."""
    shown_state(sale_id, clock.now())
    with reading() as db:
        drawn = list_draw(db, sale_id)
    if not drawn:
        raise NotFound
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(("place", "ticket", "hmac_sha256"))
    table.writerows((each.place, each.ticket, each.rank) for each in drawn)
    response = make_response(written.getvalue())
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = "attachment; filename=draw.csv"
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


def shown_state(sale_id: int, now: datetime) -> SaleState:
    """Give how a sale stands that the public may see; NotFound for a draft."""
    state = state_now(sale_id, now)
    if state.sale.status == "draft" or (state.sale.status == "cancelled" and state.sale.seed_hash is None):
        raise NotFound
    return state


def customer_here() -> int:
    """Give the customer the signed-in person acts for; NotFound for somebody who acts for none."""
    customer_id = me().customer_id
    if customer_id is None:
        raise NotFound
    return customer_id

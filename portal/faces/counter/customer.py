"""The customer at the counter: the same cards as in the hall, masked until opened. Every look is noted before it shows."""

from __future__ import annotations

from datetime import datetime

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import Forbidden
from portal.base.ids import to_ref
from portal.billing import get_bill
from portal.customers import ProfileCard, Viewer, profile_card
from portal.customerview import CustomerView, build_view
from portal.faces.access import me, requires, staff
from portal.faces.babel import gettext
from portal.faces.cards import Links, line_names, line_names_in
from portal.faces.counter.blueprint import bp
from portal.faces.counter.tabs import my_tabs, opening_of, tab_items
from portal.faces.forms import FormState
from portal.faces.htmx import page_or_region
from portal.faces.parts import portal
from portal.faces.shown_once import take_secret
from portal.faces.transactions import reading, writing
from portal.identity import ACTIVATION_MINUTES, OpeningView, OpenTab, list_reasons, note_look, viewer_at_counter
from portal.interactions import timeline_card

PAGE = 25


@bp.get("/customers/<ref:customer_id>")
@requires(staff)
def show_customer(customer_id: int) -> Response:
    """Show the customer: masked, or as far as this session has them open."""
    return customer_page(customer_id, FormState())


@bp.get("/customers/<ref:customer_id>/bills/<ref:bill_id>")
@requires(staff)
def show_bill(customer_id: int, bill_id: int) -> str:
    """Show one bill of an open customer."""
    now = clock.now()
    tabs, viewer, _ = look(customer_id, now=now)
    must_be_open(viewer)
    with reading() as db:
        bill = get_bill(db, viewer, bill_id, now=now)
        profile = profile_card(db, viewer, now=now)
    return render_template(
        "counter/bill.html",
        bill=bill,
        customer_name=profile.name,
        line_names=line_names_in(profile),
        customer_id=customer_id,
        open_customers=tab_items(tabs, customer_id),
    )


@bp.get("/customers/<ref:customer_id>/activity")
@requires(staff)
def show_timeline(customer_id: int) -> Response:
    """Show a page of an open customer's timeline."""
    now = clock.now()
    tabs, viewer, _ = look(customer_id, now=now)
    must_be_open(viewer)
    with reading() as db:
        timeline = timeline_card(db, viewer, now=now, before=request.args.get("before"), limit=PAGE)
    return page_or_region(
        "counter/activity.html",
        "shared/interactions/_timeline_page.html",
        card=timeline,
        links=links_at_counter(customer_id, viewer),
        customer_id=customer_id,
        open_customers=tab_items(tabs, customer_id),
    )


def look(customer_id: int, *, now: datetime) -> tuple[list[OpenTab], Viewer, OpeningView | None]:
    """Note a look and commit it; give the tabs, what may be seen, and by which opening."""
    signed_in = me()
    with writing() as db:
        tabs = list(my_tabs(db, signed_in, now=now))
        opening = opening_of(tabs, customer_id)
        note_look(db, portal().keys, signed_in.staff, customer_id, opening=opening, now=now)
    return tabs, viewer_at_counter(signed_in.staff, customer_id, opening), opening


def must_be_open(viewer: Viewer) -> None:
    """Refuse what only an open customer shows."""
    if not viewer.full:
        raise Forbidden(gettext("Open the customer first: with a code, or with a reason."))


def customer_page(customer_id: int, state: FormState, *, status: int | None = None) -> Response:
    """Render the page, with what was typed into the forms that open it."""
    now = clock.now()
    tabs, viewer, opening = look(customer_id, now=now)
    with reading() as db:
        view = build_view(db, viewer, now=now)
    names = line_names(view)
    page = render_template(
        "counter/customer.html",
        view=view,
        who=profile_of(view),
        opening=opening,
        customer_id=customer_id,
        links=links_at_counter(customer_id, viewer),
        line_names=names,
        state=state,
        sent=str(customer_id) in codes_sent(),
        line_choices=_lines_for_code(view),
        activation=take_secret(f"activation:{customer_id}") if opening else None,
        activation_minutes=ACTIVATION_MINUTES,
        redeemed=session.pop("code_redeemed", None) if opening else None,
        takes_papers=viewer.full and viewer.whole,
        reason_choices=[("", gettext("Choose a reason"))] + [(reason.code, gettext(reason.sentence)) for reason in list_reasons()],
        open_customers=tab_items(tabs, customer_id),
    )
    return make_response(page, status or state.status)


def codes_sent() -> dict[str, str]:
    """Give the customers a code was sent to in this sitting, and to which line of theirs."""
    return dict(session.get("codes_sent", {}))


def profile_of(view: CustomerView) -> ProfileCard:
    """Give the profile card, which every viewer of a customer has."""
    built = view.find("profile")
    assert built is not None
    assert isinstance(built.data, ProfileCard)
    return built.data


def links_at_counter(customer_id: int, viewer: Viewer) -> Links:
    """Give where the cards lead at the counter."""

    def order_at(order_id: int) -> str:
        return url_for("counter.show_customer_order", customer_id=customer_id, order_id=order_id)

    return Links(
        bills=None,
        bill=lambda bill_id: url_for("counter.show_bill", customer_id=customer_id, bill_id=bill_id),
        activity=url_for("counter.show_timeline", customer_id=customer_id) if viewer.full else None,
        activity_before=lambda place: url_for("counter.show_timeline", customer_id=customer_id, before=place),
        orders=url_for("counter.list_customer_orders", customer_id=customer_id) if viewer.full else None,
        order=order_at if viewer.full else None,
    )


def _lines_for_code(view: CustomerView) -> list[tuple[str, str]]:
    return [(to_ref(line.subscription_id), line.number) for line in profile_of(view).lines if line.status != "terminated"]

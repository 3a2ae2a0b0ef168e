"""Standing in line of a flash sale: entering, one's place, giving it up, and ordering the piece that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Response, make_response, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import from_ref, to_ref
from portal.catalog import Buyer, OfferingView, get_offering
from portal.customers import ProfileCard, Viewer, profile_card
from portal.faces.access import CODE, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go, wants_region
from portal.faces.order_words import numbers_grouped
from portal.faces.parts import portal
from portal.faces.sale_states import forget_state
from portal.faces.sale_words import standing_of
from portal.faces.selling_words import refusal_words
from portal.faces.site.blueprint import bp
from portal.faces.site.flashsales import customer_here, sale_page, shown_state
from portal.faces.site.gifts import FEWEST_DIGITS, LONGEST, written
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.visiting import visitor
from portal.faces.words import sentence
from portal.flashsales import (
    EntryView,
    NotOpen,
    PieceOrder,
    SaleView,
    enter_sale,
    find_entry,
    leave_sale,
    order_piece,
    settle_sale,
)
from portal.identity import count_sale_entry
from portal.orders import Delivery, check_standing

FIELDS = ("line", "name", "phone", "address")


@dataclass(frozen=True, slots=True)
class OrderLook:
    """What somebody a piece is kept for has to say to order it."""

    sale: SaleView
    entry: EntryView
    offering: OfferingView
    viewer: Viewer
    profile: ProfileCard

    @property
    def lines(self) -> dict[str, str]:
        """The lines it can go to: number by reference."""
        lines = [line for line in self.profile.lines if line.kind == "mobile" and line.status == "active"]
        return {to_ref(line.subscription_id): line.number for line in lines}


@bp.get("/sales/<ref:sale_id>/place")
@requires(subscriber)
def show_sale_place(sale_id: int) -> Response:
    """Show where one stands; the page asks for it again by itself, calmly. One statement."""
    now = clock.now()
    state = shown_state(sale_id, now)
    if not wants_region():
        return go(url_for("site.show_sale", sale_id=sale_id))
    with reading() as db:
        entry = find_entry(db, sale_id, customer_here())
    page = render_template("site/sales/_place.html", sale=state.sale, entry=entry, standing=standing_of(entry, state, now), known=True)
    return make_response(page)


@bp.post("/sales/<ref:sale_id>/entries")
@requires(subscriber, level=CODE)
def enter_one_sale(sale_id: int) -> BaseResponse:
    """Enter: once, however often it is sent. What stands against it is said without a write."""
    now = clock.now()
    state, customer_id = shown_state(sale_id, now), customer_here()
    if "enter" not in standing_of(None, state, now).can:
        return sale_page(sale_id, refused=sentence(NotOpen()), status=409)
    here = visitor()
    with reading() as db:
        my_viewer(db, now=now)
        refused = _refusal(db, state.sale, customer_id, now)
        known = find_entry(db, sale_id, customer_id) is not None
    if refused:
        return sale_page(sale_id, refused=refused, status=409)
    if not known and not _may_enter(sale_id, now):
        text = gettext("Too many have entered from this browser or network. Nothing was changed; your other devices can still enter.")
        return sale_page(sale_id, refused=text, status=429)
    with writing() as db:
        enter_sale(db, portal().keys, state.sale, customer_id, party_id=me().party_id, device=here.device_id[:16], now=now)
    settle_now(sale_id, now)
    return go(url_for("site.show_sale", sale_id=sale_id) + "#place")


@bp.post("/sales/<ref:sale_id>/entries/end")
@requires(subscriber)
def leave_one_sale(sale_id: int) -> BaseResponse:
    """Give one's place up; the next in line is let in at once."""
    now = clock.now()
    shown_state(sale_id, now)
    with writing() as db:
        left = leave_sale(db, sale_id, customer_here())
    if left:
        settle_now(sale_id, now)
        session["done"] = gettext("You gave your place up.")
    return go(url_for("site.show_sale", sale_id=sale_id))


@bp.get("/sales/<ref:sale_id>/order")
@requires(subscriber)
def ask_piece(sale_id: int) -> BaseResponse:
    """Ask where the piece shall go; lead back where none is kept."""
    look = _look(sale_id)
    if look is None:
        return go(url_for("site.show_sale", sale_id=sale_id))
    return _order_page(look, FormState(prefilled(look.viewer, look.profile, look.lines)))


@bp.post("/sales/<ref:sale_id>/order")
@requires(subscriber, level=CODE)
def order_one_piece(sale_id: int) -> BaseResponse:
    """Order the piece at the sale's price, once, and lead on to paying it."""
    now, look, state = clock.now(), _look(sale_id), typed(*FIELDS)
    if look is None:
        return go(url_for("site.show_sale", sale_id=sale_id))
    with state.catching():
        check_delivery(look.offering.fulfilment, look.lines, state)
    if state.errors:
        return _order_page(look, state)
    new = PieceOrder(
        look.viewer.customer_id, look.viewer.actor, party_id=me().party_id, subscription_id=line_in(state),
        delivery=delivery_in(look.offering.fulfilment, state),
    )  # fmt: skip
    try:
        with writing() as db:
            placed = order_piece(db, sale_id, new, now=now)
    except Refused as refusal:
        return sale_page(sale_id, refused=sentence(refusal), status=refusal.status)
    forget_state(sale_id)
    where = "site.show_order" if look.sale.in_points else "site.ask_payment"
    return go(url_for(where, order_id=placed.order_id))


def settle_now(sale_id: int, now: datetime) -> None:
    """Move the sale on, unless somebody is at it: then that one, or the worker within a second, sees to this entry too."""
    with writing() as db:
        settle_sale(db, portal().keys, sale_id, now=now)
    forget_state(sale_id)


def prefilled(viewer: Viewer, profile: ProfileCard, lines: dict[str, str]) -> dict[str, str]:  # noqa: ARG001 - one form, two pages
    """Start with what we know: the line one signed in with, one's name, number and address."""
    grouped = numbers_grouped(me().number or "")
    mine = next((ref for ref, shown in lines.items() if shown == grouped), next(iter(lines), ""))
    return {"line": mine, "name": profile.name, "phone": grouped, "address": written(profile.address) if profile.address else ""}


def check_delivery(fulfilment: str, lines: dict[str, str], state: FormState) -> None:
    """Raise Invalid for what is missing or wrong in where a thing goes."""
    wrong: dict[str, str] = {}
    if fulfilment == "data_pack" and state.values["line"] not in lines:
        wrong["line"] = N_("Choose the line it is for.")
    if fulfilment == "goods":
        wrong |= {name: N_("This is too long.") for name, most in LONGEST.items() if len(request.form.get(name, "")) > most}
        if sum(each.isdigit() for each in state.values["phone"]) < FEWEST_DIGITS:
            wrong["phone"] = N_("Enter a number at which the courier can reach you.")
        wrong |= {name: N_("This is needed to send it to you.") for name in LONGEST if not state.values[name].strip()}
    if wrong:
        raise Invalid({name: wrong[name] for name in FIELDS if name in wrong})


def delivery_in(fulfilment: str, state: FormState) -> Delivery | None:
    """Read where goods go."""
    if fulfilment != "goods":
        return None
    return Delivery(**{name: " ".join(state.values[name].split()) for name in LONGEST})


def line_in(state: FormState) -> int | None:
    """Read the line a thing is for. Raises NotFound for what is none."""
    if not state.values.get("line"):
        return None
    try:
        return from_ref(state.values["line"])
    except ValueError as error:
        raise NotFound from error


def _refusal(db: Session, sale: SaleView, customer_id: int, now: datetime) -> str:
    """Say what stands against this customer by the offering's own rules; "" for nothing.

    At the entry, so that nothing is asked in the rush of the start.
    """
    try:
        check_standing(db, sale.offering_code, Buyer(customer_id, "web", me().party_id), now=now)
    except Refused as refusal:
        return refusal_words(db, refusal)
    return ""


def _may_enter(sale_id: int, now: datetime) -> bool:
    with writing() as db:
        return count_sale_entry(db, visitor(), sale_id, now=now) is None


def _look(sale_id: int) -> OrderLook | None:
    """Give what ordering needs; None where no piece is kept for this customer now."""
    now = clock.now()
    sale = shown_state(sale_id, now).sale
    with reading() as db:
        viewer = my_viewer(db, now=now)
        entry = find_entry(db, sale_id, viewer.customer_id)
        if entry is None or not entry.holds_piece(now):
            return None
        return OrderLook(sale, entry, get_offering(db, sale.offering_code), viewer, profile_card(db, viewer, now=now))


def _order_page(look: OrderLook, state: FormState) -> Response:
    page = render_template("site/sales/order.html", look=look, sale=look.sale, state=state)
    return make_response(page, state.status)

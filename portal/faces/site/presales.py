"""Pre-sales: what will come, one's number, giving it up, and paying the rest when it is one's turn."""

from __future__ import annotations

from flask import Response, make_response, render_template, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import NotFound, Refused
from portal.base.ids import to_ref
from portal.catalog import find_pictures, get_offering
from portal.customers import ProfileCard, Viewer, profile_card
from portal.faces.access import CODE, anybody, me, requires, signed_in, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.sale_words import place_standing
from portal.faces.selling_words import refusal_words
from portal.faces.site.blueprint import bp
from portal.faces.site.flashsale_line import FIELDS, check_delivery, delivery_in, prefilled
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.presales import Buyer, PresaleView, find_place, get_presale, give_up_place, order_rest, take_place

HIDDEN = ("draft", "cancelled")


@bp.get("/presales/<ref:presale_id>")
@requires(anybody)
def show_presale(presale_id: int) -> Response:
    """Show one pre-sale; who is signed in sees the own place besides."""
    return presale_page(presale_id)


@bp.post("/presales/<ref:presale_id>/places")
@requires(subscriber, level=CODE)
def take_one_place(presale_id: int) -> BaseResponse:
    """Take a place, once, and lead on to paying the deposit."""
    now = clock.now()
    _shown(presale_id)
    try:
        with writing() as db:
            placed = take_place(db, presale_id, _buyer(my_viewer(db, now=now)), now=now)
    except Refused as refusal:
        with reading() as db:
            said = refusal_words(db, refusal)
        return presale_page(presale_id, refused=said, status=refusal.status)
    return go(url_for("site.ask_payment", order_id=placed.order_id))


@bp.post("/presales/<ref:presale_id>/places/end")
@requires(subscriber, level=CODE)
def give_up_one_place(presale_id: int) -> BaseResponse:
    """Give one's place up before the release; the deposit goes back."""
    now = clock.now()
    _shown(presale_id)
    try:
        with writing() as db:
            give_up_place(db, presale_id, _buyer(my_viewer(db, now=now)), now=now)
    except Refused as refusal:
        return presale_page(presale_id, refused=sentence(refusal), status=refusal.status)
    session["done"] = gettext("You gave your place up. What you paid goes back the way it came.")
    return go(url_for("site.show_presale", presale_id=presale_id))


@bp.get("/presales/<ref:presale_id>/rest")
@requires(subscriber)
def ask_rest(presale_id: int) -> BaseResponse:
    """Ask where the piece shall go; lead back where it is not one's turn."""
    look = _turn(presale_id)
    if look is None:
        return go(url_for("site.show_presale", presale_id=presale_id))
    presale, viewer, profile = look
    return _rest_page(presale, FormState(prefilled(viewer, profile, _lines(profile))))


@bp.post("/presales/<ref:presale_id>/rest")
@requires(subscriber, level=CODE)
def order_one_rest(presale_id: int) -> BaseResponse:
    """Order the piece one is invited to, once, and lead on to paying the rest."""
    now, look, state = clock.now(), _turn(presale_id), typed(*FIELDS)
    if look is None:
        return go(url_for("site.show_presale", presale_id=presale_id))
    presale, viewer, profile = look
    with reading() as db:
        fulfilment = get_offering(db, presale.offering_code).fulfilment
    with state.catching():
        check_delivery(fulfilment, _lines(profile), state)
    if state.errors:
        return _rest_page(presale, state)
    try:
        with writing() as db:
            placed = order_rest(db, presale_id, _buyer(viewer), delivery_in(fulfilment, state), now=now)
    except Refused as refusal:
        return presale_page(presale_id, refused=sentence(refusal), status=refusal.status)
    return go(url_for("site.ask_payment", order_id=placed.order_id))


def presale_page(presale_id: int, *, refused: str | None = None, status: int = 200) -> Response:
    """Give the page of a pre-sale; `refused` says first why something did not work."""
    now, here, presale = clock.now(), signed_in(), _shown(presale_id)
    with reading() as db:
        place = find_place(db, presale_id, here.customer_id) if here is not None and here.customer_id is not None else None
        picture = find_pictures(db, [presale.offering_code]).get(presale.offering_code)
    page = render_template(
        "site/sales/presale.html", presale=presale, place=place, standing=place_standing(place, presale, now), known=here is not None,
        picture=picture, refused=refused, done=session.pop("done", None),
    )  # fmt: skip
    return make_response(page, status)


def _shown(presale_id: int) -> PresaleView:
    with reading() as db:
        presale = get_presale(db, presale_id)
    if presale.status in HIDDEN:
        raise NotFound
    return presale


def _buyer(viewer: Viewer) -> Buyer:
    return Buyer(viewer.customer_id, viewer.actor, party_id=me().party_id)


def _turn(presale_id: int) -> tuple[PresaleView, Viewer, ProfileCard] | None:
    now, presale = clock.now(), _shown(presale_id)
    with reading() as db:
        viewer = my_viewer(db, now=now)
        place = find_place(db, presale_id, viewer.customer_id)
        if place is None or not place.is_invited(now):
            return None
        return presale, viewer, profile_card(db, viewer, now=now)


def _lines(profile: ProfileCard) -> dict[str, str]:
    return {to_ref(line.subscription_id): line.number for line in profile.lines if line.kind == "mobile" and line.status == "active"}


def _rest_page(presale: PresaleView, state: FormState) -> Response:
    with reading() as db:
        offering = get_offering(db, presale.offering_code)
    page = render_template("site/sales/rest.html", presale=presale, offering=offering, state=state)
    return make_response(page, state.status)

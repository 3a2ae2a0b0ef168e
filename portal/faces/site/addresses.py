"""The address book: where things are sent. Province, city and area are chosen one after the other, with or without JavaScript."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import Refused
from portal.customers import (
    DeliveryAddressView,
    NewDeliveryAddress,
    add_delivery_address,
    change_delivery_address,
    end_delivery_address,
    get_delivery_address,
    get_divisions,
    list_delivery_addresses,
)
from portal.faces.access import me, requires, safe_next, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.htmx import go, wants_region
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence

LONGEST = {"name": 60, "phone": 30, "line": 110}
FIELDS = (*LONGEST, "province", "city", "area", "default")


@bp.get("/me/addresses")
@requires(subscriber)
def list_my_addresses() -> Response:
    """List the addresses things can be sent to, the default first."""
    with reading() as db:
        viewer = my_viewer(db, now=clock.now())
        book = list_delivery_addresses(db, viewer.customer_id, party_id=me().party_id)
    return make_response(render_template("site/me/addresses.html", book=book, done=session.pop("done", None)))


@bp.get("/me/addresses/new")
@requires(subscriber)
def ask_new_address() -> Response:
    """Ask for an address; one's name and number stand there already."""
    with reading() as db:
        my_viewer(db, now=clock.now())
    return _form(FormState({"name": me().party_name or "", "phone": me().number or ""}), None)


@bp.post("/me/addresses/new")
@requires(subscriber)
def add_address() -> Response:
    """Put an address into the book; while divisions are being chosen, only the form comes back."""
    state = _typed()
    if _is_choosing(state):
        return _form(state, None)
    try:
        with state.catching(), writing() as db:
            viewer = my_viewer(db, now=clock.now())
            is_default = bool(state.values["default"])
            add_delivery_address(db, viewer.customer_id, _new(state), party_id=me().party_id, is_default=is_default, now=clock.now())
    except Refused as refusal:
        state.errors[""] = sentence(refusal)
    if state.errors:
        return _form(_renamed(state), None)
    return _back(gettext("The address is in your book."))


@bp.get("/me/addresses/<ref:address_id>")
@requires(subscriber)
def show_address(address_id: int) -> Response:
    """Show one address to be changed."""
    found = _look(address_id)
    values = {
        "name": found.name, "phone": found.phone, "line": found.line, "province": found.area_code[:2], "city": found.area_code[:4],
        "area": found.area_code, "default": "yes" if found.is_default else "",
    }  # fmt: skip
    return _form(FormState(values), found)


@bp.post("/me/addresses/<ref:address_id>")
@requires(subscriber)
def change_address(address_id: int) -> Response:
    """Put what was entered in the place of an address; what was sent there before stays as it was."""
    found, state = _look(address_id), _typed()
    if _is_choosing(state):
        return _form(state, found)
    with state.catching(), writing() as db:
        viewer = my_viewer(db, now=clock.now())
        is_default = bool(state.values["default"])
        change_delivery_address(
            db, viewer.customer_id, address_id, _new(state), party_id=me().party_id, is_default=is_default, now=clock.now()
        )
    if state.errors:
        return _form(_renamed(state), found)
    return _back(gettext("The address is changed."))


@bp.post("/me/addresses/<ref:address_id>/removal")
@requires(subscriber)
def remove_address(address_id: int) -> Response:
    """Take an address out of the book; orders keep theirs."""
    with writing() as db:
        viewer = my_viewer(db, now=clock.now())
        end_delivery_address(db, viewer.customer_id, address_id, party_id=me().party_id, now=clock.now())
    session["done"] = gettext("The address is out of your book. Orders under way still go there.")
    return go(url_for("site.list_my_addresses"))


def _look(address_id: int) -> DeliveryAddressView:
    with reading() as db:
        viewer = my_viewer(db, now=clock.now())
        return get_delivery_address(db, viewer.customer_id, address_id, party_id=me().party_id)


def _typed() -> FormState:
    values = {name: request.form.get(name, "")[: LONGEST.get(name, 20) + 1] for name in FIELDS}
    known = get_divisions()
    if values["city"][:2] != values["province"] or values["city"] not in known.areas:
        cities = known.cities.get(values["province"], ())
        values["city"] = cities[0][0] if len(cities) == 1 else ""
    if values["area"] not in dict(known.areas.get(values["city"], ())):
        values["area"] = ""
    choices = known.areas.get(values["city"], ())
    if len(choices) == 1:
        values["area"] = choices[0][0]
    return FormState(values)


def _is_choosing(state: FormState) -> bool:
    """Say whether the form came back to have cities or areas filled in, and not to be kept."""
    return wants_region() or request.form.get("step") == "divisions" or (bool(state.values["province"]) and not state.values["area"])


def _new(state: FormState) -> NewDeliveryAddress:
    area = get_divisions().by_code.get(state.values["area"])
    values = state.values
    places = (area.code, area.province, area.city, area.name) if area else ("", "-", "-", "-")
    return NewDeliveryAddress(values["name"], values["phone"], *places, values["line"])


def _renamed(state: FormState) -> FormState:
    """Have what is wrong with the area stand beside its field."""
    errors = {("area" if name == "area_code" else name): words for name, words in state.errors.items()}
    return FormState(state.values, errors)


def _form(state: FormState, address: DeliveryAddressView | None) -> Response:
    known = get_divisions()
    province, city = state.values.get("province", ""), state.values.get("city", "")
    region = wants_region()
    page = render_template(
        "site/me/_divisions.html" if region else "site/me/address.html",
        state=state,
        address=address,
        provinces=known.provinces,
        cities=known.cities.get(province, ()),
        areas=known.areas.get(city, ()),
        next_url=safe_next(request.values.get("next"), ""),
    )
    return make_response(page, 200 if region else state.status)


def _back(words: str) -> Response:
    session["done"] = words
    return go(safe_next(request.values.get("next"), url_for("site.list_my_addresses")))

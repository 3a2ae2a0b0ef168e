"""Changing offers: drafted in a form, looked at as a customer on a day, submitted, approved by a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import from_ref
from portal.catalog import (
    STANDARD,
    ChangeView,
    OfferView,
    approve_change,
    compare_documents,
    draft_change,
    edit_change,
    find_published,
    get_change,
    get_preview,
    list_shelf,
    read_document,
    reject_change,
    submit_change,
    withdraw_change,
    write_document,
)
from portal.customers import Shopper, find_holder, get_shopper, parse_number
from portal.faces.access import marketing, me, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.htmx import go, page_or_region
from portal.faces.office.blueprint import bp
from portal.faces.office.offer_form import PRICE_KINDS, SECTIONS, USAGE_UNITS, Values, at_fields, data_of, typed_values, unread, values_of
from portal.faces.office.offer_words import say_offer
from portal.faces.office.offers import note
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.identity import find_staff_names

CHANNELS = ("web", "counter", "ministore", "sms", "partner")


@bp.get("/offers/new")
@requires(marketing)
def ask_new_offer() -> Response:
    """Ask what a new offer is."""
    return _editor(values_of({}), {}, FormState(), None, {})


@bp.post("/offers/new")
@requires(marketing)
def add_offer() -> Response | BaseResponse:
    """Draft a new offer, or look at what was typed."""
    return _take({}, None, offering=None)


@bp.get("/offers/<code:offering>/change")
@requires(marketing)
def ask_offer_change(offering: str) -> Response:
    """Show an offer as it is, to be changed; a picture that was just taken is in it."""
    former = _published(offering)
    picture = request.args.get("picture", "")[:64]
    if picture and picture not in former.get("pictures", []):
        former = former | {"pictures": [*former.get("pictures", []), picture]}
    return _editor(values_of(former), {}, FormState(), None, former)


@bp.post("/offers/<code:offering>/change")
@requires(marketing)
def draft_offer_change(offering: str) -> Response | BaseResponse:
    """Draft a change of an offer, or look at what was typed."""
    return _take(_published(offering), None, offering=offering)


@bp.get("/offers/changes/<ref:change_id>")
@requires(marketing)
def show_change(change_id: int) -> Response:
    """Show a change: in words, what it differs in, where it stands and what can be done."""
    return _change_page(change_id, FormState())


@bp.get("/offers/changes/<ref:change_id>/edit")
@requires(marketing)
def ask_draft(change_id: int) -> Response:
    """Show a draft, to be written on."""
    with reading() as db:
        change = get_change(db, change_id)
    former = write_document(change.document)
    return _editor(values_of(former), _about(change), FormState(), change, former)


@bp.post("/offers/changes/<ref:change_id>/edit")
@requires(marketing)
def write_draft(change_id: int) -> Response | BaseResponse:
    """Save a draft, or look at what was typed."""
    with reading() as db:
        change = get_change(db, change_id)
    return _take(write_document(change.document), change, offering=change.offering_code)


@bp.post("/offers/changes/<ref:change_id>/<any(submit,approve,reject,withdraw):step>")
@requires(marketing)
def move_change(change_id: int, step: str) -> Response | BaseResponse:
    """Move a change on: hand it in, approve another's, give it back with a reason, or drop it."""
    state, now, staff_id = FormState({"note": request.form.get("note", "")[:500]}), clock.now(), me().staff.id
    try:
        with state.catching(), writing() as db:
            change = get_change(db, change_id)
            if step == "submit":
                submit_change(db, change_id, staff_id, now=now)
            elif step == "approve":
                change = approve_change(db, change_id, staff_id, now=now)
            elif step == "reject":
                reject_change(db, change_id, staff_id, state.values["note"], now=now)
            else:
                withdraw_change(db, change_id, now=now)
            note(db, f"catalog.change_{step}", change.offering_code, detail={"change": str(change_id), "version": change.base_version + 1})
    except Refused as refusal:
        state.errors[""] = sentence(refusal)
    if state.errors:
        return _change_page(change_id, state)
    published = gettext("Approved and published. It holds everywhere now.")
    words = {
        "submit": gettext("Handed in. A colleague approves it."), "reject": gettext("Given back."), "withdraw": gettext("Withdrawn."),
        "approve": published if change.status == "published" else gettext("Approved. It is published at its time."),
    }  # fmt: skip
    session["done"] = words[step]
    return go(url_for("office.show_change", change_id=change_id))


@bp.get("/offers/preview")
@requires(marketing)
def preview_offers() -> Response:
    """Show the shop as a customer would see it on a day, with what is scheduled by then and the change one asks for."""
    state = FormState({name: request.args.get(name, "")[:40] for name in ("number", "day", "channel", "change")})
    shopper: Shopper | None = None
    offers: list[OfferView] = []
    with state.catching(), reading() as db:
        at = _read_moment(state.values["day"], "day") or clock.now()
        if state.values["number"]:
            holder = find_holder(db, parse_number(state.values["number"]))
            if holder is None:
                raise Invalid({"number": N_("Nobody here has this number.")})
            shopper = get_shopper(db, holder.customer_id, now=clock.now(), party_id=holder.party_id)
        channel = state.values["channel"] if state.values["channel"] in CHANNELS else "web"
        preview = get_preview(db, at=at, change_ids=_read_changes(state.values["change"]))
        offers = list(list_shelf(db, STANDARD, shopper=shopper, channel=channel, now=at, preview=preview))
    changed = {each.code for each in preview.documents} if not state.errors else set()
    page = render_template("office/offers/preview.html", offers=offers, changed=changed, state=state, channels=CHANNELS)
    return make_response(page, state.status)


def _take(former: Mapping[str, Any], change: ChangeView | None, *, offering: str | None) -> Response | BaseResponse:
    """Read what was typed: save it as a draft, or show it in words."""
    values, state, now, staff_id = typed_values(request.form), FormState(), clock.now(), me().staff.id
    if offering is not None:
        values["code"] = offering
    about = {"note": request.form.get("note", "")[:500], "publish_at": request.form.get("publish_at", "")[:40]}
    data = data_of(values, former)
    change_id = change.id if change is not None else 0
    try:
        with state.catching():
            when = {"note": about["note"], "publish_at": _read_moment(about["publish_at"], "publish_at")}
            read_document(data)
            if request.form.get("do") != "look":
                with writing() as db:
                    if change is None:
                        change_id = draft_change(db, staff_id, data, now=now, **when)  # type: ignore[arg-type]
                    else:
                        edit_change(db, change.id, staff_id, data, now=now, **when)  # type: ignore[arg-type]
                    note(db, "catalog.change_drafted", data["code"], detail={"change": str(change_id)})
    except Refused as refusal:
        state.errors[""] = sentence(refusal)
    state.errors |= {place: gettext(said) for place, said in unread(values).items() if place in state.errors}
    if state.errors or request.form.get("do") == "look":
        return _editor(values, about, state, change, data)
    session["done"] = gettext("Saved as a draft.")
    return go(url_for("office.show_change", change_id=change_id))


def _editor(values: Values, about: Mapping[str, str], state: FormState, change: ChangeView | None, data: Mapping[str, Any]) -> Response:
    said, known = [], False
    if not state.errors and data:
        said, known = list(say_offer(read_document(data))), request.method == "POST"
    offering = change.offering_code if change is not None else (request.view_args or {}).get("offering")
    return page_or_region(
        "office/offers/form.html", "office/offers/_editor.html", status=state.status, values=values, about=about, state=state,
        change=change, offering=offering, said=said, known=known, sections=SECTIONS, price_kinds=PRICE_KINDS, usage_units=USAGE_UNITS,
        links=at_fields(state.errors, values), named=data.get("name"), pictures=values["pictures"], rows=range(values["prices"]),
        action=request.path,
    )  # fmt: skip


def _change_page(change_id: int, state: FormState) -> Response:
    with reading() as db:
        change = get_change(db, change_id)
        published = find_published(db, change.offering_code)
        names = find_staff_names(db, {each for each in (change.made_by, change.decided_by) if each is not None})
    version = published[1] if published is not None else 0
    page = render_template(
        "office/offers/change.html", change=change, said=say_offer(change.document), version=version, names=names, state=state,
        differences=compare_documents(published[0] if published is not None else None, change.document),
        is_own=change.made_by == me().staff.id, is_new=published is None, done=session.pop("done", None),
    )  # fmt: skip
    return make_response(page, state.status)


def _about(change: ChangeView) -> dict[str, str]:
    at = change.publish_at.astimezone(portal().settings.zone).strftime("%Y-%m-%dT%H:%M") if change.publish_at else ""
    return {"note": change.note or "", "publish_at": at}


def _published(offering: str) -> dict[str, Any]:
    with reading() as db:
        found = find_published(db, offering)
    if found is None:
        raise NotFound
    return write_document(found[0])


def _read_moment(text: str, name: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid({name: N_("Enter a day and a time.")}) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=portal().settings.zone)


def _read_changes(text: str) -> list[int]:
    if not text:
        return []
    try:
        return [from_ref(text)]
    except ValueError as error:
        raise NotFound from error

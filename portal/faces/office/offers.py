"""Offers in the office: what is published, what is being changed, and each offer with its versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import N_, Invalid, NotFound
from portal.catalog import (
    ChangeView,
    OfferingDocument,
    compare_documents,
    find_published,
    keep_picture,
    list_changes,
    list_changes_of,
    list_published,
    list_versions,
    make_picture,
)
from portal.customers import PAPERS
from portal.faces.access import marketing, me, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.offer_form import CHANNEL_WORDS, KIND_WORDS
from portal.faces.office.offer_words import say_amount, say_offer
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.identity import find_staff_names

PICTURE_REQUEST = 3 * 1024 * 1024
STATES: Mapping[str, tuple[str, str]] = {
    "draft": (N_("Being written"), "neutral"),
    "submitted": (N_("Waits for approval"), "warn"),
    "approved": (N_("Scheduled"), "info"),
    "published": (N_("Published"), "ok"),
    "rejected": (N_("Given back"), "bad"),
    "withdrawn": (N_("Withdrawn"), "neutral"),
}

BARS: Mapping[str, str] = {
    "sign_in": N_("known only once signed in"),
    "kind": N_("for others than this kind of customer"),
    "tier": N_("another tier"),
    "region": N_("another province"),
    "tenure": N_("not so long a customer, or too long"),
    "age": N_("another age"),
    "documents": N_("a paper was not shown"),
    "new_only": N_("for new customers"),
    "existing_only": N_("for those who have something already"),
}


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One line of the list: an offer as it is published (or is to be), and what is being done to it."""

    document: OfferingDocument
    is_published: bool
    changes: Sequence[ChangeView]


@bp.context_processor
def offer_parts() -> dict[str, Any]:
    """Give the pages of offers the words for the state of a change."""
    return {
        "change_state": change_state, "kind_word": lambda kind: gettext(KIND_WORDS[kind]), "error_at": error_at, "bar_words": bar_words,
        "amount_of": say_amount, "channel_words": lambda channels: [(each, gettext(CHANNEL_WORDS[each])) for each in channels],
    }  # fmt: skip


def error_at(errors: Mapping[str, str], place: str) -> str | None:
    """Give what is wrong at a place, or at a part of it that has no field of its own (`requires.0`)."""
    inner = (sentence for where, sentence in errors.items() if where.startswith(f"{place}."))
    return errors.get(place) or next(inner, None)


def bar_words(barred: Sequence[str], papers: Collection[str] = ()) -> list[str]:
    """Say why somebody cannot have an offer, by the codes of the catalogue's REASONS, and which papers were not shown."""
    names = [gettext(paper.name) for code, paper in PAPERS.items() if code in papers]
    missing = gettext("not shown: %(papers)s", papers=gettext(", ").join(names)) if names else ""
    return [missing if missing and each == "documents" else gettext(BARS[each]) for each in barred]


def change_state(status: str) -> tuple[str, str]:
    """Give a change's state as a word and a look."""
    word, look = STATES[status]
    return gettext(word), look


@bp.url_value_preprocessor
def let_pictures_in(endpoint: str | None, _: dict[str, Any] | None) -> None:
    """Let the one form that takes pictures be larger than others, before anything reads it."""
    if endpoint == "office.add_picture":
        request.max_content_length = PICTURE_REQUEST


@bp.get("/offers/")
@requires(marketing)
def list_offers() -> str:
    """List the offers, those alone whose code or name holds what is looked for, with the changes under way."""
    query = " ".join(request.args.get("q", "")[:60].split())
    with reading() as db:
        published, changes = list_published(db), list_changes(db)
    rows = [OfferRow(each, True, _of(changes, code)) for code, each in published.items()]
    coming = {change.offering_code: change for change in reversed(changes) if change.offering_code not in published}
    rows += [OfferRow(change.document, False, _of(changes, code)) for code, change in coming.items()]
    shown = [row for row in rows if _fits(row.document, query.casefold())]
    shown.sort(key=lambda row: (not row.changes, row.document.kind, row.document.code))
    return render_template("office/offers/list.html", rows=shown, query=query, done=session.pop("done", None))


@bp.get("/offers/<code:offering>")
@requires(marketing)
def show_offer(offering: str) -> Response:
    """Show an offer: in words, its pictures, the changes under way, its versions and what each of them changed."""
    return offer_page(offering, FormState())


@bp.post("/offers/<code:offering>/pictures")
@requires(marketing)
def add_picture(offering: str) -> Response | BaseResponse:
    """Take a picture, made anew, and give its mark to be put in the offer; the offer itself is changed by a change."""
    state = FormState()
    with reading() as db:
        _get_published(db, offering)
    upload = request.files.get("picture")
    with state.catching():
        if upload is None or not upload.filename:
            raise Invalid({"picture": N_("Choose a picture in PNG, JPEG or WebP.")})
        picture = make_picture(upload.stream.read(PICTURE_REQUEST))
        now = clock.now()
        with writing() as db:
            keep_picture(db, picture, made_by=me().staff.id, now=now)
            note(db, "catalog.picture_added", offering, detail={"picture": picture.hash})
    if state.errors:
        return offer_page(offering, state)
    return go(url_for("office.ask_offer_change", offering=offering, picture=picture.hash))


def offer_page(offering: str, state: FormState) -> Response:
    """Render an offer's page, with what was wrong with a picture."""
    with reading() as db:
        document, version = _get_published(db, offering)
        changes, versions = list_changes_of(db, offering), list_versions(db, offering)
        staff = {each for change in changes for each in (change.made_by, change.decided_by)}
        staff |= {each for one in versions for each in (one.made_by, one.approved_by)}
        names = find_staff_names(db, {each for each in staff if each is not None})
    older = [one.document for one in versions[1:]]
    history = [(one, compare_documents(before, one.document)) for one, before in zip(versions, [*older, None], strict=False)]
    page = render_template(
        "office/offers/offer.html", offer=document, version=version, said=say_offer(document), changes=changes, history=history,
        names=names, state=state, done=session.pop("done", None),
    )  # fmt: skip
    return make_response(page, state.status)


def note(db: Session, action: str, offering: str, *, detail: Mapping[str, Any] | None = None) -> None:
    """Put what was done into the audit log, in the same transaction."""
    entry = Entry(me().staff.actor, action, "office", None, f"offering:{offering}", dict(detail or {}))
    record(db, portal().keys.audit[0], entry, now=clock.now())


def _get_published(db: Session, offering: str) -> tuple[OfferingDocument, int]:
    found = find_published(db, offering)
    if found is None:
        raise NotFound
    return found


def _of(changes: Sequence[ChangeView], code: str) -> Sequence[ChangeView]:
    return [each for each in changes if each.offering_code == code]


def _fits(document: OfferingDocument, query: str) -> bool:
    return not query or any(query in text.casefold() for text in (document.code, document.name.zh, document.name.en))

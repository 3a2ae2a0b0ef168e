"""The people of a customer and whom one acts for: shown, changed, removed; and leaving by oneself."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Response, make_response, render_template, request, session, url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.errors import N_, Invalid, NotFound
from portal.base.ids import from_ref, to_ref
from portal.base.privacy import mask_name
from portal.customers import RIGHTS, RoleHolder, Viewer, list_acting, list_links
from portal.faces.access import MINUTES_5, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.people_words import offer_words, right_words, role_word, told
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.identity import (
    change_person,
    leave_customer,
    list_my_invitations,
    list_people_for,
    list_sent_invitations,
    may_change,
    remove_person,
)

CHANGED = N_("What you may do for %(name)s was changed. Look under Me, People. Questions? Call %(support)s.")
REMOVED = N_("You no longer act for %(name)s. Questions? Call %(support)s.")
LEAVABLE = frozenset({"administrator", "delegate", "payer", "member"})


@bp.get("/me/people")
@requires(subscriber, level=2)
def show_people() -> str:
    """Show who acts for the customer, whom one acts for, what waits for an answer, and the linked logins."""
    now, party_id = clock.now(), me().party_id or 0
    with reading() as db:
        viewer = my_viewer(db, now=now)
        people = list_people_for(db, me(), now=now)
        acting = list_acting(db, party_id, now=now)
        mine = list_my_invitations(db, me(), now=now)
        sent = list_sent_invitations(db, viewer.customer_id, now=now) if viewer.may("people") else []
        links = list_links(db, party_id, now=now)
    return render_template(
        "site/me/people/people.html",
        may_invite=viewer.may("people"),
        people=[person_row(viewer, each) for each in people],
        acting=[
            {
                "name": each.customer_name, "role": role_word(each.role), "until": last_day(each.until),
                "rights": right_words(each.rights) if each.role in ("delegate", "payer") else [],
                "customer": to_ref(each.customer_id), "may_leave": each.role in LEAVABLE and each.party_id == party_id,
                "is_linked": each.party_id != party_id,
            }
            for each in acting
        ],
        mine=[{"view": each, "lets": offer_words(each.role, each.rights), "until": last_day(each.until)} for each in mine],
        sent=[{"view": each, "lets": offer_words(each.role, each.rights)} for each in sent],
        links=[{"party_id": each.party_id, "name": mask_name(each.name), "since": each.since} for each in links],
        done=session.pop("done", None),
    )  # fmt: skip


@bp.get("/me/people/<ref:party_id>")
@requires(subscriber, recent_proof=MINUTES_5)
def show_person(party_id: int) -> Response:
    """Show one of the people who act for the customer: what they may do, to change or to end it."""
    viewer, person = _theirs(party_id)
    until = last_day(person.until)
    return _page(viewer, person, FormState({"until": until.isoformat() if until else ""}), person.rights)


@bp.post("/me/people/<ref:party_id>")
@requires(subscriber, recent_proof=MINUTES_5)
def change_one_person(party_id: int) -> Response:
    """Give a delegate other rights, or another last day."""
    viewer, person = _theirs(party_id)
    state, rights, now = typed("until"), chosen_rights(), clock.now()
    said = told(CHANGED, name=mask_name(me().party_name))
    with state.catching(), writing() as db:
        change_person(db, me(), party_id, rights, until=end_of(state.values["until"]), said=said, now=now)
    if state.errors:
        return _page(viewer, person, state, rights)
    session["done"] = gettext("Changed. It is so from now on.")
    return go(url_for("site.show_people"))


@bp.post("/me/people/<ref:party_id>/remove")
@requires(subscriber, recent_proof=MINUTES_5)
def remove_one_person(party_id: int) -> Response:
    """End what somebody may do, at once."""
    _, person = _theirs(party_id)
    with writing() as db:
        remove_person(db, me(), party_id, person.role, said=told(REMOVED, name=mask_name(me().party_name)), now=clock.now())
    session["done"] = gettext("Removed. From now on they see nothing more.")
    return go(url_for("site.show_people"))


@bp.post("/me/people/leave")
@requires(subscriber, level=2)
def leave_one_customer() -> Response:
    """Act for somebody no more, of one's own will."""
    try:
        customer_id = from_ref(request.form.get("customer", ""))
    except ValueError as error:
        raise NotFound from error
    with writing() as db:
        leave_customer(db, me(), customer_id, now=clock.now())
    session["done"] = gettext("You no longer act for them.")
    return go(url_for("site.show_people"))


def person_row(viewer: Viewer, person: RoleHolder) -> dict[str, object]:
    """Give one of the people as the page shows them."""
    return {
        "party_id": person.party_id,
        "name": person.name,
        "role": role_word(person.role),
        "code": person.role,
        "rights": right_words(person.rights) if person.role == "delegate" else [],
        "until": last_day(person.until),
        "may_change": may_change(viewer, me(), person),
        "is_me": person.party_id == me().party_id,
    }


def chosen_rights() -> frozenset[str]:
    """Give the rights that were ticked."""
    return frozenset(request.form.getlist("rights")) & RIGHTS.keys()


def end_of(text: str) -> datetime | None:
    """Give the moment at which a day, as a browser writes it, is over; None where none was chosen; else Invalid beside `until`."""
    if not text.strip():
        return None
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day alone
        return clock.day_start(day + timedelta(days=1), portal().settings.zone)
    except (ValueError, OverflowError) as error:
        raise Invalid({"until": N_("Write the day like this: 2026-12-31.")}) from error


def last_day(until: datetime | None) -> date | None:
    """Give the last whole day of something that is over at `until`."""
    return None if until is None else clock.local_date(until - timedelta(seconds=1), portal().settings.zone)


def find_one(db: Session, party_id: int, *, now: datetime) -> RoleHolder:
    """Give the role of one of the people that the reader may change; NotFound where there is none."""
    viewer = my_viewer(db, now=now)
    found = [each for each in list_people_for(db, me(), now=now) if each.party_id == party_id and may_change(viewer, me(), each)]
    wanted = request.values.get("role", "")
    for each in found:
        if wanted in ("", each.role):
            return each
    raise NotFound


def _theirs(party_id: int) -> tuple[Viewer, RoleHolder]:
    now = clock.now()
    with reading() as db:
        return my_viewer(db, now=now), find_one(db, party_id, now=now)


def _page(viewer: Viewer, person: RoleHolder, state: FormState, rights: frozenset[str]) -> Response:
    page = render_template(
        "site/me/people/person.html",
        person=person_row(viewer, person),
        role=person.role,
        rights=[(name, sentence(RIGHTS[name])) for name in RIGHTS if name in viewer.rights],
        chosen=sorted(rights),
        state=state,
    )
    return make_response(page, state.status)

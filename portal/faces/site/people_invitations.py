"""Invitations: asking somebody by their number to act for the customer; answering what one is asked oneself."""

from __future__ import annotations

from flask import Response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import N_, NotFound
from portal.base.ids import from_ref, to_ref
from portal.base.privacy import mask_name, show_number
from portal.customers import RIGHTS, get_owner, list_role_holders, parse_number, profile_card
from portal.faces.access import MINUTES_5, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.code_words import wait_words
from portal.faces.forms import FormState, limited_page, typed
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.people import chosen_rights, end_of
from portal.faces.site.people_words import GIVES, told
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.identity import (
    InvitationVoid,
    InvitedRole,
    Limited,
    NewInvitation,
    TooManyInvitations,
    accept_invitation,
    decline_invitation,
    invite_person,
    withdraw_invitation,
)

INVITED = N_("%(name)s invites you to act for them. Sign in to %(brand)s with this number and look under Me, People, within 7 days.")
ACCEPTED = N_("%(name)s accepted your invitation and acts for you now. If you did not invite anybody, call %(support)s.")
NEEDS = {"delegate": "people", "payer": "bills", "member": "lines"}


@bp.get("/me/people/invite")
@requires(subscriber, recent_proof=MINUTES_5)
def ask_invitation() -> Response:
    """Ask whom to invite, and for what."""
    return _page(FormState({"role": "delegate"}), frozenset())


@bp.post("/me/people/invite")
@requires(subscriber, recent_proof=MINUTES_5)
def send_invitation() -> Response:
    """Send the invitation, or say beside the field why not. Whether anybody holds the number is not told."""
    state, rights, now = typed("number", "role", "line", "until"), chosen_rights(), clock.now()
    role = state.values["role"]
    if role not in GIVES:
        state.errors["role"] = gettext("Choose what it is for.")
        return _page(state, rights)
    said = told(INVITED, name=mask_name(me().party_name), brand=portal().settings.brand)
    answer = None
    with state.catching():
        new = NewInvitation(
            parse_number(request.form.get("number", ""), portal().settings.country),
            _role(role),
            rights,
            _line(state.values["line"]),
            end_of(state.values["until"]),
        )
        try:
            with writing() as db:
                answer = invite_person(db, me(), new, said=said, now=now)
        except TooManyInvitations as refusal:
            state.errors[""] = sentence(refusal)
    if isinstance(answer, Limited):
        state.errors[""] = wait_words(answer)
    if state.errors:
        return _page(state, rights, limited=answer if isinstance(answer, Limited) else None)
    session["done"] = gettext("If the number is one of ours, a message is on its way. The invitation is good for 7 days.")
    return go(url_for("site.show_people"))


@bp.post("/me/people/invitations/<ref:invitation_id>/withdraw")
@requires(subscriber, level=2)
def withdraw_one(invitation_id: int) -> Response:
    """Take an invitation back."""
    with writing() as db:
        my_viewer(db, now=clock.now())
        withdraw_invitation(db, me(), invitation_id, now=clock.now())
    return _back(gettext("The invitation is taken back."))


@bp.post("/me/people/invitations/<ref:invitation_id>/accept")
@requires(subscriber, level=2)
def accept_one(invitation_id: int) -> Response:
    """Take an invitation: one acts for its customer from now on."""
    try:
        with writing() as db:
            taken = accept_invitation(db, me(), invitation_id, said=told(ACCEPTED, name=mask_name(me().party_name)), now=clock.now())
    except InvitationVoid as refusal:
        return _back(sentence(refusal))
    return _back(gettext("You act for %(name)s now. Change whom you act for under Me.", name=taken.customer))


@bp.post("/me/people/invitations/<ref:invitation_id>/decline")
@requires(subscriber, level=2)
def decline_one(invitation_id: int) -> Response:
    """Say no to an invitation."""
    with writing() as db:
        decline_invitation(db, me(), invitation_id, now=clock.now())
    return _back(gettext("Declined."))


def _back(done: str) -> Response:
    session["done"] = done
    return go(url_for("site.show_people"))


def _role(text: str) -> InvitedRole:
    roles: dict[str, InvitedRole] = {"delegate": "delegate", "payer": "payer", "member": "member", "administrator": "administrator"}
    return roles[text]


def _line(text: str) -> int | None:
    try:
        return from_ref(text) if text else None
    except ValueError:
        return None


def _page(state: FormState, rights: frozenset[str], *, limited: Limited | None = None) -> Response:
    now = clock.now()
    with reading() as db:
        viewer = my_viewer(db, now=now)
        if not viewer.may("people"):
            raise NotFound
        is_company = get_owner(db, viewer.customer_id).kind == "organisation"
        profile = profile_card(db, viewer, now=now)
        held = {number for each in list_role_holders(db, viewer.customer_id, now=now) if each.role == "member" for number in each.numbers}
    taken = {show_number(number) for number in held | {me().number or ""}}
    lines = [(to_ref(line.subscription_id), line.number) for line in profile.lines if line.status == "active" and line.number not in taken]
    roles = [name for name, right in NEEDS.items() if viewer.may(right) and (name != "member" or lines)]
    if "line" in state.errors and not lines:  # there is none to choose from: it is said of what was chosen
        state.errors["role"] = state.errors.pop("line")
    page = render_template(
        "site/me/people/invite.html",
        state=state,
        roles=[(name, gettext(GIVES[name])) for name in (*roles, *(("administrator",) if is_company and viewer.whole else ()))],
        rights=[(name, gettext(RIGHTS[name])) for name in RIGHTS if viewer.may(name)],
        chosen=sorted(rights),
        lines=lines,
    )
    return limited_page(page, state, limited)

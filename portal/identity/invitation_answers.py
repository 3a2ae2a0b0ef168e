"""Answering an invitation: only who holds its number now, held it when it was sent, and has proved it at level 2."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import N_, NotFound, ProofNeeded, Refused
from portal.base.privacy import mask_name
from portal.customers import add_member, find_held, find_person, get_owner, get_viewer, give_role
from portal.identity.factor_changes import own_line
from portal.identity.invitations import (
    COMPANY,
    InvitationView,
    answer_once,
    line_to_give,
    may_give,
    note,
    of_numbers,
    view_of,
)
from portal.identity.ladder import CODE
from portal.identity.session_queries import SessionView
from portal.messaging import queue_message


class InvitationVoid(Refused):
    """Who invited can no longer give what was offered."""

    code = "invitation_void"
    sentence = N_("This invitation is not good any more: who sent it can no longer give what it offers. Ask for another one.")


def list_my_invitations(session: Session, view: SessionView, *, now: datetime) -> Sequence[InvitationView]:
    """Give the open invitations to the numbers a person holds since before they were sent, the newest first. Three statements."""
    party_id = view.party_id or 0
    person = find_person(session, party_id, now=now)
    numbers = {line.number for line in person.lines} if person is not None else set()
    held = find_held(session, party_id, sorted(numbers | ({view.number} if view.number else set())))
    rows = session.connection().execute(of_numbers, {"numbers": sorted(held), "at": now}) if held else ()
    return [view_of(row) for row in rows if held[row.number] <= row.created_at]


def decline_invitation(session: Session, view: SessionView, invitation_id: int, *, now: datetime) -> None:
    """Say no, once. Raises NotFound for an invitation that is not one's own or was answered."""
    mine = _mine(session, view, invitation_id, now)
    if not answer_once(session, mine, "declined", None, now=now):
        raise NotFound
    note(session, mine.customer_id, "invitation_declined", {"number": mine.number}, now=now)


def accept_invitation(session: Session, view: SessionView, invitation_id: int, *, said: str | None, now: datetime) -> InvitationView:
    """Take an invitation, once: from now on the person acts for the customer. Both timelines tell it; `said` goes to who invited.

    Raises ProofNeeded below level 2, NotFound for an invitation that is not one's own or was answered, InvitationVoid
    where who invited has meanwhile lost what they offered.
    """
    if view.level < CODE:
        raise ProofNeeded(level=CODE)
    party_id = view.party_id or 0
    mine = _mine(session, view, invitation_id, now)
    if not answer_once(session, mine, "accepted", party_id, now=now):
        raise NotFound
    own = own_line(session, view)
    _grant(session, mine, party_id, now)
    note(session, mine.customer_id, "invitation_accepted", {"name": mask_name(view.party_name)}, now=now)
    note(session, own.customer_id, "acting_began", {"name": mine.customer}, line=own.subscription_id, now=now)
    inviter = find_person(session, mine.invited_by, now=now)
    if said and inviter is not None and inviter.number is not None:
        queue_message(session, inviter.number, said, kind="notice", secret=False, now=now)
    return mine


def _mine(session: Session, view: SessionView, invitation_id: int, now: datetime) -> InvitationView:
    mine = next((each for each in list_my_invitations(session, view, now=now) if each.id == invitation_id), None)
    if mine is None:
        raise NotFound
    return mine


def _grant(session: Session, mine: InvitationView, party_id: int, now: datetime) -> None:
    """Give what was offered, unless who offered it could not offer it now."""
    try:
        giver = get_viewer(session, mine.invited_by, mine.customer_id, now=now)
    except NotFound as error:
        raise InvitationVoid from error
    is_company = get_owner(session, mine.customer_id).kind == COMPANY
    over = mine.until is not None and mine.until <= now
    if over or not may_give(giver, mine.role, mine.rights, is_company=is_company):
        raise InvitationVoid
    if mine.role != "member":
        give_role(session, mine.customer_id, party_id, mine.role, mine.rights, until=mine.until, now=now)
    elif line_to_give(session, mine.customer_id, mine.subscription_id, giver=mine.invited_by, keep=None):
        add_member(session, mine.customer_id, mine.subscription_id or 0, party_id, now=now)
    else:
        raise InvitationVoid

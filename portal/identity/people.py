"""Who acts for a customer, changed and ended by those who look after its people; and leaving by oneself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.base.privacy import mask_name
from portal.customers import RoleHolder, Viewer, change_rights, end_role, find_person, list_acting, list_role_holders
from portal.identity.invitations import LONGEST_STAY, note, people_viewer
from portal.identity.session_queries import SessionView
from portal.messaging import queue_message

KEPT = frozenset({"owner"})
"""Roles that nobody takes from anybody here: an owner stays one."""


def list_people_for(session: Session, view: SessionView, *, now: datetime) -> Sequence[RoleHolder]:
    """Give who acts for the customer a session acts for; nobody to who may not look after them."""
    try:
        viewer = people_viewer(session, view, now=now)
    except NotFound:
        return []
    return list_role_holders(session, viewer.customer_id, now=now)


def may_change(viewer: Viewer, view: SessionView, person: RoleHolder) -> bool:
    """Say whether somebody may change or end this role: of others alone, and only where they have all its rights themselves."""
    return person.party_id != view.party_id and person.role not in KEPT and person.rights <= viewer.rights


def change_person(
    session: Session, view: SessionView, party_id: int, rights: frozenset[str], *, until: datetime | None, said: str | None, now: datetime
) -> None:
    """Give a delegate other rights, or another last moment; they are told by `said`. Ask for a fresh proof before.

    Raises NotFound for who may not and for rights that one has not, Invalid beside `rights` or `until`.
    """
    viewer, person = _theirs(session, view, party_id, "delegate", now)
    if not rights:
        raise Invalid({"rights": N_("Choose at least one.")})
    if not rights <= viewer.rights:
        raise NotFound
    if until is not None and not now < until <= now + LONGEST_STAY:
        raise Invalid({"until": N_("Choose a day within the next year, or leave it empty.")})
    change_rights(session, viewer.customer_id, party_id, rights, until=until, now=now)
    _told(session, viewer.customer_id, person, "rights_changed", said, now)


def remove_person(session: Session, view: SessionView, party_id: int, role: str, *, said: str | None, now: datetime) -> None:
    """End somebody's role at once; they are told by `said`. Ask for a fresh proof before.

    Raises NotFound for who may not and for a role that is not there, LastOfThem where nobody would be left.
    """
    viewer, person = _theirs(session, view, party_id, role, now)
    _told(session, viewer.customer_id, person, "role_ended", said, now)
    end_role(session, viewer.customer_id, party_id, role, now=now)


def leave_customer(session: Session, view: SessionView, customer_id: int, *, now: datetime) -> None:
    """Act for a customer no more, of one's own will. Raises NotFound where one has no role to leave, LastOfThem for the last one.

    A role that a linked login has is left from that login; an employee's is ended by the employer.
    """
    party_id = view.party_id or 0
    acting = next((each for each in list_acting(session, party_id, now=now) if each.customer_id == customer_id), None)
    mine = [each for each in list_role_holders(session, customer_id, now=now) if each.party_id == party_id]
    leaving = [each for each in mine if each.role not in KEPT]
    if acting is None or not leaving:
        raise NotFound
    for each in leaving:
        end_role(session, customer_id, party_id, each.role, now=now)
    note(session, customer_id, "role_ended", {"name": mask_name(view.party_name)}, now=now)


def _theirs(session: Session, view: SessionView, party_id: int, role: str, now: datetime) -> tuple[Viewer, RoleHolder]:
    viewer = people_viewer(session, view, now=now)
    people = list_role_holders(session, viewer.customer_id, now=now)
    person = next((each for each in people if each.party_id == party_id and each.role == role), None)
    if person is None or not may_change(viewer, view, person):
        raise NotFound
    return viewer, person


def _told(session: Session, customer_id: int, person: RoleHolder, kind: str, said: str | None, now: datetime) -> None:
    note(session, customer_id, kind, {"name": mask_name(person.name)}, now=now)
    found = find_person(session, person.party_id, now=now)
    if said and found is not None and found.number is not None:
        queue_message(session, found.number, said, kind="notice", secret=False, now=now)

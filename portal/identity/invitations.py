"""Asking somebody to act for a customer. An invitation is bound to a number: no token is in any address or message.

Whoever holds the number, held it when it was sent, and has proved that they hold it, finds it after signing in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import new_id
from portal.base.privacy import mask_name, mask_number
from portal.customers import EVERYTHING, RIGHTS, Viewer, find_holder, get_holder_of_line, get_owner, get_viewer, list_links
from portal.identity.limits import DAY, Limited, windows
from portal.identity.models import Invitation
from portal.identity.session_queries import SessionView
from portal.identity.throttle import count_up, give_back
from portal.interactions import record_interaction
from portal.messaging import queue_message

InvitedRole = Literal["member", "payer", "delegate", "administrator"]
COMPANY = "organisation"
GOOD_FOR = timedelta(days=7)
LONGEST_STAY = timedelta(days=366)
MOST_OPEN = 10
SENT_BY_CUSTOMER = ((20, DAY),)
SENT_TO_NUMBER = ((5, DAY),)
NEEDS: Mapping[str, frozenset[str]] = {"member": frozenset({"lines"}), "payer": frozenset({"bills"}), "administrator": EVERYTHING}
"""What one must have oneself to give a role; a delegate's rights are looked at one by one."""

_invitation = Invitation.metadata.tables["invitation"]
# Named as foreign keys name them, as in session_queries.py: a list must not ask for each name by itself.
_party = sa.table("party", sa.column("id", sa.BigInteger), sa.column("name", sa.String))
_its_party = _party.alias("its_party")
_customer = sa.table(
    "customer", sa.column("customer_id", sa.BigInteger), sa.column("party_id", sa.BigInteger), sa.column("kind", sa.String)
)
_open = sa.and_(_invitation.c.answered_at.is_(None), _invitation.c.expires_at > sa.bindparam("at"))
_views = (
    sa.select(
        _invitation.c.id, _invitation.c.customer_id, _invitation.c.number, _invitation.c.role, _invitation.c.rights,
        _invitation.c.subscription_id, _invitation.c.until, _invitation.c.invited_by, _invitation.c.created_at, _invitation.c.expires_at,
        _party.c.name.label("inviter"), _its_party.c.name.label("customer"), _customer.c.kind,
    )
    .join_from(_invitation, _customer, _customer.c.customer_id == _invitation.c.customer_id)
    .join(_its_party, _its_party.c.id == _customer.c.party_id)
    .join(_party, _party.c.id == _invitation.c.invited_by)
    .where(_open)
    .order_by(_invitation.c.id.desc())
)  # fmt: skip
_sent = _views.where(_invitation.c.customer_id == sa.bindparam("of_customer"))
of_numbers = _views.where(_invitation.c.number.in_(sa.bindparam("numbers", expanding=True)))
_count = sa.select(sa.func.count()).where(_invitation.c.customer_id == sa.bindparam("of_customer"), _open)
_insert = sa.insert(_invitation)
_answer = (
    sa.update(_invitation)
    .where(
        _invitation.c.customer_id == sa.bindparam("of_customer"),
        _invitation.c.id == sa.bindparam("which"),
        _open,
    )
    .values(answered_at=sa.bindparam("at"), answer=sa.bindparam("said"), accepted_by=sa.bindparam("by_party"))
)
_void = (
    sa.update(_invitation)
    .where(_invitation.c.number == sa.bindparam("to_number"), _invitation.c.created_at <= sa.bindparam("sent_until"), _open)
    .values(answered_at=sa.bindparam("at"), answer="withdrawn")
)


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Whom to ask for what. `number` as `parse_number` gives it; `rights`: a delegate's; `subscription_id`: a member's line."""

    number: str = field(repr=False)
    role: InvitedRole
    rights: frozenset[str] = frozenset()
    subscription_id: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An open invitation. `number`, `inviter` and a person's `customer` are masked."""

    id: int
    customer_id: int
    customer: str
    number: str
    role: str
    rights: frozenset[str]
    subscription_id: int | None
    until: datetime | None
    invited_by: int
    inviter: str
    created_at: datetime
    expires_at: datetime


class TooManyInvitations(Refused):
    """A customer has as many open invitations as it may."""

    code = "too_many_invitations"
    sentence = N_("Ten invitations are waiting for an answer. Withdraw one of them first.")


def people_viewer(session: Session, view: SessionView, *, now: datetime) -> Viewer:
    """Give what the person of a session may do for the customer they act for; NotFound for who may not look after its people."""
    if view.party_id is None or view.customer_id is None:
        raise NotFound
    viewer = get_viewer(session, view.party_id, view.customer_id, now=now)
    if not viewer.may("people"):
        raise NotFound
    return viewer


def invite_person(session: Session, view: SessionView, new: NewInvitation, *, said: str | None, now: datetime) -> InvitationView | Limited:
    """Ask the holder of a number to act for the customer the session acts for; ask for a fresh proof before.

    `said`: the message in words, sent if anybody holds the number; nothing tells whether anybody does. Commit what is
    returned. Raises NotFound for who may not invite or gives what they have not, Invalid beside `number`, `rights`,
    `line` or `until`, TooManyInvitations for the eleventh open one.
    """
    viewer = people_viewer(session, view, now=now)
    _check_what(session, viewer, view, new, now=now)
    holder = find_holder(session, new.number)
    if holder is not None and holder.party_id in _myself(session, view, now):
        raise Invalid({"number": N_("This is a number of your own.")})
    allowed = windows(f"invite-by:{viewer.customer_id}", SENT_BY_CUSTOMER) + windows(f"invite-to:{new.number}", SENT_TO_NUMBER)
    if (seen := count_up(session, allowed, now=now).of(allowed)).over:
        give_back(session, allowed)
        return Limited(seen.retry_after_seconds)
    connection = session.connection()
    if connection.execute(_count, {"of_customer": viewer.customer_id, "at": now}).scalar_one() >= MOST_OPEN:
        raise TooManyInvitations
    row = {
        "customer_id": viewer.customer_id, "id": new_id(now), "number": new.number, "role": new.role,
        "rights": [name for name in RIGHTS if name in new.rights] if new.role == "delegate" else sa.null(),
        "subscription_id": new.subscription_id if new.role == "member" else None,
        "until": new.until if new.role in ("delegate", "payer") else None,
        "invited_by": view.party_id, "created_at": now, "expires_at": now + GOOD_FOR,
        "answered_at": None, "answer": None, "accepted_by": None,
    }  # fmt: skip
    connection.execute(_insert.values(**row))
    note(session, viewer.customer_id, "person_invited", {"number": mask_number(new.number)}, now=now)
    if said:
        queue_message(session, new.number, said, kind="notice", secret=False, now=now, deliver=holder is not None)
    return next(each for each in list_sent_invitations(session, viewer.customer_id, now=now) if each.id == row["id"])


def list_sent_invitations(session: Session, customer_id: int, *, now: datetime) -> Sequence[InvitationView]:
    """Give a customer's open invitations, the newest first. One statement."""
    return [view_of(row) for row in session.connection().execute(_sent, {"of_customer": customer_id, "at": now})]


def withdraw_invitation(session: Session, view: SessionView, invitation_id: int, *, now: datetime) -> None:
    """Take an open invitation back. Raises NotFound for who may not invite, and for one of another customer or answered before."""
    viewer = people_viewer(session, view, now=now)
    sent = next((each for each in list_sent_invitations(session, viewer.customer_id, now=now) if each.id == invitation_id), None)
    if sent is None or not answer_once(session, sent, "withdrawn", None, now=now):
        raise NotFound
    note(session, viewer.customer_id, "invitation_withdrawn", {"number": sent.number}, now=now)


def void_invitations_to(session: Session, number: str, *, sent_until: datetime, now: datetime) -> int:
    """Take back what was sent to a number until it passed on; give how many."""
    return session.connection().execute(_void, {"to_number": number, "sent_until": sent_until, "at": now}).rowcount


def answer_once(session: Session, invitation: InvitationView, answer: str, party_id: int | None, *, now: datetime) -> bool:
    """Answer an open invitation; False for who comes second, or too late."""
    said = {"of_customer": invitation.customer_id, "which": invitation.id, "said": answer, "by_party": party_id, "at": now}
    return session.connection().execute(_answer, said).rowcount == 1


def note(session: Session, customer_id: int, kind: str, params: Mapping[str, Any], *, now: datetime, line: int | None = None) -> None:
    """Put on a timeline what happened between people."""
    record_interaction(session, customer_id, channel="web", kind=kind, params=params, subscription_id=line, now=now)


def view_of(row: Any) -> InvitationView:
    """Give an invitation as it is shown."""
    name = row.customer if row.kind == COMPANY else mask_name(row.customer)
    return InvitationView(
        row.id, row.customer_id, name, mask_number(row.number), row.role, frozenset(row.rights or ()), row.subscription_id,
        row.until, row.invited_by, mask_name(row.inviter), row.created_at, row.expires_at,
    )  # fmt: skip


def may_give(viewer: Viewer, role: str, rights: frozenset[str], *, is_company: bool) -> bool:
    """Say whether somebody may give a role with these rights: nobody gives what they have not."""
    if not viewer.may("people") or (role == "administrator" and not is_company):
        return False
    return (rights if role == "delegate" else NEEDS.get(role, EVERYTHING)) <= viewer.rights


def line_to_give(session: Session, customer_id: int, subscription_id: int | None, *, giver: int, keep: str | None) -> bool:
    """Say whether a line can be given to a member: one that the customer, or who gives it, uses; not the one signed in with."""
    try:
        holder = get_holder_of_line(session, customer_id, subscription_id or 0)
    except NotFound:
        return False
    return holder.number != keep and holder.party_id in (get_owner(session, customer_id).party_id, giver)


def _check_what(session: Session, viewer: Viewer, view: SessionView, new: NewInvitation, *, now: datetime) -> None:
    is_company = get_owner(session, viewer.customer_id).kind == COMPANY
    if new.role == "delegate" and not new.rights:
        raise Invalid({"rights": N_("Choose at least one.")})
    if not may_give(viewer, new.role, new.rights, is_company=is_company):
        raise NotFound
    if new.role == "member" and not line_to_give(
        session, viewer.customer_id, new.subscription_id, giver=view.party_id or 0, keep=view.number
    ):
        raise Invalid({"line": N_("Choose a line that nobody else uses.")})
    if new.until is not None and not now < new.until <= now + LONGEST_STAY:
        raise Invalid({"until": N_("Choose a day within the next year, or leave it empty.")})


def _myself(session: Session, view: SessionView, now: datetime) -> set[int]:
    own = view.party_id or 0
    return {own, *(each.party_id for each in list_links(session, own, now=now))}

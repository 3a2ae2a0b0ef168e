"""Linking two logins of one person: the session proves one, a code to the other's number and what guards that number the other.

In the session's browser alone: the code is bound to its flow. Nothing of either number is told before the code was right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, ProofNeeded, Refused
from portal.base.privacy import mask_number
from portal.base.settings import Settings
from portal.customers import Holder, NotLinkable, find_holder, find_person, get_owner, link_parties, unlink_parties
from portal.identity.factor_changes import own_line
from portal.identity.invitations import COMPANY, note
from portal.identity.ladder import CODE
from portal.identity.service_password import has_service_password
from portal.identity.session_queries import SessionView
from portal.identity.sim_changes import level_of_message
from portal.identity.web_password import has_web_password
from portal.messaging import queue_message

FRESH_SECONDS = 300
Guard = Literal["service_password", "web_password"]


@dataclass(frozen=True, slots=True)
class LinkTexts:
    """The message to each side, in words; None sends none. Linking and undoing are always told to both."""

    here: str | None = None
    there: str | None = None


class SimTooNew(Refused):
    """The other number's SIM was changed a short while ago: a code to it proves little."""

    code = "sim_too_new"
    sentence = N_("The SIM of that number was changed a short while ago. It can be linked in some days.")


def check_linkable(session: Session, view: SessionView, number: str) -> None:
    """Raise Invalid beside `number` where it is of the session's own person. Of others nothing is told before they are proved."""
    holder = find_holder(session, number)
    if number == view.number or (holder is not None and holder.party_id == view.party_id):
        raise Invalid({"number": N_("You are signed in with this number, or it is yours already.")})


def find_guard(session: Session, holder: Holder, *, settings: Settings, now: datetime) -> Guard | None:
    """Give what is asked for besides the code, once that was right: the number's web password, else its service password, or nothing.

    Raises NotLinkable for a company's number, SimTooNew while messages to it are not believed.
    """
    if get_owner(session, holder.customer_id).kind == COMPANY:
        raise NotLinkable
    if level_of_message(session, holder, settings=settings, now=now) < CODE:
        raise SimTooNew
    if has_web_password(session, holder.party_id):
        return "web_password"
    return "service_password" if has_service_password(session, holder) else None


def link_logins(session: Session, view: SessionView, other: Holder, *, texts: LinkTexts, now: datetime) -> None:
    """Link the person of a session with the holder of a number whose code, and guard, were right just now.

    Both timelines and both numbers are told. Raises ProofNeeded where the session's own proof is missing or older than five
    minutes, and what `link_parties` raises; NotFound where the number has passed on.
    """
    if not view.proved_within(FRESH_SECONDS, now):
        raise ProofNeeded(level=CODE, max_age_seconds=FRESH_SECONDS)
    if find_holder(session, other.number) != other:
        raise NotFound
    own = own_line(session, view)
    if link_parties(session, own.party_id, other.party_id, now=now):
        _tell(session, own, other, "logins_linked", texts, now)


def unlink_logins(session: Session, view: SessionView, other_party_id: int, *, texts: LinkTexts, now: datetime) -> None:
    """Undo a link from either side, at once; ask for a fresh proof before. Whoever acts across it acts no more from the next request.

    Raises NotFound where there is none.
    """
    party_id = view.party_id or 0
    unlink_parties(session, party_id, other_party_id, now=now)
    holders = [_holder_of(session, each, now) for each in (party_id, other_party_id)]
    for side, across, said in ((0, 1, texts.here), (1, 0, texts.there)):
        _tell_one(session, holders[side], holders[across], "logins_unlinked", said, now)


def _tell(session: Session, own: Holder, other: Holder, kind: str, texts: LinkTexts, now: datetime) -> None:
    _tell_one(session, own, other, kind, texts.here, now)
    _tell_one(session, other, own, kind, texts.there, now)


def _tell_one(session: Session, to: Holder | None, about: Holder | None, kind: str, said: str | None, now: datetime) -> None:
    if to is None:  # who has no line any more has no timeline either
        return
    params = {"number": mask_number(about.number)} if about is not None else {}
    note(session, to.customer_id, kind, params, line=to.subscription_id, now=now)
    if said:
        queue_message(session, to.number, said, kind="notice", secret=False, now=now)


def _holder_of(session: Session, party_id: int, now: datetime) -> Holder | None:
    person = find_person(session, party_id, now=now)
    return find_holder(session, person.number) if person is not None and person.number is not None else None

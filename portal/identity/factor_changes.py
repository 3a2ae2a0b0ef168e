"""What follows when somebody changes how they sign in: other browsers are signed out, and they are told.

ASVS 5.0 6.3.7 (a message about every change of a factor) and 7.4.3 (other sessions end).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from portal.base.errors import N_, NotFound
from portal.base.events import emit
from portal.customers import Holder, find_holder
from portal.identity.events import FactorChanged
from portal.identity.session_ends import end_other_sessions
from portal.identity.session_queries import SessionView
from portal.interactions import record_interaction
from portal.messaging import queue_message

Change = Literal[
    "passkey_added", "passkey_removed", "authenticator_set", "authenticator_removed", "recovery_codes_made", "recovery_code_used",
    "web_password_set", "web_password_removed", "service_password_set",
]  # fmt: skip
CHANGE_SENTENCES: Mapping[Change, str] = {
    "passkey_added": N_("A passkey was added to your sign-in. If it was not you, call %(support)s now."),
    "passkey_removed": N_("A passkey was removed from your sign-in. If it was not you, call %(support)s now."),
    "authenticator_set": N_("An authenticator app was added to your sign-in. If it was not you, call %(support)s now."),
    "authenticator_removed": N_("The authenticator app was removed from your sign-in. If it was not you, call %(support)s now."),
    "recovery_codes_made": N_("New recovery codes were made for your sign-in. If it was not you, call %(support)s now."),
    "recovery_code_used": N_("A recovery code was used to confirm that it is you. If it was not you, call %(support)s now."),
    "web_password_set": N_("A new password was set for your sign-in. If it was not you, call %(support)s now."),
    "service_password_set": N_("A new service password was set for your number. If it was not you, call %(support)s now."),
    "web_password_removed": N_("The password was removed from your sign-in. If it was not you, call %(support)s now."),
}
"""What the message says. Faces pass the translation; `%(support)s` is filled in by them or stays the operator's number."""
KEEPS_OTHERS: frozenset[Change] = frozenset({"recovery_code_used"})
"""What proves something and changes nothing: other browsers stay signed in."""


def own_line(session: Session, view: SessionView) -> Holder:
    """Give the line a subscriber's session is about; raise NotFound where its number is not the person's any more."""
    holder = find_holder(session, view.number or "")
    if holder is None or view.party_id is None or holder.party_id != view.party_id:
        raise NotFound
    return holder


def note_change(
    session: Session,
    view: SessionView,
    change: Change,
    *,
    now: datetime,
    said: str | None,
    params: Mapping[str, Any] | None = None,
    channel: str = "web",
) -> None:
    """Note a change of the person's own making, in the transaction that made it.

    `said`: the message in the reader's language, ready to send; None sends none. It goes to the number of the session.
    """
    holder = own_line(session, view)
    if change not in KEEPS_OTHERS:
        end_other_sessions(session, party_id=holder.party_id, keep=view.id, by="password", now=now)
        emit(session, FactorChanged(holder.party_id, view.id), now=now)
    tell_change(session, holder, change, said=said, params=params, channel=channel, now=now)


def tell_change(
    session: Session,
    holder: Holder,
    change: Change,
    *,
    now: datetime,
    said: str | None,
    params: Mapping[str, Any] | None = None,
    channel: str = "web",
) -> None:
    """Put a change on the line's timeline and tell its number, whether or not anybody is signed in there."""
    line = holder.subscription_id
    record_interaction(session, holder.customer_id, channel=channel, kind=change, params=params, subscription_id=line, now=now)
    if said:
        queue_message(session, holder.number, said, kind="notice", secret=False, now=now)

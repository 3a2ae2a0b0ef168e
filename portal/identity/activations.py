"""An activation: what the counter hands over to somebody who has forgotten their service password and can prove nothing else.

Staff start a new password and never set or learn one (ASVS 5.0 6.4.6): besides the activation it takes a code by message. It is
handed over and not sent, since what goes to the same phone as the code would be the same proof twice (NIST SP 800-63B-4 4.2).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import ALPHABET
from portal.base.keys import Keys
from portal.base.privacy import keyed_hash
from portal.base.settings import Settings
from portal.customers import Holder, get_holder_of_line
from portal.identity.limits import Limited, activation_windows
from portal.identity.models import PasswordActivation
from portal.identity.openings import CHANNEL, find_opening, note_action
from portal.identity.recovery import clean_recovery_code
from portal.identity.session_queries import StaffMember
from portal.identity.sim_changes import messages_believed_from
from portal.identity.throttle import count_up, give_back
from portal.interactions import record_interaction
from portal.messaging import queue_message

ACTIVATION_MINUTES = 60
LETTERS = 10
RESET_STARTED = N_("At %(outlet)s a new service password was begun for your number. If it was not you, call %(support)s now.")
"""What the number is told. Faces pass the translation."""

_activation = PasswordActivation.metadata.tables["password_activation"]
_use = (
    sa.update(_activation)
    .where(
        _activation.c.customer_id == sa.bindparam("customer"),
        _activation.c.subscription_id == sa.bindparam("line"),
        _activation.c.party_id == sa.bindparam("party"),
        _activation.c.code_hash == sa.bindparam("hash"),
        _activation.c.used_at.is_(None),
        _activation.c.expires_at > sa.bindparam("at"),
    )
    .values(used_at=sa.bindparam("at"))
)


def _starting(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    new = {name: insert.excluded[name] for name in ("party_id", "staff_id", "code_hash", "created_at", "expires_at", "used_at")}
    return insert.on_conflict_do_update(index_elements=["customer_id", "subscription_id"], set_=new)


_start = {"sqlite": _starting(sqlite.insert(_activation)), "postgresql": _starting(postgresql.insert(_activation))}


@dataclass(frozen=True, slots=True)
class Activation:
    """Fifty bits to be read out or written down, once, and until when they are good."""

    code: str = field(repr=False)
    expires_at: datetime


class SimNew(Refused):
    """The line's SIM was changed a short while ago: the code that goes with the activation would not be believed."""

    code = "sim_new"
    sentence = N_("The SIM of this line was changed a short while ago. For some days no code to it is believed, so it is too early.")


def start_password_reset(
    session: Session,
    keys: Keys,
    staff: StaffMember,
    customer_id: int,
    subscription_id: int,
    *,
    document_seen: bool,
    settings: Settings,
    now: datetime,
    said: str | None = None,
) -> Activation:
    """Give what lets whoever uses a line set its service password anew, together with a code to it. An earlier one is void.

    It is in the audit log and on the timeline, and the number is told (`said`: RESET_STARTED in words).
    Raises NotFound for a line that this session does not have open, Invalid where no identity document was seen, SimNew.
    """
    opening = find_opening(session, staff, customer_id, now=now)
    if opening is None or (opening.lines is not None and subscription_id not in opening.lines):
        raise NotFound
    holder = get_holder_of_line(session, customer_id, subscription_id)
    if not document_seen:
        raise Invalid({"document": N_("Ask for the identity document of whoever uses the line, and look at it.")})
    if messages_believed_from(session, holder, settings=settings, now=now) is not None:
        raise SimNew
    code, until = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS)), now + timedelta(minutes=ACTIVATION_MINUTES)
    row = {
        "customer_id": customer_id, "subscription_id": subscription_id, "party_id": holder.party_id, "staff_id": staff.id,
        "code_hash": _hash(keys, holder, code), "created_at": now, "expires_at": until, "used_at": None,
    }  # fmt: skip
    session.connection().execute(_start[session.get_bind().dialect.name], row)
    note_action(session, keys, staff, customer_id, "customer.password_reset_started", {"proof": opening.proof, "document": True}, now=now)
    params = {"outlet": staff.outlet, "staff_number": staff.public_number}
    record_interaction(
        session, customer_id, channel=CHANNEL, kind="password_reset_started", params=params, subscription_id=subscription_id, now=now
    )
    if said:
        queue_message(session, holder.number, said, kind="notice", secret=False, now=now)
    return Activation(f"{code[:5]}-{code[5:]}", until)


def take_activation(session: Session, keys: Keys, holder: Holder, *, code: str, now: datetime) -> bool | Limited:
    """Take a line's activation, once, and say whether it was the one. Commit what is returned: tries are counted."""
    allowed = activation_windows(holder.party_id)
    if (seen := count_up(session, allowed, now=now).of(allowed)).over:
        give_back(session, allowed)
        return Limited(seen.retry_after_seconds)
    asked = {"customer": holder.customer_id, "line": holder.subscription_id, "party": holder.party_id, "at": now}
    hashed = _hash(keys, holder, clean_recovery_code(code))
    if session.connection().execute(_use, asked | {"hash": hashed}).rowcount == 0:
        return False
    give_back(session, allowed)
    return True


def _hash(keys: Keys, holder: Holder, code: str) -> str:
    return keyed_hash(keys.codes, "activation", f"{holder.customer_id}\x00{holder.subscription_id}\x00{holder.party_id}\x00{code}")

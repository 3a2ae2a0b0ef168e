"""Opening a customer by a code that the person at the counter reads out from their own phone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.keys import Keys
from portal.base.settings import Settings
from portal.customers import NOTHING, Holder, Viewer, get_holder_of_line, get_viewer
from portal.identity.code_check import CodeDead, CodeExpired, CodeRight, CodeWrong, check_code
from portal.identity.codes import CodeFor, CodeSent, write_code
from portal.identity.limits import CODES_SENT, CODES_SENT_AT_COUNTER, Limited, flow_windows, windows
from portal.identity.openings import CHANNEL, Grounds, OpeningView, note_action, write_opening
from portal.identity.session_queries import StaffMember
from portal.identity.throttle import count_up, give_back
from portal.identity.visitor import Visitor
from portal.interactions import record_interaction


def send_counter_code(
    session: Session,
    keys: Keys,
    staff: StaffMember,
    customer_id: int,
    subscription_id: int,
    *,
    now: datetime,
    sentence: str | None = None,
) -> CodeSent | Limited:
    """Send a code to a line of the customer, for this session of this member of staff. Commit what is returned.

    The allowance is the clerk's own: strangers on the web do not use it up. `sentence`: as for `send_code`.
    Raises NotFound for a line that is not the customer's or has ended.
    """
    holder = get_holder_of_line(session, customer_id, subscription_id)
    bound = _bound(staff, holder)
    pause = flow_windows(bound.flow_hash, "counter")
    allowed = windows(f"send:{holder.number}:staff:{staff.id}", CODES_SENT)
    allowed += windows(f"send-by:staff:{staff.id}", CODES_SENT_AT_COUNTER)
    if (seen := count_up(session, pause + allowed, now=now).of(pause + allowed)).over:
        give_back(session, pause + allowed)
        return Limited(seen.retry_after_seconds)
    sent = write_code(session, keys, bound, holder, base_host=None, sentence=sentence, vouched=False, now=now)
    note_action(session, keys, staff, customer_id, "customer.code_sent", {}, now=now)
    record_interaction(
        session, customer_id, channel=CHANNEL, kind="code_sent_counter", params={"outlet": staff.outlet},
        subscription_id=subscription_id, now=now,
    )  # fmt: skip
    return sent


def open_customer_by_code(
    session: Session,
    keys: Keys,
    staff: StaffMember,
    customer_id: int,
    subscription_id: int,
    *,
    code: str,
    settings: Settings,
    now: datetime,
) -> OpeningView | CodeWrong | CodeDead | CodeExpired | Limited:
    """Open the customer with the code that was read out. Commit what is returned, whatever it is.

    Open is what the line's user may see: the owner's code opens everything, a member's the lines that member uses.
    Raises NotFound for a line that is not the customer's, Invalid for what is no code.
    """
    holder = get_holder_of_line(session, customer_id, subscription_id)
    clerk = Visitor(device_id=f"staff:{staff.id}", ip="", label=staff.outlet, known=True)
    answer = check_code(session, keys, _bound(staff, holder), clerk, code=code, now=now)
    if not isinstance(answer, CodeRight):
        return answer
    grounds = Grounds("code", scope=_scope_of(session, answer.holder, now))
    return write_opening(session, keys, staff, customer_id, grounds, settings=settings, now=now)


def _bound(staff: StaffMember, holder: Holder) -> CodeFor:
    return CodeFor(f"counter:{staff.session_id}:{holder.customer_id}:{holder.subscription_id}", holder.number, "counter")


def _scope_of(session: Session, holder: Holder, now: datetime) -> Viewer:
    try:
        return get_viewer(session, holder.party_id, holder.customer_id, now=now)
    except NotFound:  # somebody uses the line without a role at the customer: that line and no more
        lines = frozenset({holder.subscription_id})
        return Viewer("subscriber", f"party:{holder.party_id}", holder.customer_id, lines=lines, rights=NOTHING)

"""Which part of the worklist an address asks for, and the words of the form that asks. What nobody offers is ignored, never refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask import url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portal.base.errors import N_
from portal.carts import OUTLETS, OUTLETS_BY_CODE
from portal.customers import search_customers
from portal.faces.babel import gettext
from portal.faces.words import sentence, text
from portal.interactions import CHANNELS
from portal.orders import DESK, TASKS, WorkFilter

VIEWS = ("all", "free", "mine")
ROLES = {
    DESK: N_("The order desk"),
    "customer": N_("The customer"),
    "carrier": N_("The carrier"),
    "system": N_("The house’s own systems"),
}
SENT = "sent"
CHANNEL_WORDS = {
    "web": N_("Web"), "mobile": N_("Phone browser"), "sms": N_("Text message"), "voice": N_("Call"), "kiosk": N_("Kiosk"),
    "counter": N_("Counter"), "ministore": N_("Company store"), "partner": N_("Partner shop"),
}  # fmt: skip
LONGEST, FEWEST_DIGITS = 20, 4
_NAMES = ("view", "task", "role", "channel", "place", "late", "q")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for, as it may be asked; "" where it says nothing."""

    view: str = "all"
    task: str = ""
    role: str = DESK
    channel: str = ""
    place: str = ""
    late: str = ""
    q: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Something but the view is asked for."""
        return bool(self.as_args(view="all"))

    def as_args(self, **changes: str) -> dict[str, str]:
        """Give it as an address holds it: without what goes without saying."""
        plain = {"view": "all", "role": DESK}
        found = {name: getattr(self, name) for name in _NAMES} | changes
        return {name: value for name, value in found.items() if value and value != plain.get(name)}

    def address(self, **changes: str) -> str:
        """Give the worklist's address for it, with changes."""
        return url_for("office.show_worklist", **cast(Any, self.as_args(**changes)))


def read_asked(args: MultiDict[str, str]) -> Asked:
    """Read what an address (or a form that repeats it) asks for."""
    offered: Mapping[str, Sequence[str]] = {
        "view": VIEWS, "task": list(TASKS), "role": list(ROLES), "channel": CHANNELS, "place": [SENT, *OUTLETS_BY_CODE], "late": ["1"],
    }  # fmt: skip
    found = {name: args.get(name, "") for name, values in offered.items() if args.get(name, "") in values}
    typed = "".join(sign for sign in args.get("q", "").upper() if sign.isascii() and sign.isalnum())
    return Asked(**found, q=typed[:LONGEST])


def filter_of(session: Session, asked: Asked, staff_id: int) -> tuple[WorkFilter, bool]:
    """Give the filter, and whether more numbers end in what was typed than were looked at.

    Four digits and more may also be the end of a customer's number. No statement without them, else two at most.
    """
    customers: tuple[int, ...] = ()
    more = False
    if asked.q.isdecimal() and len(asked.q) >= FEWEST_DIGITS:
        answer = search_customers(session, asked.q)
        customers, more = tuple(hit.customer_id for hit in answer.hits), answer.more
    which = WorkFilter(
        staff_id,
        role=asked.role,
        task=cast(Any, asked.task or None),
        channel=asked.channel or None,
        outlet=None if not asked.place else "" if asked.place == SENT else asked.place,
        taken=cast(Any, asked.view) if asked.view in ("free", "mine") else None,
        late=bool(asked.late),
        tail=asked.q,
        customers=customers,
    )
    return which, more


def choices_of() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Give what the form offers, in words."""
    return {
        "task": [("", gettext("Any task")), *((name, sentence(task.name)) for name, task in TASKS.items())],
        "role": [(name, sentence(word)) for name, word in ROLES.items()],
        "channel": [("", gettext("Any way")), *((name, sentence(CHANNEL_WORDS[name])) for name in CHANNELS)],
        "place": [
            ("", gettext("Anywhere")), (SENT, gettext("Not picked up")), *((one.code, text(dict(one.name))) for one in OUTLETS),
        ],
    }  # fmt: skip

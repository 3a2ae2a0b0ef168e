"""Why a code is not taken. What must be counted is returned; what is no code at all, or not theirs to do, is raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from portal.base.errors import N_, Forbidden, Refused

Reason = Literal[
    "unknown", "wait", "used", "mine", "held", "voided", "stopped", "not_yet", "ended", "channel", "customer", "customer_limit",
    "day_limit", "coupon", "prize",
]  # fmt: skip

SENTENCES: Mapping[Reason, str] = {
    "unknown": N_("This code is not one of ours."),
    "wait": N_("Too many codes were wrong. Try again in %(minutes)s min."),
    "used": N_("This code was redeemed already."),
    "mine": N_("You have redeemed this code already."),
    "held": N_("This code is in another cart or order at the moment."),
    "voided": N_("This code is no longer valid."),
    "stopped": N_("These codes are no longer taken."),
    "not_yet": N_("This code is valid from %(day)s."),
    "ended": N_("This code was valid until %(day)s."),
    "channel": N_("This code cannot be redeemed here."),
    "customer": N_("This code is meant for other customers."),
    "customer_limit": N_("You have redeemed as many of these codes as one customer may."),
    "day_limit": N_("As many of these codes as a day allows were redeemed today."),
    "coupon": N_("This code is a coupon: enter it in the cart."),
    "prize": N_("This code is for a prize: redeem it under points."),
}


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """A code that was read and not taken. Commit it: a wrong one was counted. `sentence` is a msgid, filled by `params`."""

    reason: Reason
    params: Mapping[str, object] = field(default_factory=dict)
    retry_after_seconds: int | None = None

    @property
    def sentence(self) -> str:
        """What to tell the person."""
        return SENTENCES[self.reason]


class SameHands(Forbidden):
    """Who made or asked for something may not release it."""

    code = "same_hands"
    sentence = N_("Somebody else has to approve it: you have made or asked for it yourself.")


class BatchNotOpen(Refused):
    """The batch is in another state meanwhile."""

    code = "batch_not_open"
    sentence = N_("The batch is in another state meanwhile. Nothing was changed.")

"""The pipeline of an order in one table: which step leads from where to where, and who may take it.

A later pipeline puts states between these; nothing outside this file says what follows what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from portal.base.errors import N_

Status = Literal["accepted", "reserved", "fulfilled", "cancelled"]
Verb = Literal["reserve", "take", "fulfil", "cancel"]
Role = Literal["system", "desk", "customer"]

ACCEPTED: Status = "accepted"
RESERVED: Status = "reserved"


@dataclass(frozen=True, slots=True)
class State:
    """Where an order may stand. `name` is a message id; who has to move it on, and within which time (None: nobody)."""

    name: str
    responsible: Role | None = None
    limit: timedelta | None = None

    @property
    def is_open(self) -> bool:
        """Something is still to be done."""
        return self.responsible is not None


@dataclass(frozen=True, slots=True)
class Transition:
    """One step: from which states, to which one, who may take it, and what it is called in the order's history."""

    sources: tuple[Status, ...]
    target: Status
    roles: frozenset[Role]
    step: str


STATES: Mapping[Status, State] = {
    "accepted": State(N_("Accepted"), "system", timedelta(minutes=5)),
    "reserved": State(N_("In preparation"), "desk", timedelta(hours=48)),
    "fulfilled": State(N_("Done")),
    "cancelled": State(N_("Cancelled")),
}
"""Two working days for the desk, counted as 48 hours. What the worker fulfils by itself it fulfils within seconds."""

TRANSITIONS: Mapping[Verb, Transition] = {
    "reserve": Transition(("accepted",), "reserved", frozenset({"system"}), "reserved"),
    "take": Transition(("reserved",), "reserved", frozenset({"desk"}), "taken"),
    "fulfil": Transition(("reserved",), "fulfilled", frozenset({"desk", "system"}), "fulfilled"),
    "cancel": Transition(("accepted", "reserved"), "cancelled", frozenset({"customer", "desk", "system"}), "cancelled"),
}
"""Of `cancel` besides: the customer no longer may once the desk has taken the order."""

VOUCHER, DATA_PACK = "voucher", "data_pack"
AUTOMATIC = frozenset({VOUCHER, DATA_PACK})
"""Ways of fulfilment the worker looks after; an order of these alone never comes to the desk."""

_ROLES: Mapping[str, Role] = {"party": "customer", "employee": "customer", "staff": "desk", "system": "system"}


def role_of(actor: str) -> Role:
    """Give the role an actor ("party:9", "employee:E-100", "staff:7", "system") acts in; ValueError for any other."""
    role = _ROLES.get(actor.partition(":")[0])
    if role is None:
        raise ValueError(f"nobody acts as {actor!r}")
    return role


def check_role(verb: Verb, actor: str) -> Role:
    """Give the actor's role where it may take this step; PermissionError where not: a face let somebody through."""
    role = role_of(actor)
    if role not in TRANSITIONS[verb].roles:
        raise PermissionError(f"{actor!r} may not {verb} an order")
    return role

"""The pipeline of an order in one table: which step leads from where to where, who may take it, and what waits for whom.

Nothing outside this file says what follows what; docs/orders.md is drawn from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from portal.base.errors import N_

Status = Literal["accepted", "paid", "reserved", "provisioned", "shipped", "completed", "cancelled", "returned"]
Verb = Literal[
    "pay",
    "reserve",
    "take",
    "release",
    "provision",
    "ship",
    "fulfil",
    "receive",
    "withdraw",
    "cancel",
    "recall",
    "expire",
    "fail",
    "return",
]
Role = Literal["system", "desk", "customer", "carrier"]
TaskName = Literal["pay", "check", "prepare", "provision", "ship", "collect", "recall", "deliver", "undo", "return", "refund"]

ACCEPTED: Status = "accepted"
PAID: Status = "paid"
RESERVED: Status = "reserved"
PROVISIONED: Status = "provisioned"
SHIPPED: Status = "shipped"
COMPLETED: Status = "completed"
CANCELLED: Status = "cancelled"
RETURNED: Status = "returned"
FORMER: Mapping[str, Status] = {"fulfilled": "completed"}
"""What a release before this one wrote; a node of it may still run while this one does."""


@dataclass(frozen=True, slots=True)
class State:
    """Where an order may stand. `name` is a message id; who has to move it on, and within which time (None: nobody).

    `skipped`: when an order never stands here.
    """

    name: str
    responsible: Role | None = None
    limit: timedelta | None = None
    skipped: str = ""

    @property
    def is_open(self) -> bool:
        """Something is still to be done."""
        return self.responsible is not None


@dataclass(frozen=True, slots=True)
class Transition:
    """One step: from which states, to which one (None: it stays), who may take it, and its name in the order's history."""

    sources: tuple[Status, ...]
    target: Status | None
    roles: frozenset[Role]
    step: str


@dataclass(frozen=True, slots=True)
class Task:
    """What an open order waits for: `name` is a message id; whose it is on the worklists, and within which time."""

    name: str
    role: str
    limit: timedelta


STATES: Mapping[Status, State] = {
    "accepted": State(N_("Accepted"), "customer", timedelta(minutes=30), "nothing is to be paid before, and no paper is to be checked"),
    "paid": State(N_("Paid"), "desk", timedelta(hours=24), "nothing is to be paid before, or no paper is to be checked"),
    "reserved": State(N_("In preparation"), "desk", timedelta(hours=48)),
    "provisioned": State(N_("Set up"), "desk", timedelta(hours=48), "no service is to be set up, or nothing is sent besides"),
    "shipped": State(N_("On its way"), "carrier", timedelta(days=10), "nothing is sent, or it is handed over"),
    "completed": State(N_("Done")),
    "cancelled": State(N_("Cancelled")),
    "returned": State(N_("Returned")),
}
"""Two working days for the desk, counted as 48 hours. What the worker fulfils by itself it fulfils within seconds."""

TRANSITIONS: Mapping[Verb, Transition] = {
    "pay": Transition(("accepted",), "paid", frozenset({"system", "desk"}), "paid"),
    "reserve": Transition(("accepted", "paid"), "reserved", frozenset({"system", "desk"}), "reserved"),
    "take": Transition((*STATES,), None, frozenset({"desk"}), "taken"),
    "release": Transition((*STATES,), None, frozenset({"desk"}), "released"),
    "provision": Transition(("reserved",), "provisioned", frozenset({"system", "desk"}), "provisioned"),
    "ship": Transition(("reserved", "provisioned"), "shipped", frozenset({"desk", "system"}), "shipped"),
    "fulfil": Transition(("reserved", "provisioned"), "completed", frozenset({"desk", "system"}), "completed"),
    "receive": Transition(("shipped",), "completed", frozenset({"customer", "desk", "system"}), "completed"),
    "withdraw": Transition(("accepted", "paid", "reserved"), "cancelled", frozenset({"customer"}), "cancelled"),
    "cancel": Transition(("accepted", "paid", "reserved", "provisioned"), "cancelled", frozenset({"desk", "system"}), "cancelled"),
    "recall": Transition(("reserved", "provisioned"), None, frozenset({"customer", "desk", "system"}), "stop_asked"),
    "expire": Transition(("accepted",), "cancelled", frozenset({"system"}), "cancelled"),
    "fail": Transition(("shipped",), "cancelled", frozenset({"desk", "system"}), "cancelled"),
    "return": Transition(("completed",), "returned", frozenset({"desk", "system"}), "returned"),
}
"""Of `withdraw` besides: no longer once the desk has taken the order, or the billing system was asked. `recall`: what withdrawing
or cancelling comes to while a carrier may have the parcel; stopped, the order is cancelled, else it is shipped. `expire`: the money
did not come in time. `fail`: what was sent came back. `take` and `release`: whatever of an order waits on the desk's worklist."""

TASKS: Mapping[TaskName, Task] = {
    "pay": Task(N_("Wait for the payment"), "customer", timedelta(minutes=30)),
    "check": Task(N_("Check the papers"), "order_desk", timedelta(hours=24)),
    "prepare": Task(N_("Prepare"), "order_desk", timedelta(hours=48)),
    "provision": Task(N_("Set up in the billing system"), "order_desk", timedelta(hours=24)),
    "ship": Task(N_("Pack and send"), "order_desk", timedelta(hours=48)),
    "collect": Task(N_("Hand over at the outlet"), "order_desk", timedelta(days=7)),
    "recall": Task(N_("Stop the parcel"), "order_desk", timedelta(hours=24)),
    "deliver": Task(N_("On its way"), "carrier", timedelta(days=10)),
    "undo": Task(N_("Undo in the billing system"), "order_desk", timedelta(hours=24)),
    "return": Task(N_("Decide on a return"), "order_desk", timedelta(hours=72)),
    "refund": Task(N_("Pay back by hand"), "order_desk", timedelta(hours=24)),
}
"""The limit of `pay` is the order's own. A task of the role `order_desk` is on the desk's worklist; while the billing system
itself, or the carrier, is at work on one, its role is `system`."""

DESK, MACHINE = "order_desk", "system"
VOUCHER, DATA_PACK, GOODS, SERVICE = "voucher", "data_pack", "goods", "service"
DEPOSIT = "deposit"
"""A pre-sale's deposit: nobody's task; the pre-sale completes its order or cancels it."""
AUTOMATIC = frozenset({VOUCHER, DATA_PACK})
"""Ways of fulfilment the worker looks after; an order of these alone never comes to the desk."""

_ROLES: Mapping[str, Role] = {"party": "customer", "employee": "customer", "staff": "desk", "system": "system"}


def read_status(stored: str) -> Status:
    """Give a stored status by the name it has today."""
    return FORMER.get(stored, stored)  # type: ignore[arg-type]


def stored_as(status: Status) -> tuple[str, ...]:
    """Give every name a status may be stored under."""
    return (status, *(old for old, new in FORMER.items() if new == status))


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

"""How an order reads, in every face: what it costs, where it stands, the steps it took, why it was given up."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Flask

from portal.base.errors import N_
from portal.base.money import Money
from portal.base.privacy import show_number
from portal.customers import PAPERS
from portal.faces.babel import gettext
from portal.faces.words import money, points_of
from portal.orders import NO_CURRENCY, TASKS, OrderSummary, StepView

BY_CUSTOMER = "by_customer"
LOOKS = {
    "accepted": ("info", "clock"),
    "paid": ("info", "credit-card"),
    "reserved": ("info", "clock"),
    "provisioned": ("info", "clock"),
    "shipped": ("info", "truck"),
    "completed": ("ok", None),
    "cancelled": ("neutral", "circle-x"),
    "returned": ("neutral", "arrow-left"),
}
"""A status as `status()` takes it: its state, and an icon of its own."""
ICONS = {
    "accepted": "receipt",
    "paid": "credit-card",
    "checked": "user-check",
    "reserved": "check",
    "taken": "user-check",
    "released": "user",
    "provisioned": "check",
    "packed": "package",
    "not_carried": "circle-x",
    "stop_asked": "clock",
    "not_stopped": "circle-x",
    "too_late": "truck",
    "shipped": "truck",
    "completed": "circle-check",
    "cancelled": "circle-x",
    "undone": "check",
    "refunded": "credit-card",
    "return_asked": "arrow-left",
    "return_approved": "check",
    "return_refused": "circle-x",
    "return_closed": "circle-x",
    "part_returned": "arrow-left",
    "returned": "arrow-left",
}
STEPS = {
    "accepted": N_("Order accepted"),
    "paid": N_("Paid"),
    "checked": N_("Papers seen"),
    "reserved": N_("Set aside"),
    "taken": N_("Being prepared"),
    "released": N_("Given back to the queue"),
    "provisioned": N_("Set up"),
    "packed": N_("Packed for the carrier"),
    "not_carried": N_("The carrier did not take it"),
    "stop_asked": N_("To be cancelled: the carrier is asked to stop the parcel"),
    "not_stopped": N_("Whether the parcel was stopped is not known"),
    "too_late": N_("Too late to stop the parcel"),
    "shipped": N_("Sent"),
    "completed": N_("Done"),
    "cancelled": N_("Cancelled"),
    "undone": N_("Undone in the billing system"),
    "refunded": N_("Money paid back"),
    "return_asked": N_("Return asked for"),
    "return_approved": N_("Return approved"),
    "return_refused": N_("Return refused"),
    "return_closed": N_("Return closed: nothing came"),
    "part_returned": N_("Part of it came back"),
    "returned": N_("All of it came back"),
}
NAMED = frozenset(
    {"accepted", "checked", "taken", "released", "provisioned", "packed", "stop_asked", "too_late", "shipped", "completed", "cancelled",
     "return_asked", "return_approved", "return_refused", "return_closed", "part_returned", "returned", "undone"}
)  # fmt: skip
"""Steps somebody takes; setting aside is done by the house."""
DESK_REASONS = {
    "customer_asked": N_("The customer asked for it"),
    "out_of_stock": N_("It is damaged or missing in the store"),
    "undeliverable": N_("It cannot be delivered to the address given"),
    "ordered_twice": N_("It was ordered twice by mistake"),
    "against_rules": N_("The order is against the rules of the offer"),
}
"""Why the desk may give an order up, in the order to show them; the customer reads the same."""
REASONS = {
    **DESK_REASONS,
    BY_CUSTOMER: N_("At the customer’s own wish"),
    "not_paid_in_time": N_("It was not paid in time"),
    "refused_by_bss": N_("It could not be set up on this line"),
}
NOT_CARRIED = {"refused_by_carrier": N_("It refused the parcel"), "no_answer_of_carrier": N_("It gave no answer")}
"""Why a parcel is the desk's again."""

RETURNS = {
    "asked": N_("You asked to return something; we look at it."),
    "approved": N_("Your return is approved: send it, or bring it to an outlet."),
    "received": N_("What you returned is here; your money is on its way back."),
    "refunded": N_("What you returned is here and was paid back."),
    "refused": N_("Your return was refused."),
    "closed": N_("Nothing of your return came, so it was closed."),
}

_BARE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of an order in the reader's words."""

    icon: str
    text: str
    at: datetime
    note: str


def order_cost(order: OrderSummary) -> str:
    """Write what an order costs: in points or money, and every month."""
    monthly = _monthly(order)
    if not monthly:
        return price(order.total_points, order.total_minor, order.currency)
    if not (order.total_points or order.total_minor):
        return monthly
    return gettext("%(once)s, then %(monthly)s", once=price(order.total_points, order.total_minor, order.currency), monthly=monthly)


def _monthly(order: OrderSummary) -> str:
    if not order.monthly_minor or order.currency == NO_CURRENCY:
        return ""
    return gettext("%(price)s a month", price=money(Money(order.monthly_minor, order.currency)))


def init_app(app: Flask) -> None:
    """Give templates what an order costs and how its status looks."""
    names = {code: each.name for code, each in PAPERS.items()}
    app.jinja_env.globals.update(
        order_price=price, order_cost=order_cost, order_looks=LOOKS, order_tasks=TASKS, paper_names=names, return_words=RETURNS
    )
    app.jinja_env.filters["numbers_grouped"] = numbers_grouped


def price(points: int, minor: int, currency: str) -> str:
    """Write what was agreed: 600 points, ¥1,099.00, or both."""
    parts = [points_of(points)] if points or currency == NO_CURRENCY else []
    if minor or not parts:
        parts.append(money(Money(minor, currency)))
    return " + ".join(parts)


def step_rows(steps: Sequence[StepView], names: Mapping[str, str], *, named: Collection[str] = NAMED) -> list[StepRow]:
    """Give the steps in words; `names` says what whoever took one is called here, by actor, which is told of the kinds in `named`."""
    rows = []
    for step in steps:
        who = names.get(step.actor) if step.kind in named else None
        word, note = gettext(STEPS.get(step.kind, step.kind)), " · ".join(filter(None, (who, remark(step))))
        rows.append(StepRow(ICONS.get(step.kind, "clock"), word, step.at, note))
    return rows


def remark(step: StepView) -> str:
    """Give what was noted with a step: why an order was given up, a tracking number."""
    if step.kind in ("cancelled", "stop_asked"):
        return gettext(REASONS[step.note]) if step.note in REASONS else ""
    if step.kind in ("not_carried", "not_stopped"):
        return gettext(NOT_CARRIED.get(step.note or "", ""))
    return step.note or ""


def numbers_grouped(text: str) -> str:
    """Group the phone numbers in what somebody typed: 138 1234 5678."""
    return _BARE.sub(lambda found: show_number(found.group()), text)

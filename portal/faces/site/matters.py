"""The one thing that matters now, with its one action: the largest thing on the home page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import url_for

from portal.billing import BillsCard, UsageCard
from portal.customers import ProfileCard
from portal.customerview import CustomerView
from portal.faces import words
from portal.faces.babel import gettext

AGREEMENT_ENDS_SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Matter:
    """A sentence, what it is about, the figure if there is one, and what to do."""

    sentence: str
    eyebrow: str
    icon: str
    figure: str | None = None
    action: dict[str, str] | None = None
    more: str | None = None


def what_matters(view: CustomerView, *, password_set: bool, today: date) -> Matter:
    """Give what matters most: money due, an allowance running out, a password to set, an agreement that ends, or peace."""
    found = {card.name: card.data for card in view.cards}
    bills, usage, profile = found.get("bills"), found.get("usage"), found.get("profile")
    if isinstance(bills, BillsCard) and bills.due_minor:
        return _due(bills)
    if isinstance(usage, UsageCard) and (matter := _running_out(usage)):
        return matter
    if not password_set:
        return Matter(
            gettext("Set a service password, so that you get in without waiting for a message."),
            gettext("Your sign-in"),
            "lock",
            action={"url": url_for("site.ask_new_password"), "label": gettext("Set it now")},
        )
    if isinstance(profile, ProfileCard) and (matter := _agreement(profile, today)):
        return matter
    return Matter(gettext("All is in order. Nothing needs you today."), gettext("Today"), "circle-check")


def _due(bills: BillsCard) -> Matter:
    assert bills.due_on is not None
    assert bills.due_bill_id is not None
    day = words.day(bills.due_on)
    return Matter(
        gettext("This bill was due on %(day)s", day=day) if bills.overdue else gettext("Due on %(day)s", day=day),
        gettext("To pay"),
        "receipt",
        figure=words.money(bills.due_minor),
        action={"url": url_for("site.show_bill", bill_id=bills.due_bill_id), "label": gettext("See the bill")},
    )


def _running_out(usage: UsageCard) -> Matter | None:
    tight = [meter for line in usage.lines for meter in line.meters if meter.state != "normal"]
    if not tight or not usage.current:
        return None
    worst = max(tight, key=lambda meter: (meter.state == "over", meter.percent))
    name, day = gettext(worst.name), words.day(worst.renews_on)
    if worst.state == "over":
        sentence = gettext("%(name)s: used up. Until %(day)s each further use is charged.", name=name, day=day)
    else:
        sentence = gettext("%(name)s: %(left)s left until %(day)s.", name=name, left=words.amount(worst.left, worst.unit), day=day)
    return Matter(sentence, gettext("Your allowance"), "antenna-bars-5", action={"url": "#card-usage", "label": gettext("See the usage")})


def _agreement(profile: ProfileCard, today: date) -> Matter | None:
    ends = profile.agreement.ends_on if profile.agreement else None
    if ends is None or not today <= ends <= today + AGREEMENT_ENDS_SOON:
        return None
    return Matter(
        gettext("Your agreement ends on %(day)s. Your plan goes on unchanged; you are no longer bound.", day=words.day_long(ends)),
        gettext("Your agreement"),
        "calendar",
        action={"url": url_for("site.show_me"), "label": gettext("See the agreement")},
    )

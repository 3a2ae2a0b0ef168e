"""What the shared partials need beside their card: where links lead in this face, and how codes read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from portal.base.errors import N_
from portal.base.money import Money
from portal.customers import ProfileCard, Viewer, profile_card
from portal.customerview import CustomerView
from portal.faces import words
from portal.faces.babel import gettext
from portal.faces.parts import portal
from portal.interactions import TimelineItem

TIERS = {"standard": N_("Standard"), "silver": N_("Silver"), "gold": N_("Gold")}
TERMS = {"monthly": N_("Month to month"), "one_year": N_("One year"), "two_years": N_("Two years")}
PAYMENTS = {
    "bank_transfer": N_("Bank transfer, automatic"),
    "credit_card": N_("Credit card, automatic"),
    "electronic_check": N_("Electronic check"),
    "mailed_check": N_("Check by post"),
}


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses a card may lead to; None where the reader has no such page."""

    bills: str | None
    bill: Callable[[int], str]
    activity: str | None
    activity_before: Callable[[str], str]
    orders: str | None = None
    points: str | None = None
    order: Callable[[int], str] | None = None


def init_app(app: Flask) -> None:
    """Give every template the words for codes, and the timeline its filter."""
    app.jinja_env.globals.update(tier_words=TIERS, term_words=TERMS, payment_words=PAYMENTS)
    app.jinja_env.filters["happening"] = happening


def line_names(view: CustomerView) -> Mapping[int, str]:
    """Give what each line is called on this page: its number, grouped or masked as the viewer may see it."""
    profile = view.find("profile")
    if profile is None or not isinstance(profile.data, ProfileCard):
        return {}
    return line_names_in(profile.data)


def line_names_of(session: Session, viewer: Viewer, *, now: datetime) -> Mapping[int, str]:
    """Give what each line in sight is called, for a page without the profile card."""
    return line_names_in(profile_card(session, viewer, now=now))


def line_names_in(profile: ProfileCard) -> Mapping[int, str]:
    """Give what each line of a profile is called."""
    return {line.subscription_id: line.number for line in profile.lines}


def happening(item: TimelineItem) -> dict[str, Any]:
    """Turn a timeline item into what the macro shows: channel, sentence in the reader's language, moment."""
    return {"channel": item.channel, "text": gettext(item.sentence, **spoken(item.params)), "at": item.at}


def spoken(params: Mapping[str, Any]) -> dict[str, Any]:
    """Put an interaction's values into the reader's language; what a value is goes by its name (interactions.KINDS)."""
    currency = str(params.get("currency", portal().settings.currency))
    return {name: _spoken(name, value, currency) for name, value in params.items()}


def _spoken(name: str, value: Any, currency: str) -> str:
    if isinstance(value, dict):
        return words.text(value)
    if name.endswith("_minor"):
        return words.money(Money(int(value), currency))
    if name == "cycle_start":
        return words.month(date.fromisoformat(value))
    if name.endswith("_on"):
        return words.day_long(date.fromisoformat(value))
    return str(value)  # a name, a device, an outlet: as it was written, even where it reads like one of our words

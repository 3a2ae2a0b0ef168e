"""The points store: what one has, what it buys, what runs out next; and what came and went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from flask import Response, make_response, render_template, request, url_for

from portal.base import clock
from portal.base.errors import N_, Invalid
from portal.catalog import POINTS, STANDARD, Buyer, Offer, list_offers
from portal.faces import words
from portal.faces.access import me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.htmx import page_or_region
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_links, my_viewer
from portal.faces.transactions import reading
from portal.points import PointsCard, PointsMovement, RuleData, list_earning_rules, list_points_movements, points_card

PAGE = 20
SOON = timedelta(days=60)
LATEST_NUMBER = 2**53
GIFTS = ("gift",)
EARNED_BY = {
    "visit": N_("A visit"),
    "payment": N_("A payment"),
    "counter_payment": N_("A payment at a counter"),
    "grant": N_("A gift from us"),
}
CAME_OR_WENT = {
    "held": N_("Used for an order"),
    "released": N_("Given back from an order"),
    "expired": N_("Past their last day"),
    "opening": N_("Points you brought along"),
    "earned": N_("Points earned"),
}


@dataclass(frozen=True, slots=True)
class Shelves:
    """The gifts as this reader sees them: what can be had now, what points are missing for (and how many), what is gone, what
    is for others."""

    now: tuple[Offer, ...]
    later: tuple[tuple[Offer, int], ...]
    gone: tuple[Offer, ...]
    others: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One movement in the reader's words. `order_url`: the order it was for."""

    at: datetime
    what: str
    amount: int
    after: int
    order_url: str | None


@dataclass(frozen=True, slots=True)
class Way:
    """A way to earn points: its icon, what it is, how much it gives."""

    icon: str
    what: str
    parts: tuple[str, ...]


@bp.get("/points")
@requires(subscriber)
def show_points() -> Response:
    """Show the points and every gift: first what they buy now, then what is still out of reach."""
    return store_page()


@bp.get("/points/history")
@requires(subscriber)
def list_points_history() -> Response:
    """Show a page of what came and went, newest first; `before` continues an earlier one."""
    before = _before(request.args.get("before"))
    with reading() as session:
        viewer = my_viewer(session, now=clock.now())
        history = list_points_movements(session, viewer, before=before, limit=PAGE)
    return page_or_region(
        "site/points/history.html",
        "site/points/_history.html",
        rows=[_row(each) for each in history.movements],
        older_url=url_for("site.list_points_history", before=history.older) if history.older else None,
        newest_url=url_for("site.list_points_history") if before else None,
    )


def store_page(*, refused: str | None = None) -> Response:
    """Give the store; `refused` says first why something could not be had."""
    now = clock.now()
    with reading() as session:
        viewer = my_viewer(session, now=now)
        card = points_card(session, viewer, now=now)
        offers = list_offers(session, STANDARD, Buyer(viewer.customer_id, "web", me().party_id), kinds=GIFTS, unit=POINTS, now=now)
        rules = list_earning_rules(session)
    page = render_template(
        "site/points/store.html",
        points=card,
        shelves=arrange(offers, card.available),
        hint=use_soon(card, offers, clock.today(now)),
        ways=[_way(rule) for rule in rules],
        months_kept=max((rule.months_kept for rule in rules), default=None),
        links=replace(my_links(viewer), points=None),
        refused=refused,
    )
    return make_response(page, 409 if refused else 200)


def arrange(offers: Sequence[Offer], available: int) -> Shelves:
    """Part the gifts by what this reader can have: each shelf cheapest first."""
    mine = [offer for offer in offers if offer.can_be_had]
    there = [offer for offer in mine if offer.left != 0]
    return Shelves(
        now=tuple(offer for offer in there if offer.amount <= available),
        later=tuple((offer, offer.amount - available) for offer in there if offer.amount > available),
        gone=tuple(offer for offer in mine if offer.left == 0),
        others=tuple(offer for offer in offers if not offer.can_be_had),
    )


def use_soon(card: PointsCard, offers: Sequence[Offer], today: date) -> str | None:
    """Say what is about to expire, and what it could buy; None where nothing is."""
    if not card.expiring or card.expiring[0].on > today + SOON:
        return None
    first = card.expiring[0]
    said = gettext("%(points)s can be used until %(day)s.", points=words.points_of(first.amount), day=words.day_long(first.on))
    within = [offer for offer in offers if offer.can_be_had and offer.left != 0 and offer.amount <= card.available]
    alone = [offer for offer in within if offer.amount <= first.amount]
    if alone:
        gift = words.text(dict(max(alone, key=lambda offer: offer.amount).name))
        return words.joined([said, gettext("They are enough for this gift: %(gift)s.", gift=gift)])
    if within:
        gift = words.text(dict(min(within, key=lambda offer: offer.amount).name))
        return words.joined([said, gettext("With your other points they buy this gift, and are used first: %(gift)s.", gift=gift)])
    return said


def _before(value: str | None) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdigit()) or not 0 < int(value[:17]) <= LATEST_NUMBER or len(value) > 16:
        raise Invalid({"before": N_("This page of the history is not there. Start from the newest.")})
    return int(value)


def _row(movement: PointsMovement) -> HistoryRow:
    order = movement.reference.removeprefix("order:")
    is_order = movement.kind in ("held", "released") and order != movement.reference and order.isdigit()
    sentence = EARNED_BY.get(movement.reason or "") or CAME_OR_WENT.get(movement.kind, CAME_OR_WENT["earned"])
    url = url_for("site.show_order", order_id=int(order)) if is_order else None
    return HistoryRow(movement.at, gettext(sentence), movement.amount, movement.available_after, url)


def _way(rule: RuleData) -> Way:
    """Say what a rule rewards, and with how much."""
    points = words.number(rule.points)
    most = [gettext("at most %(count)s a day", count=words.number(rule.daily_cap))] if rule.daily_cap else []
    if rule.code == "visit":
        what = gettext("A day on which you look in on the web, by text message or at a kiosk")
        return Way("world", what, (gettext("+%(count)s on each of them", count=points), *most))
    icon, what = ("credit-card", gettext("Paying online"))
    if rule.purse == "service":
        icon, what = "building-store", gettext("Paying at a counter, in service points")
    return Way(icon, what, (gettext("+%(count)s for each %(sum)s", count=points, sum=words.money(rule.per)), *most))

"""The cards of the customer view: which there are, who sees them, and the one look that builds them together.

A card is data for one template that every face shows alike. Cards that need the same data name the same `read`; a view
reads it once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.billing import BillsCard, UsageCard, bills_card, usage_card
from portal.customers import ProfileCard, Viewer, profile_card
from portal.interactions import TimelineCard, timeline_card
from portal.orders import OrdersCard, orders_card, sees_orders
from portal.points import PointsCard, points_card, sees_points

CardData = ProfileCard | UsageCard | BillsCard | PointsCard | OrdersCard | TimelineCard


class Read(Protocol):
    """A capability's card: one customer as far as `viewer` may see it, as a frozen dataclass."""

    def __call__(self, session: Session, viewer: Viewer, *, now: datetime) -> CardData:
        """Read the data. Raises NotFound for what the viewer may not see."""


@dataclass(frozen=True, slots=True)
class Card:
    """One region of the view: its name (also the region's id), its template, what it reads and who sees it."""

    name: str
    template: str
    read: Read
    shown_to: Callable[[Viewer], bool]

    def build(self, session: Session, viewer: Viewer, *, now: datetime) -> CardData:
        """Give this card's data alone, for an answer that replaces one region; NotFound when it is not the viewer's."""
        if not self.shown_to(viewer):
            raise NotFound
        return self.read(session, viewer, now=now)


@dataclass(frozen=True, slots=True)
class BuiltCard:
    """A card with its data, ready for its template."""

    name: str
    template: str
    data: CardData


@dataclass(frozen=True, slots=True)
class CustomerView:
    """The cards a viewer sees of one customer, in order."""

    cards: tuple[BuiltCard, ...]

    def find(self, name: str) -> BuiltCard | None:
        """Give one card, or None when this viewer does not see it."""
        return next((card for card in self.cards if card.name == name), None)


def _everybody(_: Viewer) -> bool:
    return True


def _with_lines(viewer: Viewer) -> bool:
    return viewer.lines != frozenset()


def _in_full_with_lines(viewer: Viewer) -> bool:
    return viewer.full and viewer.lines != frozenset()


def _in_full_with_money(viewer: Viewer) -> bool:
    return viewer.full and viewer.money


def _in_full_with_points(viewer: Viewer) -> bool:
    return viewer.full and sees_points(viewer)


def _in_full_with_orders(viewer: Viewer) -> bool:
    return viewer.full and sees_orders(viewer)


CARDS: tuple[Card, ...] = (
    Card("profile", "shared/customers/_profile.html", profile_card, _everybody),
    Card("lines", "shared/customers/_lines.html", profile_card, _with_lines),
    Card("usage", "shared/billing/_usage.html", usage_card, _in_full_with_lines),
    Card("bills", "shared/billing/_bills.html", bills_card, _in_full_with_money),
    Card("points", "shared/points/_points.html", points_card, _in_full_with_points),
    Card("orders", "shared/orders/_orders.html", orders_card, _in_full_with_orders),
    Card("timeline", "shared/interactions/_timeline.html", timeline_card, _in_full_with_lines),
)
"""Every card there is. A viewer who sees masked data only gets who it is and which lines there are."""


def get_card(name: str) -> Card:
    """Give the card called `name`; NotFound when there is none."""
    for card in CARDS:
        if card.name == name:
            return card
    raise NotFound


def build_view(session: Session, viewer: Viewer, *, now: datetime) -> CustomerView:
    """Build every card the viewer sees; at most seven statements, however much the customer has."""
    read: dict[Read, CardData] = {}
    built = []
    for card in CARDS:
        if card.shown_to(viewer):
            if card.read not in read:
                read[card.read] = card.build(session, viewer, now=now)
            built.append(BuiltCard(card.name, card.template, read[card.read]))
    return CustomerView(tuple(built))

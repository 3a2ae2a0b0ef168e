"""The timeline card: what happened on any channel, newest first, a page at a time.

Pages go on from the last item shown (keyset): a page costs the same however far back it lies, and what happens meanwhile
neither repeats nor hides an item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid
from portal.base.keyset import read_place, write_place
from portal.customers import Viewer
from portal.interactions.kinds import sentence_of
from portal.interactions.models import Interaction

MOST_ITEMS = 100


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One interaction. `sentence` is a message id whose placeholders `params` fill (kinds.py says how)."""

    id: int
    at: datetime
    channel: str
    kind: str
    sentence: str
    params: Mapping[str, Any]
    subscription_id: int | None


@dataclass(frozen=True, slots=True)
class TimelineCard:
    """One page. `older` continues it as `before`; None where it began."""

    items: tuple[TimelineItem, ...]
    older: str | None


_columns = sa.select(
    Interaction.id, Interaction.at, Interaction.channel, Interaction.kind, Interaction.params, Interaction.subscription_id
).where(Interaction.customer_id == sa.bindparam("customer_id"))
_newest_first = (Interaction.at.desc(), Interaction.id.desc())
_up_to = Interaction.at <= sa.bindparam("at")
_before = sa.and_(_up_to, sa.or_(Interaction.at < sa.bindparam("at"), Interaction.id < sa.bindparam("id")))
_sights = {
    "whole": (),
    "lines": (Interaction.subscription_id.is_not(None),),
    "own": (Interaction.subscription_id.in_(sa.bindparam("lines", expanding=True)),),
}
_pages = {
    (sight, begun): _columns.where(_before if begun else _up_to, *rule).order_by(*_newest_first).limit(sa.bindparam("most"))
    for sight, rule in _sights.items()
    for begun in (False, True)
}
"""A page for each sight (the customer as a whole, all its lines, some of them): the newest, or one that continues."""


def timeline_card(session: Session, viewer: Viewer, *, now: datetime, before: str | None = None, limit: int = 10) -> TimelineCard:
    """Give a page of what happened up to `now`, `limit` items (1 to 100): of the lines alone
    that are in the viewer's sight, unless that is the customer as a whole.

    `before` is an earlier page's `older`; anything else raises Invalid. One statement.
    """
    limit = max(1, min(limit, MOST_ITEMS))
    params: dict[str, Any] = {"customer_id": viewer.customer_id, "at": now, "most": limit + 1}
    if before is not None:
        params["at"], params["id"] = _read(before)
    sight = "whole" if viewer.whole else "lines" if viewer.lines is None else "own"
    if viewer.lines is not None:
        params["lines"] = sorted(viewer.lines)
    statement = _pages[sight, before is not None]
    rows = session.connection().execute(statement, params).all()
    shown = rows[:limit]
    older = write_place(shown[-1].at, shown[-1].id) if len(rows) > limit else None
    return TimelineCard(tuple(_item(row) for row in shown), older)


def _read(place: str) -> tuple[datetime, int]:
    try:
        return read_place(place)
    except ValueError as error:
        raise Invalid({"before": N_("This page of the history is not there. Start from the newest.")}) from error


def _item(row: sa.Row[*tuple[Any, ...]]) -> TimelineItem:
    return TimelineItem(row.id, row.at, row.channel, row.kind, sentence_of(row.kind, row.params), row.params, row.subscription_id)

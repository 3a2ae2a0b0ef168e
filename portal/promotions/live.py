"""The campaigns that hold now, kept in memory, compiled, as long as campaign_state's version read in the same transaction is the same.

What is left of caps and budgets is looked up at most every few seconds: it is for the customer to see. What counts is the
conditional write when uses are reserved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.driver import FrequentStatement
from portal.base.ids import new_id
from portal.promotions.compiling import LiveCampaigns, LiveDocument, compile_campaigns
from portal.promotions.models import Campaign, CampaignCounter, CampaignState
from portal.promotions.reading import read_document

COUNTED_FOR = timedelta(seconds=3)
_THE_ONE = 1
_campaign, _counter, _state = (model.metadata.tables[model.__tablename__] for model in (Campaign, CampaignCounter, CampaignState))
version_now = sa.select(_state.c.version).where(_state.c.id == _THE_ONE)
_version = FrequentStatement(version_now)
_approved = sa.select(_campaign.c.id, _campaign.c.code, _campaign.c.version, _campaign.c.document).where(
    _campaign.c.status == "approved", sa.or_(_campaign.c.ends_at.is_(None), _campaign.c.ends_at > sa.bindparam("now"))
)
_counted = sa.select(_counter.c.campaign_id, _counter.c.scope, _counter.c.uses, _counter.c.spent_minor).where(
    _counter.c.campaign_id.in_(sa.bindparam("ids", expanding=True)), _counter.c.scope.in_(sa.bindparam("scopes", expanding=True))
)


@dataclass(slots=True)
class _Kept:
    """The campaigns of one database, and when their counters were looked at; None: to be looked at."""

    live: LiveCampaigns
    counted_at: datetime | None = None


_kept: dict[sa.URL, _Kept] = {}


def get_live_campaigns(session: Session, *, now: datetime) -> LiveCampaigns:
    """Give the campaigns that hold, kept in memory while campaign_state says nothing changed. One statement as a rule."""
    return keep_live(session, _version.scalar(session, {}) or 0, now=now)


def keep_live(session: Session, version: int, *, now: datetime) -> LiveCampaigns:
    """Give the campaigns as of a version that was read in this transaction: those in memory where they are of it."""
    connection = session.connection()
    url = connection.engine.url
    kept = _kept.get(url)
    if kept is None or kept.live.version != version:
        rows = connection.execute(_approved, {"now": now}) if version else ()
        documents = [LiveDocument(row.id, row.code, row.version, read_document(row.document)) for row in rows]
        kept = _kept[url] = _Kept(compile_campaigns(documents, version=version))
    at = kept.counted_at
    if at is None or not at <= now < at + COUNTED_FOR:
        kept = _kept[url] = _Kept(_count(connection, kept.live, now), now)
    return kept.live


def look_again(session: Session) -> None:
    """Forget what was known of caps and budgets: one of them turned out to be reached."""
    kept = _kept.get(session.connection().engine.url)
    if kept is not None:
        kept.counted_at = None


def mark_changed(session: Session, *, now: datetime) -> None:
    """Note that campaigns changed: whoever reads the version next, on whatever node, loads them anew."""
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    made: Any = insert(_state).values(id=_THE_ONE, version=new_id(now))
    later = sa.case((made.excluded.version > _state.c.version, made.excluded.version), else_=_state.c.version + 1)
    connection.execute(made.on_conflict_do_update(index_elements=["id"], set_={"version": later}))


def _count(connection: sa.Connection, live: LiveCampaigns, now: datetime) -> LiveCampaigns:
    """Give the campaigns with what is left of their caps and budgets."""
    day = f"day:{today(now)}"
    capped = [each for each in live.campaigns if _is_capped(each.document)]
    if not capped:
        return live
    rows = connection.execute(_counted, {"ids": [each.id for each in capped], "scopes": ["all", day]})
    counts = {(row.campaign_id, row.scope): (row.uses, row.spent_minor) for row in rows}
    used_up, room = set[int](), dict[int, int]()
    for each in capped:
        caps, budget = each.document.caps, each.document.budget_minor
        for scope, most_uses, most_minor in (("all", caps.uses, budget), (day, caps.per_day, caps.per_day_minor)):
            uses, spent = counts.get((each.id, scope), (0, 0))
            if (most_uses is not None and uses >= most_uses) or (most_minor is not None and spent >= most_minor):
                used_up.add(each.id)
            if most_minor is not None:
                room[each.id] = min(room.get(each.id, most_minor), most_minor - spent)
    return replace(live, used_up=frozenset(used_up), room=room)  # what was worked out stays: it names the counts it was worked out with


def _is_capped(document: Any) -> bool:
    caps = document.caps
    return any(each is not None for each in (document.budget_minor, caps.uses, caps.per_day, caps.per_day_minor))

"""Campaigns as staff see them: a list, one with all its versions, a calendar, and what was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.i18n import LocalText
from portal.promotions.models import Campaign, CampaignCounter, CampaignVersion

_campaign, _counter, _version = (model.metadata.tables[model.__tablename__] for model in (Campaign, CampaignCounter, CampaignVersion))


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign. `document` holds now, `draft` is the next one; `uses` and `spent_minor` count what is reserved, too."""

    id: int
    code: str
    name: LocalText
    status: str
    version: int
    document: Mapping[str, Any] | None
    draft: Mapping[str, Any] | None
    draft_status: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    budget_minor: int | None
    hold_out_percent: int
    goal: str | None
    learned: str | None
    made_by: int
    made_at: datetime
    changed_at: datetime
    approved_by: int | None
    note: str | None
    uses: int
    spent_minor: int

    @property
    def group(self) -> str:
        """The group it is weighed in."""
        return str(((self.document or self.draft or {}).get("group") or {}).get("code", "standard"))


@dataclass(frozen=True, slots=True)
class CampaignVersionView:
    """A document as it was approved."""

    version: int
    document: Mapping[str, Any]
    made_by: int
    approved_by: int
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class DayUse:
    """What a campaign was used on one day."""

    day: date
    uses: int
    spent_minor: int


_all_time = _counter.alias("all_time")
_columns = [_campaign.c[name] for name in CampaignView.__dataclass_fields__ if name in _campaign.c]
_views = sa.select(
    *_columns, sa.func.coalesce(_all_time.c.uses, 0), sa.func.coalesce(_all_time.c.spent_minor, 0)
).select_from(_campaign.outerjoin(_all_time, sa.and_(_all_time.c.campaign_id == _campaign.c.id, _all_time.c.scope == "all")))  # fmt: skip
_one = _views.where(_campaign.c.code == sa.bindparam("code"))
_list = _views.order_by(_campaign.c.changed_at.desc(), _campaign.c.id)
_of_status = _list.where(_campaign.c.status == sa.bindparam("status"))
_moment = _campaign.c.changed_at.type
_calendar = _views.where(
    _campaign.c.status != "ended",
    sa.or_(_campaign.c.starts_at.is_(None), _campaign.c.starts_at < sa.bindparam("until", type_=_moment)),
    sa.or_(_campaign.c.ends_at.is_(None), _campaign.c.ends_at > sa.bindparam("since", type_=_moment)),
).order_by(_campaign.c.starts_at, _campaign.c.code)
_versions = (
    sa.select(_version.c.version, _version.c.document, _version.c.made_by, _version.c.approved_by, _version.c.approved_at)
    .join(_campaign, _campaign.c.id == _version.c.campaign_id)
    .where(_campaign.c.code == sa.bindparam("code"))
    .order_by(_version.c.version.desc())
)
_days = (
    sa.select(_counter.c.scope, _counter.c.uses, _counter.c.spent_minor)
    .join(_campaign, _campaign.c.id == _counter.c.campaign_id)
    .where(_campaign.c.code == sa.bindparam("code"), _counter.c.scope.like("day:%"))
    .order_by(_counter.c.scope)
)


def _view(row: Any) -> CampaignView:
    return CampaignView(*row)


def get_campaign(session: Session, code: str) -> CampaignView:
    """Give a campaign by its code; raises NotFound."""
    row = session.connection().execute(_one, {"code": code}).first()
    if row is None:
        raise NotFound
    return _view(row)


def list_campaigns(session: Session, *, status: str | None = None) -> Sequence[CampaignView]:
    """Give all campaigns, or those of a status, the last changed first."""
    statement, values = (_list, {}) if status is None else (_of_status, {"status": status})
    return [_view(row) for row in session.connection().execute(statement, values)]


def list_calendar(session: Session, since: datetime, until: datetime) -> Sequence[CampaignView]:
    """Give the campaigns whose approved time touches a span, in the order they start; those without a time are there always."""
    return [_view(row) for row in session.connection().execute(_calendar, {"since": since, "until": until})]


def list_campaign_versions(session: Session, code: str) -> Sequence[CampaignVersionView]:
    """Give every version of a campaign that was approved, the newest first."""
    return [CampaignVersionView(*row) for row in session.connection().execute(_versions, {"code": code})]


def list_campaign_days(session: Session, code: str) -> Sequence[DayUse]:
    """Give what a campaign was used on each day, the first day first."""
    rows = session.connection().execute(_days, {"code": code})
    return [DayUse(date.fromisoformat(row.scope.removeprefix("day:")), row.uses, row.spent_minor) for row in rows]

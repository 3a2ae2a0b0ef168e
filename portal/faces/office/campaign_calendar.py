"""The calendar of campaigns: a month, with what does not go together in it; and what each version changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import render_template, request

from portal.base import clock
from portal.base.clock import month_start, next_month, today
from portal.base.errors import NotFound
from portal.faces.access import marketing, requires
from portal.faces.babel import gettext
from portal.faces.campaign_words import summaries
from portal.faces.office.blueprint import bp
from portal.faces.office.campaign_form import CampaignForm
from portal.faces.office.campaigns import Standing, names_of, standing
from portal.faces.parts import portal
from portal.faces.transactions import reading
from portal.faces.words import day, text
from portal.promotions import CampaignView, get_campaign, list_calendar, list_campaign_versions

ALONE = ("in_order", "best_single")
_LANGUAGES = {".zh": "zh-Hans-CN", ".en": "en"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One campaign in a month. `left`, `width`: where its bar stands, in percent; `clashes`: what does not go with it, in words."""

    campaign: CampaignView
    at: Standing
    left: float
    width: float
    when: str
    clashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One place that differs between two documents: what it is called, what stood there, what stands there now; `lang` of a text."""

    label: str
    before: str
    after: str
    lang: str | None


@dataclass(frozen=True, slots=True)
class _Span:
    campaign: CampaignView
    begins: datetime
    ends: datetime


@bp.get("/campaigns/calendar")
@requires(marketing)
def show_campaign_calendar() -> str:
    """Show a month of campaigns."""
    now = clock.now()
    month = _month(request.args.get("month", ""), today(now))
    zone = portal().settings.zone
    begins, ends = (datetime.combine(each, time(), zone) for each in (month, next_month(month)))
    with reading() as db:
        found = list_calendar(db, begins, ends)
    spans = [span for each in found if (span := _span(each, begins, ends)) is not None]
    bars = [_bar(span, spans, begins, ends, now) for span in spans]
    marker = (now - begins) / (ends - begins) * 100 if begins <= now < ends else None
    return render_template(
        "office/campaigns/calendar.html", bars=bars, month=month, before=month_start(month, 1), after=next_month(month), marker=marker,
        days=_scale(begins, ends),
    )  # fmt: skip


@bp.get("/campaigns/of/<code:code>/versions/<int:version>")
@requires(marketing)
def show_campaign_version(code: str, version: int) -> str:
    """Show what a version changed against the one before; version 0: what the draft changes against what holds."""
    with reading() as db:
        campaign, versions, names = get_campaign(db, code), list_campaign_versions(db, code), names_of(db)
    documents = {each.version: each.document for each in versions}
    after = campaign.draft if version == 0 else documents.get(version)
    before = campaign.document if version == 0 else documents.get(version - 1)
    if after is None:
        raise NotFound
    return render_template(
        "office/campaigns/version.html", campaign=campaign, version=version, said=summaries(after, names),
        said_before=summaries(before, names) if before else None, changes=list_changes(before or {}, after),
    )  # fmt: skip


def list_changes(before: Any, after: Any) -> Sequence[Change]:
    """Give the places at which two documents differ, in the words of the form."""
    old, new = _places(before), _places(after)
    both = list(new) + [each for each in old if each not in new]
    pairs = ((place, new.get(place) or old[place], old.get(place), new.get(place)) for place in both)
    return [
        Change(some[0], was[1] if was else "", now[1] if now else "", _LANGUAGES.get(place[-3:]))
        for place, some, was, now in pairs
        if was != now
    ]


def _places(document: Any) -> dict[str, tuple[str, str]]:
    """Give the label and what stands there, by place: every field with something in it, and every part."""
    form = CampaignForm(dict(document))
    found: dict[str, tuple[str, str]] = {}
    for name in ("texts", "time", "caps", "others"):
        found |= {each.name: (gettext(each.label), _shown(each.value)) for each in form.section(name) if each.value}
    for part in sorted(form.all_parts(), key=lambda each: each.place):
        label = gettext(part.label)
        if part.place != "when":
            found["d." + part.place] = (label, gettext("is there"))
        found |= {each.name: (f"{label} · {gettext(each.label)}", _shown(each.value)) for each in part.fields if each.value}
    return found


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return gettext("yes") if value is True else str(value)


def _span(campaign: CampaignView, since: datetime, until: datetime) -> _Span | None:
    document = campaign.document or campaign.draft or {}
    begins, ends = (_moment(document.get(name)) for name in ("starts_at", "ends_at"))
    first, last = max(begins or since, since), min(ends or until, until)
    return _Span(campaign, first, last) if first < last else None


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def _bar(span: _Span, spans: Sequence[_Span], since: datetime, until: datetime, now: datetime) -> Bar:
    whole = until - since
    clashes = tuple(words for other in spans if other is not span and (words := _clash(span, other)))
    when = gettext("%(low)s to %(high)s", low=day(span.begins.date()), high=day((span.ends - timedelta(seconds=1)).date()))
    left, width = (span.begins - since) / whole * 100, (span.ends - span.begins) / whole * 100
    return Bar(span.campaign, standing(span.campaign, now), left, max(width, 0.8), when, clashes)


def _clash(one: _Span, other: _Span) -> str | None:
    """Say why two campaigns that meet in time do not go together; None where they do."""
    if one.begins >= other.ends or other.begins >= one.ends:
        return None
    mine, theirs = ((each.campaign.document or each.campaign.draft or {}) for each in (one, other))
    name = text(dict(other.campaign.name))
    if mine.get("exclusive") and mine.get("exclusive") == theirs.get("exclusive"):
        return gettext("Not together with %(name)s: both are of the category “%(category)s”.", name=name, category=mine["exclusive"])
    group = mine.get("group") or {}
    if group.get("mode") in ALONE and one.campaign.group == other.campaign.group:
        return gettext("Only one of this and %(name)s: they are in the group “%(group)s”.", name=name, group=one.campaign.group)
    return None


def _scale(since: datetime, until: datetime) -> list[tuple[float, int]]:
    days = (until.date() - since.date()).days
    return [(index / days * 100, index + 1) for index in range(0, days, 7)]


def _month(text_of_month: str, fallback: date) -> date:
    try:
        return date.fromisoformat(text_of_month[:7] + "-01")
    except ValueError:
        return fallback.replace(day=1)

"""Campaigns in the office: the list, one campaign with all that was done to it, and the steps of its life."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel.numbers import get_currency_symbol
from flask import Response, current_app, make_response, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import N_, Refused
from portal.catalog import list_offerings
from portal.faces.access import marketing, me, requires
from portal.faces.babel import gettext
from portal.faces.campaign_words import Names, summaries
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.campaign_parts import Option
from portal.faces.parts import portal
from portal.faces.selling_words import reason_words
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.identity import find_staff_names
from portal.ministores import list_ministores
from portal.promotions import (
    CampaignView,
    DocumentFaults,
    approve_campaign,
    end_campaign,
    get_campaign,
    list_campaign_versions,
    note_learned,
    pause_campaign,
    reject_campaign,
    resume_campaign,
    submit_campaign,
)
from portal.promotions import list_campaigns as all_campaigns

SOON = timedelta(days=3)
NEARLY = 80
STATES = ("all", "live", "waiting", "draft", "ended")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a campaign stands: its key, words for it as `status()` takes them, and what somebody should look at."""

    key: str
    word: str
    look: str
    icon: str | None
    signs: tuple[str, ...]


@bp.context_processor
def marketing_parts() -> dict[str, Any]:
    """Give the pages of marketing their ways, and what their forms write options with."""
    return {"marketing_ways": marketing_ways, "words_of": words_of, "currency_sign": _currency_sign(), "reason_of": reason_words}


def marketing_ways(current: str) -> list[dict[str, Any]]:
    """Give the ways of marketing, the one of this page marked."""
    ways = [
        ("campaigns", "tag", gettext("Campaigns"), "office.list_campaigns"),
        ("calendar", "calendar", gettext("Calendar"), "office.show_campaign_calendar"),
        ("offers", "package", gettext("Offers"), "office.list_offers"),
        ("sales", "bolt", gettext("Flash sales and pre-sales"), "office.list_all_sales"),
        ("codes", "ticket", gettext("Codes"), "office.list_code_batches"),
    ]
    there = [way for way in ways if way[3] in current_app.view_functions]
    return [{"icon": icon, "label": label, "url": url_for(where), "current": name == current} for name, icon, label, where in there]


def words_of(options: Sequence[Option]) -> list[Option]:
    """Give options with their labels in the reader's language."""
    return [(value, gettext(label)) for value, label in options]


def names_of(db: Session) -> Names:
    """Give what offerings and companies are called. Two statements."""
    offerings = {each.code: each.name for each in list_offerings(db)}
    return Names(offerings, {store.customer_id: store.name.get("en") or store.slug for store in list_ministores(db)})


def note(db: Session, action: str, code: str, *, customer_id: int | None = None, detail: Mapping[str, Any] | None = None) -> None:
    """Put what was done into the audit log, in the same transaction."""
    entry = Entry(me().staff.actor, action, "office", customer_id, f"campaign:{code}", dict(detail or {}))
    record(db, portal().keys.audit[0], entry, now=clock.now())


def standing(campaign: CampaignView, now: datetime) -> Standing:
    """Say where a campaign stands."""
    key, word, look, icon = _standing(campaign, now)
    return Standing(key, gettext(word), look, icon, tuple(_signs(campaign, key, now)))


def _standing(campaign: CampaignView, now: datetime) -> tuple[str, str, str, str | None]:
    if campaign.status == "approved":
        if campaign.ends_at is not None and campaign.ends_at <= now:
            return "ended", N_("Over"), "neutral", "clock"
        if campaign.starts_at is not None and campaign.starts_at > now:
            return "scheduled", N_("Scheduled"), "info", "calendar"
        return "live", N_("Running"), "ok", None
    return {
        "submitted": ("waiting", N_("Waits for approval"), "warn", "clock"),
        "paused": ("paused", N_("Paused"), "warn", "minus"),
        "ended": ("ended", N_("Ended early"), "neutral", "circle-x"),
    }.get(campaign.status, ("draft", N_("Being written"), "neutral", "edit"))


def _signs(campaign: CampaignView, key: str, now: datetime) -> list[str]:
    signs = []
    if campaign.draft_status == "rejected":
        signs.append(gettext("Sent back: %(note)s", note=campaign.note or "–"))
    if campaign.draft_status == "submitted" and campaign.version:
        signs.append(gettext("A change waits for approval"))
    if key == "live" and campaign.ends_at is not None and campaign.ends_at - now < SOON:
        signs.append(gettext("Ends within three days"))
    share = used_share(campaign)
    if share is not None and share >= NEARLY and key in ("live", "scheduled", "paused"):
        signs.append(gettext("Budget used up") if share >= 100 else gettext("%(share)s %% of the budget used", share=share))
    most = ((campaign.document or {}).get("caps") or {}).get("uses")
    if most and campaign.uses >= most:
        signs.append(gettext("All uses taken"))
    return signs


def used_share(campaign: CampaignView) -> int | None:
    """Give how many percent of its budget a campaign has used; None where it has none."""
    return campaign.spent_minor * 100 // campaign.budget_minor if campaign.budget_minor else None


@bp.get("/campaigns")
@requires(marketing)
def list_campaigns() -> str:
    """List the campaigns: where each stands, when it runs, what it used, and what somebody should look at."""
    now, which = clock.now(), request.args.get("state", "all")
    with reading() as db:
        found = [(each, standing(each, now)) for each in all_campaigns(db)]
    shown = [row for row in found if _is_of(row[1].key, row[0], which)]
    counts = {name: sum(_is_of(at.key, each, name) for each, at in found) for name in STATES}
    return render_template(
        "office/campaigns/list.html", rows=shown, which=which if which in STATES else "all", counts=counts, used_share=used_share,
        done=session.pop("done", None),
    )  # fmt: skip


def _is_of(key: str, campaign: CampaignView, which: str) -> bool:
    if which == "waiting":
        return campaign.draft_status == "submitted"
    if which == "live":
        return key in ("live", "scheduled", "paused")
    return which not in ("draft", "ended") or key == which


@bp.get("/campaigns/of/<code:code>")
@requires(marketing)
def show_campaign(code: str) -> Response:
    """Show one campaign: what it does in words, where it stands, what can be done to it, its versions."""
    return _page(code, FormState())


def _page(code: str, state: FormState) -> Response:
    now = clock.now()
    with reading() as db:
        campaign = get_campaign(db, code)
        names = names_of(db)
        versions = list_campaign_versions(db, code)
        people = {campaign.made_by, *(each.made_by for each in versions), *(each.approved_by for each in versions)}
        staff = find_staff_names(db, people)
    is_own = campaign.made_by == me().staff.id
    if "note" in state.errors and (campaign.draft_status != "submitted" or is_own):  # there is no field to say it beside
        state.errors[""] = state.errors.pop("note")
    page = render_template(
        "office/campaigns/campaign.html", campaign=campaign, at=standing(campaign, now), versions=versions, staff=staff, state=state,
        said=summaries(campaign.document, names) if campaign.document else None,
        draft_said=summaries(campaign.draft, names) if campaign.draft else None, used_share=used_share(campaign),
        is_own=is_own, done=session.pop("done", None),
    )  # fmt: skip
    return make_response(page, state.status)


def _step(code: str, action: str, said: str, do: Callable[[Session, datetime, int], object]) -> Response | BaseResponse:
    """Take a step of a campaign's life; a refusal is shown on the campaign's page, where nothing has changed."""
    state = FormState()
    try:
        with state.catching(), writing() as db:
            do(db, clock.now(), me().staff.id)
            note(db, action, code, detail={"note": request.form["note"][:400]} if request.form.get("note") else None)
    except Refused as refusal:
        state.errors[""] = sentence(refusal)
    if state.errors:
        return _page(code, state)
    session["done"] = said
    return go(url_for("office.show_campaign", code=code))


@bp.post("/campaigns/of/<code:code>/submit")
@requires(marketing)
def submit_one(code: str) -> Response | BaseResponse:
    """Ask for a draft to be approved."""
    said = gettext("Handed in. Somebody else approves it.")
    return _step(code, "campaign.submitted", said, lambda db, now, who: submit_campaign(db, code, staff_id=who, now=now))


@bp.post("/campaigns/of/<code:code>/approve")
@requires(marketing)
def approve_one(code: str) -> Response | BaseResponse:
    """Let what was handed in hold; not by whoever handed it in."""
    said = gettext("Approved. It holds from its first day on.")
    try:
        return _step(code, "campaign.approved", said, lambda db, now, who: approve_campaign(db, code, staff_id=who, now=now))
    except DocumentFaults as faults:  # what it speaks of has changed since it was written
        return _page(code, FormState(errors={"": gettext(faults.sentence)}))


@bp.post("/campaigns/of/<code:code>/reject")
@requires(marketing)
def reject_one(code: str) -> Response | BaseResponse:
    """Send back what was handed in, with a reason."""
    why, said = request.form.get("note", "")[:400], gettext("Sent back.")
    return _step(code, "campaign.rejected", said, lambda db, now, who: reject_campaign(db, code, staff_id=who, note=why, now=now))


@bp.post("/campaigns/of/<code:code>/pause")
@requires(marketing)
def pause_one(code: str) -> Response | BaseResponse:
    """Let a campaign rest."""
    said = gettext("Paused. What was ordered by it stays as it is.")
    return _step(code, "campaign.paused", said, lambda db, now, _: pause_campaign(db, code, now=now))


@bp.post("/campaigns/of/<code:code>/resume")
@requires(marketing)
def resume_one(code: str) -> Response | BaseResponse:
    """Let a paused campaign go on."""
    return _step(code, "campaign.resumed", gettext("It goes on."), lambda db, now, _: resume_campaign(db, code, now=now))


@bp.post("/campaigns/of/<code:code>/end")
@requires(marketing)
def end_one(code: str) -> Response | BaseResponse:
    """End a campaign for good."""
    said = gettext("Ended. What was ordered by it stays as it is.")
    return _step(code, "campaign.ended", said, lambda db, now, _: end_campaign(db, code, now=now))


@bp.post("/campaigns/of/<code:code>/learned")
@requires(marketing)
def keep_learned(code: str) -> Response | BaseResponse:
    """Keep what a campaign taught."""
    text = request.form.get("learned", "")[:1000]
    return _step(code, "campaign.learned", gettext("Kept."), lambda db, now, _: note_learned(db, code, text, now=now))


def _currency_sign() -> str:
    settings = portal().settings
    return str(get_currency_symbol(settings.currency, locale=f"und_{settings.country}"))

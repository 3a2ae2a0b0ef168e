"""The editor of campaigns: the common kinds, the tree for the rest, and in words what was built."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import Invalid, Refused
from portal.base.ids import to_ref
from portal.faces.access import marketing, me, requires
from portal.faces.babel import gettext
from portal.faces.campaign_words import Names, summaries, summary
from portal.faces.htmx import go, wants_region
from portal.faces.office.blueprint import bp
from portal.faces.office.campaign_form import CampaignForm, apply_button, read_form
from portal.faces.office.campaign_parts import EFFECTS, Option
from portal.faces.office.campaign_recipes import RECIPES, begin
from portal.faces.office.campaigns import names_of, note
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.promotions import (
    CampaignView,
    DocumentFaults,
    LiveDocument,
    check_document,
    create_campaign,
    edit_campaign,
    get_campaign,
    get_known,
    read_document,
)
from portal.promotions import list_campaigns as all_campaigns

NEEDS_SAVING = "save"


@bp.get("/campaigns/new")
@requires(marketing)
def choose_campaign() -> str:
    """Ask what a new campaign should do."""
    with reading() as db:
        names = names_of(db)
    recipes = [
        {
            "name": each.name,
            "icon": each.icon,
            "label": each.label,
            "said": summary(each.document, names) if each.document["effects"] else "",
        }
        for each in RECIPES
    ]
    return render_template("office/campaigns/new.html", recipes=recipes)


@bp.get("/campaigns/new/form")
@requires(marketing)
def ask_campaign() -> Response:
    """Show the editor with what a campaign of this kind begins with."""
    return _show(CampaignForm(begin(request.args.get("like", "")[:40])), None, known=False)


@bp.post("/campaigns/new/form")
@requires(marketing)
def add_campaign() -> Response | BaseResponse:
    """Keep a new campaign as a draft, or do what a button of the editor asks."""
    return _answer(None)


@bp.get("/campaigns/of/<code:code>/change")
@requires(marketing)
def ask_campaign_change(code: str) -> Response:
    """Show the editor with the next draft, or what holds now where there is none."""
    with reading() as db:
        campaign = get_campaign(db, code)
    return _show(CampaignForm(dict(campaign.draft or campaign.document or {})), campaign, known=False)


@bp.post("/campaigns/of/<code:code>/change")
@requires(marketing)
def change_campaign(code: str) -> Response | BaseResponse:
    """Keep the next draft, or do what a button of the editor asks."""
    with reading() as db:
        campaign = get_campaign(db, code)
    return _answer(campaign)


def _answer(campaign: CampaignView | None) -> Response | BaseResponse:
    form = read_form(request.form, (campaign.draft or campaign.document) if campaign else None)
    button = request.form.get("do", NEEDS_SAVING)
    if apply_button(form, button, request.form):
        return _show(form, campaign, known=False)
    form.errors = form.unread()
    if button == "look":
        known = not form.errors and _judge(form, campaign)
        return _show(form, campaign, known=known)
    code = campaign.code if campaign else request.form.get("code", "").strip().lower()
    if not form.errors and _keep(form, campaign, code):
        session["done"] = gettext("Kept as a draft. Look at it, try it out, then hand it in.")
        return go(url_for("office.show_campaign", code=code))
    return _show(form, campaign, known=False)


def _judge(form: CampaignForm, campaign: CampaignView | None) -> bool:
    """Say whether the document could be kept; what stands against it is noted beside its places."""
    with reading() as db:
        known, others = get_known(db), _others(db, campaign)
    try:
        check_document(form.document, code=campaign.code if campaign else "-", known=known, others=others)
    except DocumentFaults as faults:
        _note_faults(form, faults)
    return not form.errors


def _others(db: Session, campaign: CampaignView | None) -> list[LiveDocument]:
    standing = [each for each in all_campaigns(db) if each.status in ("approved", "paused") and each.document]
    mine = campaign.id if campaign else 0
    return [LiveDocument(each.id, each.code, each.version, read_document(each.document)) for each in standing if each.id != mine]


def _keep(form: CampaignForm, campaign: CampaignView | None, code: str) -> bool:
    goal = request.form.get("goal", "").strip()[:400] or None
    staff_id, now = me().staff.id, clock.now()
    try:
        with writing() as db:
            if campaign is None:
                create_campaign(db, code, form.document, staff_id=staff_id, now=now, goal=goal)
            else:
                edit_campaign(db, code, form.document, staff_id=staff_id, now=now, goal=goal)
            note(db, "campaign.written", code)
    except DocumentFaults as faults:
        _note_faults(form, faults)
    except Invalid as refusal:
        form.errors |= {name: sentence(text, **refusal.params) for name, text in refusal.fields.items()}
    except Refused as refusal:
        form.errors["code" if campaign is None else ""] = refusal.sentence
    return not form.errors


def _note_faults(form: CampaignForm, faults: DocumentFaults) -> None:
    for each in reversed(faults.faults):
        form.errors[each.place] = each.sentence


def _show(form: CampaignForm, campaign: CampaignView | None, *, known: bool) -> Response:
    with reading() as db:
        names = names_of(db)
    where = url_for("office.change_campaign", code=campaign.code) if campaign else url_for("office.add_campaign")
    links = form.links
    context: dict[str, Any] = {
        "form": form, "campaign": campaign, "action": where, "links": {name: gettext(text) for name, text in links.items()},
        "errors": form.errors, "said": summaries(form.document, names), "known": known, "companies": _companies(form, names),
        "offerings": names.offerings, "kinds_of": {"effects": _kinds()}, "code": request.form.get("code", ""),
        "goal": request.form.get("goal", (campaign.goal or "") if campaign else ""),
        "cancel": url_for("office.show_campaign", code=campaign.code) if campaign else url_for("office.list_campaigns"),
    }  # fmt: skip
    template = "office/campaigns/_editor.html" if wants_region() and request.method == "POST" else "office/campaigns/editor.html"
    return make_response(render_template(template, **context), 422 if form.errors else 200)


def _kinds() -> list[Option]:
    return [(kind, spec.label) for kind, spec in EFFECTS.items()]


def _companies(form: CampaignForm, names: Names) -> list[Option]:
    """Give the companies to choose from: those with a store, and those the campaign names already."""
    chosen = {value: value for part in form.all_parts() for each in part.fields if each.type == "companies" for value in each.value}
    return list((chosen | {to_ref(customer_id): name for customer_id, name in names.companies.items()}).items())

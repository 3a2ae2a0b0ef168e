"""The developers' desk of an enterprise: its own sites, registered and looked after by its administrators."""

from __future__ import annotations

from datetime import datetime

from flask import Response, make_response, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import NotFound, Refused
from portal.customers import Enterprise, find_enterprise, list_acting
from portal.faces.access import MINUTES_5, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.client_forms import allow_localhost, changed_fields, choices, form_of, read_client, typed_client
from portal.faces.client_words import exchange_words, site_facts
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.provider import issuer
from portal.faces.shown_once import hand_on, take_secret
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.openid import (
    DEVELOPER_GRANTS,
    DEVELOPER_SCOPES,
    ClientView,
    NewClient,
    change_developer_client,
    create_developer_client,
    end_client,
    get_developer_client,
    list_developer_clients,
    list_exchanges,
    new_client_secret,
    watch_client,
)

HALF_AN_HOUR = 1800
"""So long a form may take that was opened with a fresh proof."""
NEW = NewClient(name="", subject_type="pairwise", scopes=("openid", "profile"))
FIELDS = (
    "name", "redirect_uris", "post_logout_redirect_uris", "scopes", "grant_types", "auth_method", "id_token_alg", "require_par",
    "require_dpop", "backchannel_logout_uri", "jwks", "jwks_uri",
)  # fmt: skip


def my_company(db: Session, *, now: datetime) -> Enterprise:
    """Give the enterprise one administers and acts for; NotFound for anybody else: to them there is no such desk."""
    viewer = my_viewer(db, now=now)
    roles = [each.role for each in list_acting(db, me().party_id or 0, now=now) if each.customer_id == viewer.customer_id]
    company = find_enterprise(db, viewer.customer_id) if "administrator" in roles else None
    if company is None:
        raise NotFound
    return company


def my_site(db: Session, client_id: str, *, now: datetime) -> ClientView:
    """Give a site of the enterprise one administers; NotFound for any other."""
    return get_developer_client(db, my_company(db, now=now).customer_id, client_id)


def note(db: Session, action: str, site: ClientView, **detail: object) -> None:
    """Put a change into the audit log, in the same transaction."""
    entry = Entry(f"party:{me().party_id}", action, "web", site.customer_id, f"client:{site.id}", detail)
    record(db, portal().keys.audit[0], entry, now=clock.now())


@bp.get("/developers")
@requires(subscriber, level=2)
def show_developers() -> str:
    """Show the company's sites, and where to begin."""
    now = clock.now()
    with reading() as db:
        company = my_company(db, now=now)
        sites = list_developer_clients(db, company.customer_id)
    return render_template(
        "site/developers/desk.html", company=company, sites=[{"site": each, "facts": site_facts(each)} for each in sites],
        issuer=issuer(), done=session.pop("done", None),
    )  # fmt: skip


@bp.get("/developers/new")
@requires(subscriber, recent_proof=MINUTES_5)
def ask_new_site() -> Response:
    """Ask what a new site is."""
    with reading() as db:
        my_company(db, now=clock.now())
    return _form(form_of(NEW), None)


@bp.post("/developers/new")
@requires(subscriber, recent_proof=HALF_AN_HOUR)
def register_site() -> Response | BaseResponse:
    """Register a site; its secret is shown once, on the page that follows."""
    state, now = typed_client(), clock.now()
    new = read_client(state, NEW, may=FIELDS)
    try:
        with state.catching(), writing() as db:
            company = my_company(db, now=now)
            if not state.errors:
                site, secret = create_developer_client(db, new, company.customer_id, now=now, allow_localhost=allow_localhost())
                note(db, "sso.client_created", site)
    except NotFound:
        raise
    except Refused as refusal:
        state.errors[""] = sentence(refusal)
    if state.errors:
        return _form(state, None)
    hand_on(f"client:{site.id}", secret)
    return go(url_for("site.show_my_site", client_id=site.id))


@bp.get("/developers/sites/<code:client_id>")
@requires(subscriber, level=2)
def show_my_site(client_id: str) -> str:
    """Show a site, its secret if it was made just now, and its last calls."""
    now = clock.now()
    with reading() as db:
        site = my_site(db, client_id, now=now)
        exchanges = list_exchanges(db, client_id, now=now)
    return render_template(
        "site/developers/site.html", site=site, facts=site_facts(site), exchanges=exchanges, watched=site.is_watched(now),
        exchange_words=exchange_words, issuer=issuer(), secret=take_secret(f"client:{client_id}"), done=session.pop("done", None),
    )  # fmt: skip


@bp.get("/developers/sites/<code:client_id>/change")
@requires(subscriber, recent_proof=MINUTES_5)
def ask_site_change(client_id: str) -> Response:
    """Show what a site is, to be changed."""
    with reading() as db:
        site = my_site(db, client_id, now=clock.now())
    return _form(form_of(site.as_new()), site)


@bp.post("/developers/sites/<code:client_id>/change")
@requires(subscriber, recent_proof=HALF_AN_HOUR)
def change_my_site(client_id: str) -> Response | BaseResponse:
    """Change a site; what does not do is said beside the field."""
    now = clock.now()
    with reading() as db:
        site = my_site(db, client_id, now=now)
    state = typed_client()
    new = read_client(state, site.as_new(), may=FIELDS)
    if not state.errors:
        with state.catching(), writing() as db:
            after, secret = change_developer_client(db, site.customer_id or 0, client_id, new, now=now, allow_localhost=allow_localhost())
            note(db, "sso.client_changed", after, fields=changed_fields(site.as_new(), after.as_new()))
    if state.errors:
        return _form(state, site)
    hand_on(f"client:{client_id}", secret)
    session["done"] = gettext("Changed.")
    return go(url_for("site.show_my_site", client_id=client_id))


@bp.get("/developers/sites/<code:client_id>/secret")
@requires(subscriber, recent_proof=MINUTES_5)
def ask_new_secret(client_id: str) -> str:
    """Ask whether a site is to have another secret, and what becomes of the former one."""
    return _question(client_id, "secret")


@bp.post("/developers/sites/<code:client_id>/secret")
@requires(subscriber, recent_proof=MINUTES_5)
def make_new_secret(client_id: str) -> Response | BaseResponse:
    """Give a site another secret, shown once."""
    now, at_once = clock.now(), request.form.get("former") == "dead"
    with writing() as db:
        site = my_site(db, client_id, now=now)
        secret = new_client_secret(db, client_id, now=now, at_once=at_once)
        note(db, "sso.secret_changed", site, at_once=at_once)
    hand_on(f"client:{client_id}", secret)
    return go(url_for("site.show_my_site", client_id=client_id))


@bp.get("/developers/sites/<code:client_id>/end")
@requires(subscriber, recent_proof=MINUTES_5)
def ask_site_end(client_id: str) -> str:
    """Ask whether a site is to be ended, and say what that does."""
    return _question(client_id, "end")


@bp.post("/developers/sites/<code:client_id>/end")
@requires(subscriber, recent_proof=MINUTES_5)
def end_my_site(client_id: str) -> Response | BaseResponse:
    """End a site for good."""
    now = clock.now()
    with writing() as db:
        site = my_site(db, client_id, now=now)
        end_client(db, client_id, now=now)
        note(db, "sso.client_ended", site)
    session["done"] = gettext("%(name)s has ended. Nothing it was given is good any more.", name=site.name)
    return go(url_for("site.show_developers"))


@bp.post("/developers/sites/<code:client_id>/watch")
@requires(subscriber, level=2)
def watch_my_site(client_id: str) -> Response | BaseResponse:
    """Have a site's calls noted for a quarter of an hour, or no longer."""
    now, stop = clock.now(), request.form.get("stop") == "yes"
    with writing() as db:
        site = my_site(db, client_id, now=now)
        watch_client(db, client_id, now=now, stop=stop)
        if not stop:
            note(db, "sso.client_watched", site)
    return go(url_for("site.show_my_site", client_id=client_id) + "#exchanges")


def _form(state: FormState, site: ClientView | None) -> Response:
    held = site.as_new() if site is not None else NEW
    offered = choices(scopes=dict.fromkeys((*DEVELOPER_SCOPES, *held.scopes)), grants=dict.fromkeys((*DEVELOPER_GRANTS, *held.grant_types)))
    offered.subjects.clear()  # people are known to it by names of its own
    page = render_template("site/developers/form.html", state=state, site=site, choices=offered)
    return make_response(page, state.status)


def _question(client_id: str, what: str) -> str:
    with reading() as db:
        site = my_site(db, client_id, now=clock.now())
    return render_template("site/developers/question.html", site=site, what=what)

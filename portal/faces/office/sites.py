"""The sites that trust our sign-in: found, looked at, added, changed, given another secret, and ended."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.audit import list_changes_of_client
from portal.base.errors import Refused
from portal.base.ids import from_ref, to_ref
from portal.customers import Enterprise, find_enterprise
from portal.faces.access import administrator, requires
from portal.faces.babel import gettext
from portal.faces.client_forms import allow_localhost, changed_fields, choices, form_of, read_client, typed_client
from portal.faces.client_words import site_facts
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.proving import prove
from portal.faces.office.sign_on import change_rows, note
from portal.faces.shown_once import hand_on, take_secret
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.openid import (
    ClientView,
    NewClient,
    change_client,
    count_consents,
    create_client,
    end_client,
    get_client,
    list_clients,
    list_exchanges,
    list_logouts,
    new_client_secret,
    watch_client,
)

PAGE = 200
MOST_COUNTED = 1000
NEW = NewClient(name="", subject_type="pairwise", scopes=("openid", "profile"))
FIELDS = (
    "name", "redirect_uris", "post_logout_redirect_uris", "scopes", "grant_types", "auth_method", "id_token_alg", "require_par",
    "require_dpop", "backchannel_logout_uri", "jwks", "jwks_uri", "first_party",
)  # fmt: skip
WITH_SUBJECTS = (*FIELDS, "subject_type", "sector")
"""What a site knows people by is chosen once: changed, everybody would be a stranger to it."""


@bp.get("/sign-on/")
@requires(administrator)
def list_sites() -> str:
    """List the sites, those alone whose name, id or address holds what is looked for."""
    query = " ".join(request.args.get("q", "")[:60].split())
    with_ended = request.args.get("ended") == "yes"
    with reading() as db:
        found = [each for each in list_clients(db, with_ended=with_ended) if _fits(each, query.casefold())]
    shown = [{"site": each, "facts": site_facts(each)} for each in found[:PAGE]]
    return render_template(
        "office/sso/sites.html", sites=shown, query=query, with_ended=with_ended, more=len(found) - len(shown),
        done=session.pop("done", None),
    )  # fmt: skip


@bp.get("/sign-on/sites/<code:client_id>")
@requires(administrator)
def show_site(client_id: str) -> str:
    """Show all there is to know of a site, what it was asked and told lately, and what was done to it."""
    now = clock.now()
    with reading() as db:
        site = get_client(db, client_id)
        people, last = count_consents(db, client_id, most=MOST_COUNTED)
        words = list_logouts(db, client_id=client_id, limit=5)
        changes = change_rows(db, list_changes_of_client(db, client_id))
        exchanges = list_exchanges(db, client_id, now=now)
        company = find_enterprise(db, site.customer_id) if site.customer_id is not None else None
    return render_template(
        "office/sso/site.html", site=site, facts=site_facts(site), people=people, most=MOST_COUNTED, last=last, words=words,
        changes=changes, exchanges=exchanges, watched=site.is_watched(now), company=company, secret=take_secret(f"client:{client_id}"),
        done=session.pop("done", None),
    )  # fmt: skip


@bp.get("/sign-on/new-site")
@requires(administrator)
def ask_site() -> Response:
    """Ask what a new site is."""
    return _form(form_of(NEW), None, _company())


@bp.post("/sign-on/new-site")
@requires(administrator)
def add_site() -> Response | BaseResponse:
    """Let a site in; its secret is shown once, on the page that follows."""
    state, company = typed_client(), _company()
    base = replace(NEW, customer_id=company.customer_id if company else None)
    new = read_client(state, base, may=WITH_SUBJECTS)
    if state.errors or not prove(state):
        return _form(state, None, company)
    with state.catching(), writing() as db:
        site, secret = create_client(db, new, now=clock.now(), allow_localhost=allow_localhost())
        note(db, "sso.client_created", f"client:{site.id}", customer_id=site.customer_id)
    if state.errors:
        return _form(state, None, company)
    hand_on(f"client:{site.id}", secret)
    session["done"] = gettext("%(name)s is let in.", name=site.name)
    return go(url_for("office.show_site", client_id=site.id))


@bp.get("/sign-on/sites/<code:client_id>/change")
@requires(administrator)
def ask_change(client_id: str) -> Response:
    """Show what a site is, to be changed."""
    with reading() as db:
        site = get_client(db, client_id)
    return _form(form_of(site.as_new()), site, None)


@bp.post("/sign-on/sites/<code:client_id>/change")
@requires(administrator)
def change_site(client_id: str) -> Response | BaseResponse:
    """Change a site; what does not do is said beside the field."""
    with reading() as db:
        site = get_client(db, client_id)
    state = typed_client()
    new = read_client(state, site.as_new(), may=FIELDS)
    if state.errors or not prove(state):
        return _form(state, site, None)
    try:
        with state.catching(), writing() as db:
            after, secret = change_client(db, client_id, new, now=clock.now(), allow_localhost=allow_localhost())
            fields = changed_fields(site.as_new(), after.as_new())
            note(db, "sso.client_changed", f"client:{client_id}", customer_id=site.customer_id, detail={"fields": fields})
    except Refused as refusal:
        state.errors[""] = sentence(refusal)
    if state.errors:
        return _form(state, site, None)
    hand_on(f"client:{client_id}", secret)
    session["done"] = gettext("Changed.")
    return go(url_for("office.show_site", client_id=client_id))


@bp.get("/sign-on/sites/<code:client_id>/secret")
@requires(administrator)
def ask_secret(client_id: str) -> Response:
    """Ask whether a site is to have another secret, and what becomes of the former one."""
    return _question(client_id, "secret", FormState())


@bp.post("/sign-on/sites/<code:client_id>/secret")
@requires(administrator)
def change_secret(client_id: str) -> Response | BaseResponse:
    """Give a site another secret, shown once."""
    state, at_once = FormState(), request.form.get("former") == "dead"
    with reading() as db:
        site = get_client(db, client_id)
    if not prove(state):
        return _question(client_id, "secret", state)
    with writing() as db:
        secret = new_client_secret(db, client_id, now=clock.now(), at_once=at_once)
        note(db, "sso.secret_changed", f"client:{client_id}", customer_id=site.customer_id, detail={"at_once": at_once})
    hand_on(f"client:{client_id}", secret)
    return go(url_for("office.show_site", client_id=client_id))


@bp.get("/sign-on/sites/<code:client_id>/end")
@requires(administrator)
def ask_end(client_id: str) -> Response:
    """Ask whether a site is to be ended, and say what that does."""
    return _question(client_id, "end", FormState())


@bp.post("/sign-on/sites/<code:client_id>/end")
@requires(administrator)
def end_site(client_id: str) -> Response | BaseResponse:
    """End a site for good."""
    state = FormState()
    with reading() as db:
        site = get_client(db, client_id)
    if not prove(state):
        return _question(client_id, "end", state)
    with writing() as db:
        end_client(db, client_id, now=clock.now())
        note(db, "sso.client_ended", f"client:{client_id}", customer_id=site.customer_id)
    session["done"] = gettext("%(name)s has ended. Nothing it was given is good any more.", name=site.name)
    return go(url_for("office.list_sites"))


@bp.post("/sign-on/sites/<code:client_id>/watch")
@requires(administrator)
def watch_site(client_id: str) -> Response | BaseResponse:
    """Have a site's calls noted for a quarter of an hour, or no longer."""
    stop = request.form.get("stop") == "yes"
    with writing() as db:
        site = get_client(db, client_id)
        watch_client(db, client_id, now=clock.now(), stop=stop)
        if not stop:
            note(db, "sso.client_watched", f"client:{client_id}", customer_id=site.customer_id)
    return go(url_for("office.show_site", client_id=client_id) + "#exchanges")


def _fits(site: ClientView, text: str) -> bool:
    words = (site.name, site.id, *site.redirect_uris)
    return not text or any(text in word.casefold() for word in words)


def _company() -> Enterprise | None:
    """Give the company the address names, whom a new site is to belong to; None where it names none there is."""
    try:
        customer_id = from_ref(request.args.get("company", ""))
    except ValueError:
        return None
    with reading() as db:
        return find_enterprise(db, customer_id)


def _form(state: FormState, site: ClientView | None, company: Enterprise | None) -> Response:
    page = render_template(
        "office/sso/site_form.html", state=state, site=site, company=company, choices=choices(),
        of=to_ref(company.customer_id) if company else None,
    )  # fmt: skip
    return make_response(page, state.status)


def _question(client_id: str, what: str, state: FormState) -> Response:
    with reading() as db:
        site = get_client(db, client_id)
    return make_response(render_template(f"office/sso/site_{what}.html", site=site, state=state), state.status)

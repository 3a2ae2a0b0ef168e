"""The provider an enterprise brings: what it publishes is looked at before it is believed, and shown before it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import NotFound, Refused
from portal.faces.access import administrator, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.companies import get_company
from portal.faces.office.proving import prove
from portal.faces.office.sign_on import note
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.federation import (
    ADMITS,
    KINDS,
    LEVELS,
    NewProvider,
    ProviderSilent,
    ProviderView,
    change_provider,
    check_provider,
    create_provider,
    discovery_address,
    end_provider,
    find_providers_of,
    list_domains,
    set_domains,
)

FIELDS = ("kind", "slug", "name", "issuer", "client_id", "metadata", "domains", "admits", "level")
MAX_TEXT = 100_000
LOOK = "look"


@bp.get("/sign-on/companies/<ref:customer_id>/new-provider")
@requires(administrator)
def ask_provider(customer_id: int) -> Response:
    """Ask what the enterprise's provider is."""
    blank = dict.fromkeys(FIELDS, "") | {"kind": "oidc", "admits": "list", "level": "2"}
    return _form(customer_id, None, FormState(blank))


@bp.post("/sign-on/companies/<ref:customer_id>/new-provider")
@requires(administrator)
def add_provider(customer_id: int) -> Response | BaseResponse:
    """Let the provider in; or, asked to, only say what it publishes."""
    get_company(customer_id)
    state = _typed()
    document = _look(state)
    if state.errors or document is None or request.form.get("button") == LOOK or not prove(state):
        return _form(customer_id, None, state, document)
    try:
        with state.catching(), writing() as db:
            new = _read(state, document, customer_id, state.values["slug"])
            made = create_provider(db, portal().keys, new, now=clock.now())
            domains = set_domains(db, made.id, _domains(state), now=clock.now())
            note(db, "provider.created", f"provider:{made.id}", customer_id=customer_id, detail={"domains": list(domains)})
    except Refused as refusal:
        state.errors["slug"] = sentence(refusal)
    if state.errors:
        return _form(customer_id, None, state, document)
    session["done"] = gettext("People of %(name)s can sign in by it now.", name=made.name)
    return go(url_for("office.show_company", customer_id=customer_id))


@bp.get("/sign-on/companies/<ref:customer_id>/providers/<ref:provider_id>")
@requires(administrator)
def show_provider(customer_id: int, provider_id: int) -> Response:
    """Show a provider, to be changed."""
    found = _find(customer_id, provider_id)
    with reading() as db:
        domains = list_domains(db, provider_id)
    values = {name: str(getattr(found, name, "") or "") for name in FIELDS} | {"domains": "\n".join(domains)}
    return _form(customer_id, found, FormState(values), found.document)


@bp.post("/sign-on/companies/<ref:customer_id>/providers/<ref:provider_id>")
@requires(administrator)
def change_this_provider(customer_id: int, provider_id: int) -> Response | BaseResponse:
    """Change a provider; what it publishes is asked for anew. A secret left empty stays."""
    found, state = _find(customer_id, provider_id), _typed()
    state.values = {**state.values, "kind": found.kind, "slug": found.slug}
    document = _look(state, found)
    if state.errors or document is None or request.form.get("button") == LOOK or not prove(state):
        return _form(customer_id, found, state, document)
    with state.catching(), writing() as db:
        new = _read(state, document, customer_id, found.slug)
        change_provider(db, portal().keys, provider_id, new, now=clock.now())
        domains = set_domains(db, provider_id, _domains(state), now=clock.now())
        note(db, "provider.changed", f"provider:{provider_id}", customer_id=customer_id, detail={"domains": list(domains)})
    if state.errors:
        return _form(customer_id, found, state, document)
    session["done"] = gettext("Changed.")
    return go(url_for("office.show_company", customer_id=customer_id))


@bp.get("/sign-on/companies/<ref:customer_id>/providers/<ref:provider_id>/end")
@requires(administrator)
def ask_provider_end(customer_id: int, provider_id: int) -> Response:
    """Ask whether a provider is to be ended, and say what that does."""
    return _question(customer_id, _find(customer_id, provider_id), FormState())


@bp.post("/sign-on/companies/<ref:customer_id>/providers/<ref:provider_id>/end")
@requires(administrator)
def end_this_provider(customer_id: int, provider_id: int) -> Response | BaseResponse:
    """End a provider: who came in by it is out at once."""
    found, state = _find(customer_id, provider_id), FormState()
    if not prove(state):
        return _question(customer_id, found, state)
    with writing() as db:
        count = end_provider(db, provider_id, now=clock.now())
        note(db, "provider.ended", f"provider:{provider_id}", customer_id=customer_id, detail={"sessions": count})
    session["done"] = gettext("%(name)s has ended. Who came in by it is signed out.", name=found.name)
    return go(url_for("office.show_company", customer_id=customer_id))


def _find(customer_id: int, provider_id: int) -> ProviderView:
    """Give an enterprise's own live provider; NotFound for any other."""
    with reading() as db:
        found = [each for each in find_providers_of(db, customer_id) if each.id == provider_id]
    if not found:
        raise NotFound
    return found[0]


def _typed() -> FormState:
    return FormState({name: request.form.get(name, "").strip()[:MAX_TEXT] for name in FIELDS})


def _domains(state: FormState) -> list[str]:
    return [line for line in state.values["domains"].replace(",", "\n").splitlines() if line.strip()]


def _look(state: FormState, held: ProviderView | None = None) -> Mapping[str, Any] | None:
    """Give what the provider publishes, asked for between transactions; what stands against it is said in the form."""
    local = portal().settings.allow_private_callbacks
    with state.catching():
        if state.values["kind"] == "saml":
            text = state.values["metadata"]
            return held.document if held is not None and not text else check_provider(text, allow_http=local)
        issuer = state.values["issuer"]
        try:
            return check_provider(portal().upstream.fetch(discovery_address(issuer)), issuer=issuer, allow_http=local)
        except ProviderSilent as refused:
            state.errors["issuer"] = gettext("Nothing was published there: %(why)s.", why=str(refused))
    if "document" in state.errors:
        state.errors["metadata" if state.values["kind"] == "saml" else "issuer"] = state.errors.pop("document")
    return None


def _read(state: FormState, document: Mapping[str, Any], customer_id: int, slug: str) -> NewProvider:
    said = state.values
    oidc = said["kind"] == "oidc"
    return NewProvider(
        slug=slug, customer_id=customer_id, kind=said["kind"], name=said["name"], issuer=str(document["issuer"]), document=document,
        client_id=said["client_id"] or None if oidc else None,
        client_secret=request.form.get("client_secret", "").strip()[:MAX_TEXT] or None if oidc else None,
        admits=said["admits"], level=int(said["level"]) if said["level"] in map(str, LEVELS) else 0,
    )  # fmt: skip


def _form(customer_id: int, provider: ProviderView | None, state: FormState, document: Mapping[str, Any] | None = None) -> Response:
    words = {
        "oidc": gettext("OpenID Connect: its address is enough"), "saml": gettext("SAML 2.0: paste its metadata"),
        "list": gettext("Only who is on the company’s list"), "anyone": gettext("Anybody it signs in is put on the list"),
        1: gettext("Little: like a password"), 2: gettext("Like a code by message"), 3: gettext("Like two factors"),
    }  # fmt: skip
    page = render_template(
        "office/sso/provider.html", company=get_company(customer_id), provider=provider, state=state, document=document,
        kinds=[(each, words[each]) for each in KINDS], admits=[(each, words[each]) for each in ADMITS],
        levels=[(each, words[each]) for each in LEVELS],
    )  # fmt: skip
    return make_response(page, state.status)


def _question(customer_id: int, provider: ProviderView, state: FormState) -> Response:
    page = render_template("office/sso/provider_end.html", company=get_company(customer_id), provider=provider, state=state)
    return make_response(page, state.status)

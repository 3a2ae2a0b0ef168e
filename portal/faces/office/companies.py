"""An enterprise and what it is let in to: its sites, its own providers, the tokens its directory comes with, its stores."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.ids import to_ref
from portal.customers import Enterprise, find_enterprise, list_enterprises, search_enterprises
from portal.directory import create_directory_token, end_directory_token, list_directory_tokens
from portal.faces.access import administrator, requires
from portal.faces.babel import gettext
from portal.faces.client_words import site_facts
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.proving import prove
from portal.faces.office.sign_on import note
from portal.faces.shown_once import hand_on, take_secret
from portal.faces.transactions import reading, writing
from portal.federation import find_providers_of, list_domains, list_providers
from portal.identity import list_embed_clients
from portal.openid import list_clients

DAYS = (30, 90, 180, 365)


@bp.get("/sign-on/companies")
@requires(administrator)
def find_company() -> str:
    """Find an enterprise by name or number; unasked, those that have something here already."""
    query = " ".join(request.args.get("q", "")[:60].split())
    with reading() as db:
        clients, providers = list_clients(db), list_providers(db)
        sites = [each.customer_id for each in clients if each.customer_id is not None]
        own = [each.customer_id for each in providers]
        found = search_enterprises(db, query) if query else list_enterprises(db, {*sites, *own})
    rows = [{"company": each, "sites": sites.count(each.customer_id), "providers": own.count(each.customer_id)} for each in found]
    return render_template("office/sso/companies.html", rows=rows, looked_for=query)


@bp.get("/sign-on/companies/<ref:customer_id>")
@requires(administrator)
def show_company(customer_id: int) -> Response:
    """Show an enterprise and all it is let in to."""
    return _page(customer_id, FormState({"label": "", "days": "365"}))


@bp.post("/sign-on/companies/<ref:customer_id>/tokens")
@requires(administrator)
def add_directory_token(customer_id: int) -> Response | BaseResponse:
    """Let an enterprise's directory keep its list here; the token is shown once."""
    get_company(customer_id)
    state = typed("label", "days")
    days = state.values["days"]
    if not prove(state):
        return _page(customer_id, state)
    with state.catching(), writing() as db:
        wanted = int(days) if days.isascii() and days.isdecimal() and len(days) < 4 else 0
        view, text = create_directory_token(db, customer_id, state.values["label"], days=wanted, now=clock.now())
        note(db, "directory.token_created", f"directory:{view.id}", customer_id=customer_id, detail={"days": wanted})
    if state.errors:
        return _page(customer_id, state)
    hand_on(f"directory:{customer_id}", text)
    return go(url_for("office.show_company", customer_id=customer_id))


@bp.post("/sign-on/companies/<ref:customer_id>/tokens/<ref:token_id>/end")
@requires(administrator)
def end_token_of(customer_id: int, token_id: int) -> Response | BaseResponse:
    """Take no news by a token any more."""
    with writing() as db:
        end_directory_token(db, customer_id, token_id, now=clock.now())
        note(db, "directory.token_ended", f"directory:{token_id}", customer_id=customer_id)
    session["done"] = gettext("Ended. The directory is not listened to any more under this token.")
    return go(url_for("office.show_company", customer_id=customer_id))


def get_company(customer_id: int) -> Enterprise:
    """Give an enterprise; raise NotFound for a person, or nobody."""
    with reading() as db:
        found = find_enterprise(db, customer_id)
    if found is None:
        raise NotFound
    return found


def _page(customer_id: int, state: FormState) -> Response:
    company, now = get_company(customer_id), clock.now()
    with reading() as db:
        providers = [(each, list_domains(db, each.id)) for each in find_providers_of(db, customer_id)]
        tokens = list_directory_tokens(db, customer_id)
        sites = list_clients(db, customer_id=customer_id)
        stores = list_embed_clients(db, customer_id)
    page = render_template(
        "office/sso/company.html", company=company, of=to_ref(customer_id), providers=providers, tokens=tokens, now=now, days=DAYS,
        stores=stores, state=state,
        sites=[{"site": each, "facts": site_facts(each)} for each in sites],
        secret=take_secret(f"directory:{customer_id}"),
        done=session.pop("done", None),
    )  # fmt: skip
    return make_response(page, state.status)

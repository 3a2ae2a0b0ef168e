"""Signing in with one's company: by mail address or by the company's own page to its provider; the way out.

The way out is a page that goes on by itself, not a redirect: a redirect after a form would be held to our own policy wherever the
company's provider sends the browser next (`form-action`).
"""

from __future__ import annotations

from flask import Response, make_response, render_template, request, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.faces import cookies
from portal.faces.access import anybody, requires
from portal.faces.babel import gettext
from portal.faces.company_addresses import ourselves
from portal.faces.forms import FormState, typed
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.sign_in import next_page
from portal.faces.transactions import reading, writing
from portal.faces.visiting import flow
from portal.federation import ProviderView, find_provider_by_slug, find_provider_for_mail, start_upstream


@bp.get("/login/company")
@requires(anybody)
def ask_company() -> str:
    """Ask for the mail address at work."""
    cookies.device_id()
    return _mail_page(FormState())


@bp.post("/login/company")
@requires(anybody)
def take_company() -> Response:
    """Go to the provider the address leads to. Any other address is answered alike, be there such a person or not."""
    state = typed("mail")
    mail = request.form.get("mail", "").strip()
    with reading() as db:
        provider = find_provider_for_mail(db, mail)
    if provider is None:
        state.errors["mail"] = gettext("No company signs in here with addresses like this one. Ask your company, or use your number.")
        return make_response(_mail_page(state), state.status)
    return leave_for(provider, next=next_page(), login_hint=mail)


@bp.get("/login/company/<slug>")
@requires(anybody)
def show_company(slug: str) -> str:
    """Offer the way to one company's provider: where a company's own pages lead."""
    cookies.device_id()
    return render_template("site/sign_in/one_company.html", provider=company_here(slug), next=next_page())


@bp.post("/login/company/<slug>")
@requires(anybody)
def go_to_company(slug: str) -> Response:
    """Go to that company's provider."""
    return leave_for(company_here(slug), next=next_page())


def company_here(slug: str) -> ProviderView:
    """Give the live provider an address names; NotFound where there is none."""
    with reading() as db:
        found = find_provider_by_slug(db, slug)
    if found is None:
        raise NotFound
    return found


def leave_for(provider: ProviderView, *, next: str | None, login_hint: str | None = None, again: bool = False) -> Response:  # noqa: A002
    """Set out for a provider; `again`: one is to be asked there who one is, however lately one was."""
    with writing() as db:
        address = start_upstream(
            db, portal().keys, provider, ourselves(provider.slug, provider.kind),
            flow_id=flow(), next=next, login_hint=login_hint, again=again, now=clock.now(),
        )  # fmt: skip
    return make_response(render_template("site/sign_in/leaving.html", address=address, provider=provider))


def _mail_page(state: FormState) -> str:
    by_number = url_for("site.ask_number", next=next_page())
    return render_template("site/sign_in/company.html", state=state, next=next_page(), number_url=by_number)

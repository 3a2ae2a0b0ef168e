"""Choosing whom to go on as (`prompt=select_account`, OIDC Core 3.1.2.1): oneself, for whichever customer, or somebody else."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.ids import from_ref, to_ref
from portal.base.privacy import mask_number
from portal.customers import list_acting
from portal.faces.access import me, requires, subscriber
from portal.faces.htmx import go
from portal.faces.sso.answers import let_forms_reach
from portal.faces.sso.blueprint import bp
from portal.faces.transactions import reading, writing
from portal.identity import SessionView, act_for
from portal.openid import AuthorizationRequest

CHOSEN = "chosen_account"
SOMEBODY_ELSE = "other"


def was_chosen(asked_for: AuthorizationRequest, view: SessionView) -> bool:
    """Say whether whoever is signed in chose to go on as themselves for this very request."""
    return asked_for.request_uri is not None and session.get(CHOSEN) == [asked_for.request_uri, view.id]


def ask_which(asked_for: AuthorizationRequest, view: SessionView) -> Response:
    """Show who is signed in, and every customer they may act for; the request waits under its name."""
    let_forms_reach(asked_for.redirect_uri)
    with reading() as db:
        acting = list_acting(db, view.party_id or 0, now=clock.now())
    choices = [
        {
            "ref": to_ref(each.customer_id), "name": each.customer_name, "is_now": each.customer_id == view.customer_id,
            "is_linked": each.party_id != view.party_id,
        }
        for each in acting
    ]  # fmt: skip
    page = render_template(
        "sso/choose.html",
        client_name=asked_for.client.name,
        client_id=asked_for.client.id,
        request_uri=asked_for.request_uri,
        person=view.party_name,
        number=mask_number(view.number) if view.number else "",
        choices=sorted(choices, key=lambda each: not each["is_now"]),
    )
    return make_response(page)


@bp.post("/oauth/choose")
@requires(subscriber)
def choose() -> Response:
    """Go on as oneself, for the customer chosen, or sign in as somebody else. Whom one may not act for is not there."""
    client_id, request_uri = request.form.get("client_id", ""), request.form.get("request_uri", "")
    back, answer = url_for("sso.ask", client_id=client_id, request_uri=request_uri), request.form.get("answer", "")
    if answer == SOMEBODY_ELSE:
        return go(url_for("site.ask_number", next=back))
    try:
        customer_id = from_ref(answer)
    except ValueError as error:
        raise NotFound from error
    with writing() as db:
        act_for(db, me(), customer_id, now=clock.now())
    session[CHOSEN] = [request_uri, me().id]
    return go(back)

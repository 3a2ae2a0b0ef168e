"""Answers that go back to a site through the browser: by its address, or by a form (OAuth 2.0 Form Post Response Mode)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Response, g, make_response, redirect, render_template

from portal.base import clock
from portal.faces.provider import issuer, key_ring
from portal.faces.sso.watching import watched, went_wrong
from portal.faces.transactions import reading
from portal.openid import AuthorizationRequest, ClientView, RequestRefused, sign_answer


def give_code(request: AuthorizationRequest, code: str) -> Response:
    """Send the code; `iss` says whose it is (RFC 9207), so that no other provider's answer is taken for ours."""
    watched(request.client)
    said = {"code": code, "state": request.state, "iss": issuer()}
    return _send(request.redirect_uri, request.response_mode, said, request.client)


def refuse(refused: RequestRefused) -> Response:
    """Tell the site why not; where it is not sure whose address it is, tell the person alone (RFC 6749 4.1.2.1)."""
    went_wrong(refused.code, refused.description)
    if not refused.redirect or refused.redirect_uri is None:
        return show_refusal(refused)
    said = {"error": refused.code, "error_description": refused.description, "state": refused.state, "iss": issuer()}
    return _send(refused.redirect_uri, refused.response_mode, said, refused.client)


def show_refusal(refused: RequestRefused) -> Response:
    """Show a page of ours that says what is wrong, for the person and for the site's developer."""
    went_wrong(refused.code, refused.description)
    return make_response(render_template("sso/refused.html", code=refused.code, description=refused.description), 400)


def go_to(address: str, params: Mapping[str, str | None] | None = None) -> Response:
    """Send the browser to a registered address, what its query holds already kept; always by 303 (RFC 9700 4.12)."""
    parts = urlsplit(address)
    said = [(name, value) for name, value in (params or {}).items() if value is not None]
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *said]) if said else parts.query
    return redirect(urlunsplit(parts._replace(query=query)), 303)  # type: ignore[return-value]


def let_forms_reach(address: str) -> None:
    """Let a form of the page that is being made lead to `address`: browsers hold redirects after it to `form-action` too."""
    g.form_targets = (*g.get("form_targets", ()), source_of(address))


def source_of(address: str) -> str:
    """Give an address as a source of a content security policy; its scheme alone where that knows no better."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or "[" in parts.netloc:  # an app's own scheme; an IPv6 address
        return f"{parts.scheme}:"
    return f"{parts.scheme}://{parts.netloc}"


def _send(address: str, mode: str, params: Mapping[str, str | None], client: ClientView | None) -> Response:
    fields = {name: value for name, value in params.items() if value is not None}
    if mode.endswith(".jwt") and client is not None:
        fields = {"response": _signed(fields, client)}
    if not mode.startswith("form_post"):
        return go_to(address, fields)
    let_forms_reach(address)
    return make_response(render_template("sso/form_post.html", address=address, fields=fields))


def _signed(params: Mapping[str, str], client: ClientView) -> str:
    """Sign an answer; which browser it came through changes nothing of it (JARM 2.1)."""
    now = clock.now()
    with reading() as db:
        ring = key_ring(db, now=now)
    return sign_answer(ring, client, params, issuer=issuer(), now=now)

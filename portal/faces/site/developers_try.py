"""A sign-in tried out step by step: the address, the code, the tokens, what they say. Nothing of it is kept.

The browser's own signed cookie carries the verifier from the first step to the last, encrypted; what was granted is taken back as
soon as it was shown.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.ids import new_token
from portal.faces.access import requires, subscriber
from portal.faces.babel import gettext
from portal.faces.client_forms import allow_localhost
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.provider import endpoint, issuer, provider
from portal.faces.site.blueprint import bp
from portal.faces.site.developers import my_site, note
from portal.faces.transactions import reading, writing
from portal.openid import (
    CODE,
    ClientRefused,
    ClientView,
    GrantedTokens,
    TokenRefused,
    authenticate_client,
    change_developer_client,
    mint_tokens,
    read_claims,
    redeem_code,
    revoke_grant,
)

_KEPT = "developer_try"
MAX_CODE = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of a code: the answer of the token endpoint, and what its ID token and the userinfo endpoint say."""

    answer: str
    id_token: str
    userinfo: str


@bp.get("/developers/sites/<code:client_id>/try")
@requires(subscriber, level=2)
def show_try(client_id: str) -> str:
    """Show the first step: the address a site sends its browser to, or what stands in the way."""
    with reading() as db:
        site = my_site(db, client_id, now=clock.now())
    ready = _why_not(site) is None and callback() in site.redirect_uris
    params = _begin(site) if ready else {}
    address = endpoint("sso.ask")
    return render_template(
        "site/developers/try.html", site=site, callback=callback(), why_not=_why_not(site), ready=ready, params=params,
        address=address, go_to=f"{address}?{urlencode(params)}",
    )  # fmt: skip


@bp.post("/developers/sites/<code:client_id>/try/address")
@requires(subscriber, level=2)
def register_try_address(client_id: str) -> Response | BaseResponse:
    """Register the address where a try comes back to, or take it out again."""
    now, out = clock.now(), request.form.get("out") == "yes"
    with writing() as db:
        site = my_site(db, client_id, now=now)
        others = [each for each in site.redirect_uris if each != callback()]
        if others or not out:
            new = replace(site.as_new(), redirect_uris=tuple(others if out else [*others, callback()]))
            change_developer_client(db, site.customer_id or 0, client_id, new, now=now, allow_localhost=allow_localhost())
            note(db, "sso.client_changed", site, fields=["redirect_uris"])
    return go(url_for("site.show_try", client_id=client_id))


@bp.get("/developers/try/callback")
@requires(subscriber, level=2)
def take_try_code() -> Response:
    """Show what came back: a code and a state, or an error."""
    kept = _kept()
    said = {name: request.args.get(name, "")[:MAX_CODE] for name in ("code", "state", "iss", "error", "error_description")}
    with reading() as db:
        site = my_site(db, kept.get("client", ""), now=clock.now())
    return _back(site, said, kept, FormState())


@bp.post("/developers/try/tokens")
@requires(subscriber, level=2)
def take_try_tokens() -> Response:
    """Exchange the code as the site's server would, show what comes of it, and take it back at once."""
    kept, now, state = _kept(), clock.now(), FormState()
    said = {name: request.form.get(name, "")[:MAX_CODE] for name in ("code", "state", "iss")}
    with writing() as db:
        site = my_site(db, kept.get("client", ""), now=now)
        secret = request.form.get("secret", "").strip()[:MAX_CODE]
        us = provider(db, now=now)
        proof = {"client_id": site.id} | ({"client_secret": secret} if site.auth_method == "client_secret_post" else {})
        basic = (site.id, secret) if site.auth_method == "client_secret_basic" else None
        known = authenticate_client(db, proof, basic, token_endpoint=endpoint("oauth.give_tokens"), now=now)
        if isinstance(known, ClientRefused):
            state.errors["secret"] = gettext("That is not this site’s secret. The code is still good for a minute.")
            answer: Any = known
        else:
            answer = redeem_code(db, us, known, code=said["code"], redirect_uri=callback(), verifier=kept["verifier"], now=now)
        claims = None
        if not isinstance(answer, TokenRefused | ClientRefused) and answer.grant is not None:
            claims = read_claims(
                db, answer.grant.party_id, answer.grant.subject, scopes=answer.scopes, country=portal().settings.country, now=now
            )
            revoke_grant(db, answer.grant.id, by="client", now=now)
    if isinstance(answer, ClientRefused):
        return _back(site, said, kept, state)
    if isinstance(answer, TokenRefused):
        state.errors[""] = gettext("The code was not taken: %(why)s.", why=answer.description)
        return _back(site, said, kept, state)
    session.pop(_KEPT, None)
    shown = _show(mint_tokens(us, answer, now=now, id_claims={}), claims)
    return make_response(render_template("site/developers/try_tokens.html", site=site, shown=shown, nonce=kept["nonce"]))


def callback() -> str:
    """Give the address where a try comes back to."""
    return issuer() + url_for("site.take_try_code")


def _why_not(site: ClientView) -> str | None:
    """Say why a sign-in at this site cannot be tried here; None where it can."""
    if CODE not in site.grant_types:
        return gettext("This site signs nobody in by a browser.")
    if site.auth_method == "private_key_jwt":
        return gettext("This site proves itself by a key that only its server has: try it there, and watch its calls here.")
    if site.require_par or site.require_dpop:
        return gettext("This site hands its requests in by itself, or binds its tokens to its key: try it there, and watch its calls here.")
    return None


def _begin(site: ClientView) -> dict[str, str]:
    """Give the parameters of a new try; its verifier waits in the browser's cookie."""
    kept = {"client": site.id, "verifier": new_token(48), "state": new_token(), "nonce": new_token()}
    session[_KEPT] = portal().keys.encrypt(json.dumps(kept))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(kept["verifier"].encode()).digest()).rstrip(b"=").decode()
    scopes = [name for name in site.scopes if name != "offline_access"]
    return {
        "response_type": "code", "client_id": site.id, "redirect_uri": callback(), "scope": " ".join(scopes), "state": kept["state"],
        "nonce": kept["nonce"], "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip


def _kept() -> dict[str, str]:
    try:
        found = json.loads(portal().keys.decrypt(session.get(_KEPT, "")))
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()}


def _back(site: ClientView, said: dict[str, str], kept: dict[str, str], state: FormState) -> Response:
    checks = [
        (gettext("state is the one we sent"), said["state"] == kept["state"]),
        (gettext("iss is who we asked (RFC 9207)"), said["iss"] == issuer()),
    ]
    page = render_template(
        "site/developers/try_code.html", site=site, said=said, checks=checks, callback=callback(), state=state,
        token_endpoint=endpoint("oauth.give_tokens"), verifier=kept["verifier"], needs_secret=site.auth_method != "none",
    )  # fmt: skip
    return make_response(page, state.status)


def _show(tokens: GrantedTokens, claims: dict[str, Any] | None) -> Shown:
    told = dict(tokens.as_json())
    parts = {name: told[name] for name in ("access_token", "refresh_token", "id_token") if name in told}
    told |= {name: text[:24] + "…" for name, text in parts.items()}
    return Shown(_pretty(told), _pretty(_payload(str(parts.get("id_token", "")))), _pretty(claims or {}))


def _payload(token: str) -> dict[str, Any]:
    """Read what a token of ours says, without checking it again: it was signed a moment ago."""
    middle = token.split(".")[1] if token.count(".") == 2 else ""
    return dict(json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)) or b"{}"))


def _pretty(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)

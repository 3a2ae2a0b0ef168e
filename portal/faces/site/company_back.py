"""Coming back from a company's OpenID Provider, and coming in, whichever language the provider speaks."""

from __future__ import annotations

import structlog
from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import Invalid
from portal.faces import cookies
from portal.faces.access import anybody, requires, safe_next, signed_in
from portal.faces.company_addresses import ourselves
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.company_sign_in import company_here
from portal.faces.transactions import reading, writing
from portal.faces.visiting import end_flow, visitor
from portal.faces.words import sentence
from portal.federation import (
    Arrived,
    Journey,
    ProviderSilent,
    ProviderView,
    Said,
    UpstreamRefused,
    add_userinfo,
    admit,
    ask_userinfo,
    check_id_token,
    claim_provider_keys,
    get_provider,
    keep_provider_keys,
    read_answer,
    read_secret,
    redeem_upstream,
    take_journey,
    wants_keys,
)
from portal.identity import Started, raise_level, start_person_session

log = structlog.get_logger()
COMPANY = ("fed",)


@bp.get("/login/company/<slug>/back")
@requires(anybody)
def come_back(slug: str) -> Response:
    """Take a code, redeem it, check whom it names, and let them in."""
    provider, given = company_here(slug), request.args
    if given.get("iss", provider.issuer if not provider.document.get("says_issuer") else None) != provider.issuer:
        return refused(provider, UpstreamRefused("issuer"))  # another provider's answer (RFC 9207)
    with writing() as db:
        journey = take_journey(db, portal().keys, provider, given.get("state", ""), flow_id=session.get("flow", ""), now=clock.now())
        secret = read_secret(db, portal().keys, provider)
    if journey is None or provider.kind != "oidc":
        return refused(provider, UpstreamRefused("journey"))
    if "error" in given or not given.get("code"):
        return refused(provider, UpstreamRefused("declined"))
    said = _ask_whom(provider, secret, journey, given["code"])
    return refused(provider, said) if isinstance(said, UpstreamRefused) else come_in(provider, journey, said)


def come_in(provider: ProviderView, journey: Journey, said: Said) -> Response:
    """Let in whom the provider names, or, where they were to prove it anew, let their session go on."""
    now, here = clock.now(), signed_in() if journey.again else None
    started: Started | None = None
    with writing() as db:
        arrived = admit(db, provider, said, now=now)
        if isinstance(arrived, Arrived) and here is None:
            started = start_person_session(
                db, arrived.party_id, arrived.customer_id, visitor(), level=provider.level, settings=portal().settings, now=now,
                authenticated_at=arrived.authenticated_at, old_token=request.cookies.get(cookies.SUBSCRIBER),
            )  # fmt: skip
        elif isinstance(arrived, Arrived) and here is not None and arrived.party_id == here.party_id and _proved_on(journey, arrived):
            started = raise_level(db, here, level=provider.level, methods=COMPANY, now=now)
    if isinstance(arrived, UpstreamRefused):
        return refused(provider, arrived)
    target = safe_next(journey.next, url_for("site.show_home"))
    if started is None:
        assert here is not None, "only who was here already can be turned away now"
        why = UpstreamRefused("not_asked_again" if arrived.party_id == here.party_id else "somebody_else")
        session["note"] = sentence(why.sentence)
        return go(url_for("site.ask_proof", next=target))
    end_flow()
    response = go(target)
    cookies.put(response, cookies.SUBSCRIBER, started.token)
    return response


def _proved_on(journey: Journey, arrived: Arrived) -> bool:
    return arrived.authenticated_at is not None and arrived.authenticated_at >= journey.started_at


def refused(provider: ProviderView, why: UpstreamRefused) -> Response:
    """Say why somebody is not let in: a sentence for them, a code for whoever set it up."""
    log.info("company_sign_in_refused", provider=provider.slug, why=why.code)
    page = render_template("site/sign_in/company_refused.html", provider=provider, code=why.code, sentence=sentence(why.sentence))
    return make_response(page, 400)


def _ask_whom(provider: ProviderView, secret: str | None, journey: Journey, code: str) -> Said | UpstreamRefused:
    """Redeem the code and judge what comes of it: calls outside, so between transactions."""
    to = ourselves(provider.slug, provider.kind).answers_to
    answer = redeem_upstream(portal().upstream, provider, secret, journey, code=code, answers_to=to)
    if isinstance(answer, UpstreamRefused):
        return answer
    tokens = read_answer(answer)
    if isinstance(tokens, UpstreamRefused):
        return tokens
    said = check_id_token(_with_keys(provider, tokens[0]), journey, *tokens, now=clock.now())
    if isinstance(said, UpstreamRefused) or said.user_name or not tokens[1] or not provider.document["userinfo_endpoint"]:
        return said
    more = ask_userinfo(portal().upstream, provider, tokens[1])
    return more if isinstance(more, UpstreamRefused) else add_userinfo(provider, said, more)


def _with_keys(provider: ProviderView, id_token: str) -> ProviderView:
    """Give the provider with keys its token can be judged by, asking for them where need be; else what is held must do."""
    now = clock.now()
    if not wants_keys(provider, id_token, now=now):
        return provider
    with writing() as db:
        claimed = claim_provider_keys(db, provider, now=now)
    if claimed:
        try:
            found = portal().upstream.fetch(str(provider.document["jwks_uri"]))
            with writing() as db:
                keep_provider_keys(db, provider, found)
        except ProviderSilent as silent:
            log.warning("provider_keys_not_had", provider=provider.slug, why=str(silent))
        except Invalid:
            log.warning("provider_keys_not_had", provider=provider.slug, why="no keys that can be used")
    with reading() as db:
        return get_provider(db, provider.id)

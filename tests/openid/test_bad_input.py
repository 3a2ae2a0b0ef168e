"""Whatever is sent, there is an answer of ours, and nobody is sent anywhere that is not registered."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.base.db import Database
from portal.openid import (
    AuthorizationRequest,
    ClientView,
    ProofRefused,
    RequestRefused,
    TokenRefused,
    check_proof,
    exchange_token,
    read_authorization_request,
)
from portal.openid.client_rules import EXCHANGE
from portal.openid.request_rules import MAX_LENGTH
from tests.openid.desk import CALLBACK, ISSUER, Desk, asking
from tests.statements import statements

NAMES = (
    "client_id redirect_uri scope state nonce response_type response_mode code_challenge code_challenge_method prompt max_age acr_values "
    "claims dpop_jkt resource request request_uri login_hint ui_locales id_token_hint"
).split()
LEAVES = st.none() | st.booleans() | st.integers() | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
PART = r"[A-Za-z0-9_-]{0,60}"
TEXTS = st.text(st.characters(codec="utf-8"), max_size=80) | st.from_regex(rf"{PART}\.{PART}\.{PART}", fullmatch=True)
anything = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def site(desk: Desk, now: datetime, client_jwks: dict[str, Any]) -> ClientView:
    """Give a client that may sign and exchange."""
    return desk.client(now, auth_method="private_key_jwt", jwks=client_jwks, grant_types=["authorization_code", "refresh_token", EXCHANGE])


@anything
@given(changes=st.dictionaries(st.sampled_from(NAMES), st.text(st.characters(codec="utf-8"), max_size=40), max_size=4))
def test_any_authorization_request_has_an_answer(desk: Desk, now: datetime, site: ClientView, changes: dict[str, str]) -> None:
    with desk.database.reading() as session:
        answer = read_authorization_request(session, (asking(site) | changes).items(), issuer=ISSUER, now=now)
    assert isinstance(answer, AuthorizationRequest | RequestRefused)
    assert answer.redirect_uri in (CALLBACK, None)


@anything
@given(wish=JSON, userinfo=JSON)
def test_any_claims_have_an_answer(desk: Desk, now: datetime, site: ClientView, wish: Any, userinfo: Any) -> None:
    for claims in (wish, {"id_token": wish}, {"id_token": {"acr": wish, "sub": userinfo}, "userinfo": userinfo}):
        assert isinstance(desk.ask(site, now, claims=json.dumps(claims)[:MAX_LENGTH]), AuthorizationRequest | RequestRefused)


@anything
@given(
    text=st.text(st.characters(codec="utf-8"), max_size=80)
    | st.from_regex(r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}")
)
def test_any_text_in_the_place_of_a_token_has_an_answer(desk: Desk, now: datetime, site: ClientView, text: str) -> None:
    assert desk.read(text, now) is None
    assert desk.introspect(site, text, now) == {"active": False}
    assert desk.revoke(site, text, now) is False
    for answer in (desk.redeem(site, text, now), desk.redeem(site, text, now, verifier=text), desk.refresh(site, text, now)):
        assert isinstance(answer, TokenRefused)
    with desk.database.writing() as session:
        form = {"subject_token": text, "subject_token_type": text, "actor_token": text, "scope": text, "resource": text}
        assert isinstance(exchange_token(session, desk.provider, site, form, now=now), TokenRefused)
        assert isinstance(check_proof(session, text, method="POST", url=ISSUER, now=now), ProofRefused)


def test_the_hottest_calls_ask_the_database_once(desk: Desk, database: Database, now: datetime, cast: Any) -> None:
    client = desk.client(now)
    granted = desk.granted(client, cast.alice, now)
    token = desk.mint(granted, now).access_token
    with statements(database) as sent:
        desk.introspect(client, token, now)
    assert len(sent) == 1
    with statements(database) as sent:
        desk.refresh(client, granted.refresh_token, now)
    assert len(sent) == (3 if database.is_sqlite else 1)

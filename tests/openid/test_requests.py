"""What clients may bring to the authorization endpoint, and what they are told when it is wrong."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.openid import AuthorizationRequest, Known, RequestRefused, Step, next_step, read_authorization_request
from tests.openid.desk import CALLBACK, ISSUER, Desk, asking


def test_a_right_request_is_read_with_all_it_asks(desk: Desk, now: datetime) -> None:
    client = desk.client(now)
    asked = desk.ask(
        client, now, prompt="login", max_age="60", acr_values="urn:x urn:onehall:acr:mfa", ui_locales="zh en", login_hint="138"
    )
    assert isinstance(asked, AuthorizationRequest)
    assert asked.scopes == ("openid", "profile")
    assert (asked.state, asked.nonce, asked.response_mode) == ("s-1", "n-1", "query")
    assert asked.prompt == {"login"}
    assert (asked.max_age, asked.level, asked.level_essential) == (60, 3, False)
    assert asked.ui_locales == ("zh", "en")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "nobody"},
        {"redirect_uri": None},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK + "?x=1"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": "https://shop.example.evil/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"state": "x" * 3000},
        {"state": "a\x00b"},
        {"redirect_uri": None, "request": "eyJhbGciOiJub25lIn0.e30."},  # pragma: allowlist secret
        {"redirect_uri": "https://evil.example", "request": "eyJhbGciOiJub25lIn0.e30."},  # pragma: allowlist secret
        {"redirect_uri": None, "request_uri": "https://shop.example/request.jwt"},
        {"redirect_uri": "https://evil.example", "request_uri": "urn:ietf:params:oauth:request_uri:made-up"},
    ],
)
def test_nobody_is_sent_anywhere_before_it_is_known_who_asks_and_where_to(desk: Desk, now: datetime, changes: dict[str, Any]) -> None:
    refused = desk.ask(desk.client(now), now, **changes)
    assert isinstance(refused, RequestRefused)
    assert not refused.redirect
    assert refused.redirect_uri is None


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "code_challenge", "scope"])
def test_a_repeated_parameter_is_refused_without_sending_anybody_anywhere(desk: Desk, now: datetime, name: str) -> None:
    params = asking(desk.client(now))
    with desk.database.reading() as session:
        refused = read_authorization_request(session, [*params.items(), (name, params[name])], issuer=ISSUER, now=now)
    assert isinstance(refused, RequestRefused)
    assert (refused.code, refused.redirect) == ("invalid_request", False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": None, "nonce": None}, "invalid_scope"),
        ({"scope": "openid subscription"}, "invalid_scope"),
        ({"scope": "x" * 1500}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1e3"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"claims": '{"id_token": {"acr": {"essential": true, "value": "urn:nobody"}}}'}, "unmet_authentication_requirements"),
        ({"dpop_jkt": "short"}, "invalid_request"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),  # pragma: allowlist secret
        ({"request_uri": "https://shop.example/request.jwt"}, "request_uri_not_supported"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:made-up"}, "invalid_request_uri"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:made-up", "request": "a.b.c"}, "invalid_request"),
    ],
)
def test_what_is_wrong_with_a_request_goes_back_to_its_client(desk: Desk, now: datetime, changes: dict[str, Any], code: str) -> None:
    refused = desk.ask(desk.client(now), now, **changes)
    assert isinstance(refused, RequestRefused)
    assert (refused.code, refused.redirect, refused.redirect_uri, refused.state) == (code, True, CALLBACK, "s-1")


def test_scopes_nobody_knows_are_passed_over_and_offline_needs_refresh_tokens(desk: Desk, now: datetime) -> None:
    client = desk.client(now, grant_types=["authorization_code"], scopes=["openid"])
    asked = desk.ask(client, now, scope="openid email address")
    assert isinstance(asked, AuthorizationRequest)
    assert asked.scopes == ("openid",)


def test_the_claims_parameter_names_what_it_wants_one_by_one(desk: Desk, now: datetime) -> None:
    claims = {
        "userinfo": {"name": {"essential": True}, "shoe_size": None},
        "id_token": {"acr": {"essential": True, "values": ["urn:onehall:acr:passkey"]}},
    }
    asked = desk.ask(desk.client(now), now, claims=json.dumps(claims))
    assert isinstance(asked, AuthorizationRequest)
    assert asked.claims == {"userinfo": ("name",), "id_token": ()}
    assert (asked.level, asked.level_essential) == (4, True)


def test_an_ended_clients_request_is_nobodys(desk: Desk, now: datetime) -> None:
    client = desk.client(now)
    desk.end(client, now)
    refused = desk.ask(client, now)
    assert isinstance(refused, RequestRefused)
    assert not refused.redirect


@pytest.mark.parametrize(
    ("changes", "known", "step"),
    [
        ({}, None, Step("sign_in")),
        ({}, {}, Step("consent")),
        ({}, {"consented": ("openid",)}, Step("consent")),
        ({}, {"consented": ("openid", "profile", "phone")}, None),
        ({}, {"agreed": True}, None),
        ({"prompt": "consent"}, {"consented": ("openid", "profile")}, Step("consent")),
        ({"prompt": "login"}, {"agreed": True}, Step("sign_in")),
        ({"prompt": "login"}, {"agreed": True, "minutes": 0}, None),
        ({"prompt": "select_account"}, {"agreed": True}, Step("select")),
        ({"prompt": "select_account"}, {"agreed": True, "chosen": True}, None),
        ({"max_age": "60"}, {"agreed": True}, Step("sign_in")),
        ({"max_age": "600"}, {"agreed": True}, None),
        ({"max_age": "0"}, {"agreed": True, "minutes": 0}, None),
        ({"acr_values": "urn:onehall:acr:mfa"}, {"agreed": True}, Step("prove", 3)),
        ({"acr_values": "urn:onehall:acr:mfa"}, {"agreed": True, "level": 4}, None),
        ({"prompt": "none"}, None, "login_required"),
        ({"prompt": "none"}, {}, "consent_required"),
        ({"prompt": "none"}, {"consented": ("openid", "profile")}, None),
        ({"prompt": "none", "max_age": "60"}, {"agreed": True}, "login_required"),
        ({"prompt": "none", "acr_values": "urn:onehall:acr:mfa"}, {"agreed": True}, None),
        (
            {"prompt": "none", "claims": '{"id_token": {"acr": {"essential": true, "value": "urn:onehall:acr:mfa"}}}'},
            {"agreed": True},
            "interaction_required",
        ),
        ({"claims": '{"id_token": {"sub": {"value": "another"}}}'}, {"agreed": True}, Step("sign_in")),
    ],
)
def test_the_next_step_follows_from_the_request_and_the_sign_in(
    desk: Desk, now: datetime, changes: dict[str, Any], known: dict[str, Any] | None, step: Any
) -> None:
    asked = desk.ask(desk.client(now), now, **changes)
    assert isinstance(asked, AuthorizationRequest)
    person = None
    if known is not None:
        given = {"subject": "me", "level": 2} | known
        proved = now - timedelta(minutes=given.pop("minutes", 5))
        person = Known(authenticated_at=proved, **given)
    answer = next_step(asked, person, now=now)
    assert (answer.code if isinstance(answer, RequestRefused) else answer) == step


def test_an_operators_own_site_needs_no_consent(desk: Desk, now: datetime) -> None:
    asked = desk.ask(desk.client(now, first_party=True), now)
    assert isinstance(asked, AuthorizationRequest)
    assert next_step(asked, Known("me", 2, now), now=now) is None

"""Proofs of a key: for one request, once, just now; and tokens that are of no use without them."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from portal.openid import Granted, ProofRefused, TokenRefused, check_proof, client_credentials
from portal.openid.hashes import encode
from tests.cast import Cast
from tests.openid.desk import Desk

URL = "https://hall.example/oauth/token"


def prove(key: Any, now: datetime, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """Sign a proof; a claim given as None is left out."""
    said = {"jti": "j-1", "htm": "POST", "htu": URL, "iat": int(now.timestamp()), **changes}
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False), **(header or {})}
    registry = jws.JWSRegistry(algorithms=["ES256", "HS256", "RS256"])
    registry.max_header_length = 4096
    claims = {name: value for name, value in said.items() if value is not None}
    head = {name: value for name, value in head.items() if value is not None}
    return jws.serialize_compact(head, json.dumps(claims), key, registry=registry)


def check(desk: Desk, proof: str, now: datetime, **given: Any) -> str | ProofRefused:
    """Show a proof with a request to the token endpoint, unless told otherwise."""
    with desk.database.writing() as session:
        return check_proof(session, proof, **{"method": "POST", "url": URL, "now": now, **given})


def test_a_proof_names_the_key_of_whoever_sends_the_request(desk: Desk, now: datetime, client_key: ECKey) -> None:
    assert check(desk, prove(client_key, now), now) == client_key.thumbprint()


def test_a_proof_is_good_for_one_request(desk: Desk, now: datetime, client_key: ECKey) -> None:
    proof = prove(client_key, now)
    assert isinstance(check(desk, proof, now), str)
    assert isinstance(check(desk, proof, now), ProofRefused)
    assert isinstance(check(desk, prove(client_key, now, jti="j-2"), now), str)


def test_two_keys_may_use_the_same_name_for_a_proof(desk: Desk, now: datetime, client_key: ECKey) -> None:
    assert isinstance(check(desk, prove(client_key, now), now), str)
    assert isinstance(check(desk, prove(ECKey.generate_key("P-256"), now), now), str)


@pytest.mark.parametrize("htu", [URL + "?a=b", URL + "#x", "https://HALL.example:443/oauth/token"])
def test_the_address_is_compared_without_what_makes_no_difference(desk: Desk, now: datetime, client_key: ECKey, htu: str) -> None:
    assert isinstance(check(desk, prove(client_key, now, htu=htu), now), str)


def test_an_rsa_key_proves_as_well(desk: Desk, now: datetime) -> None:
    key = RSAKey.generate_key(2048)
    assert check(desk, prove(key, now, {"alg": "RS256"}), now) == key.thumbprint()


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "GET"},
        {"htm": None},
        {"htu": "https://hall.example/oauth/other"},
        {"htu": "https://evil.example/oauth/token"},
        {"htu": None},
        {"htu": "http://[bad/"},
        {"jti": None},
        {"jti": "x" * 300},
        {"jti": 5},
        {"iat": None},
        {"iat": "now"},
        {"iat": 1e30},
        {"iat": True},
    ],
)
def test_a_proof_that_says_something_else_proves_nothing(desk: Desk, now: datetime, client_key: ECKey, changes: dict[str, Any]) -> None:
    assert isinstance(check(desk, prove(client_key, now, **changes), now), ProofRefused)


@pytest.mark.parametrize(("seconds", "good"), [(-60, True), (-61, False), (10, True), (11, False)])
def test_a_proof_is_made_within_the_minute(desk: Desk, now: datetime, client_key: ECKey, seconds: int, good: bool) -> None:
    assert isinstance(check(desk, prove(client_key, now, iat=int(now.timestamp()) + seconds), now), str) is good


def test_a_proof_with_another_header_proves_nothing(desk: Desk, now: datetime, client_key: ECKey) -> None:
    other = ECKey.generate_key("P-256")
    headers: list[dict[str, Any]] = [
        {"typ": "JWT"},
        {"typ": None},
        {"jwk": None},
        {"jwk": other.as_dict(private=False)},
        {"jwk": client_key.as_dict(private=True)},
        {"jwk": {"kty": "oct", "k": "c2VjcmV0"}},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
    ]
    for header in headers:
        assert isinstance(check(desk, prove(client_key, now, header), now), ProofRefused), header
    shared = OctKey.generate_key(256)
    forged = prove(shared, now, {"alg": "HS256", "jwk": shared.as_dict(private=True)})
    for proof in (forged, "", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "x" * 9000):  # pragma: allowlist secret
        assert isinstance(check(desk, proof, now), ProofRefused), proof


def test_at_an_api_a_proof_names_its_token(desk: Desk, now: datetime, client_key: ECKey) -> None:
    ath = encode(hashlib.sha256(b"token").digest())
    assert isinstance(check(desk, prove(client_key, now, ath=ath), now, access_token="token"), str)
    assert isinstance(check(desk, prove(client_key, now, jti="j-2", ath=ath), now, access_token="other"), ProofRefused)
    assert isinstance(check(desk, prove(client_key, now, jti="j-3"), now, access_token="token"), ProofRefused)


def test_a_client_whose_tokens_are_bound_gets_none_without_a_proof(desk: Desk, cast: Cast, now: datetime, client_key: ECKey) -> None:
    client = desk.client(now, require_dpop=True)
    code = desk.code(client, cast.alice, now)
    refused = desk.redeem(client, code, now)
    assert isinstance(refused, TokenRefused)
    assert refused.code == "invalid_dpop_proof"
    thumbprint = client_key.thumbprint()
    granted = desk.redeem(client, code, now, thumbprint=thumbprint)
    assert isinstance(granted, Granted)
    assert desk.introspect(client, desk.mint(granted, now).access_token, now)["cnf"] == {"jkt": thumbprint}
    assert isinstance(desk.refresh(client, granted.refresh_token, now), TokenRefused)
    machine = desk.client(now, grant_types=["client_credentials"], redirect_uris=[], scopes=["customer"], require_dpop=True)
    assert isinstance(client_credentials(desk.provider, machine, now=now), TokenRefused)
    assert isinstance(client_credentials(desk.provider, machine, thumbprint=thumbprint, now=now), Granted)

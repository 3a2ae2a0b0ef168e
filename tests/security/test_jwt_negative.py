"""Signed texts that are wrong in every way the RFCs name (guard.md 9): of ours, and of a client about itself."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from portal.openid import (
    SIGNING_ALGORITHMS,
    load_key_ring,
    make_key_pair,
    rotate_keys,
)
from tests.openid.registered import HALL, ec_key
from tests.security.by_hand import by_secret, part, read


@pytest.fixture(scope="module")
def own_pairs():
    return [make_key_pair(alg) for alg in SIGNING_ALGORITHMS]


@pytest.fixture
def ring(database, keys, now, own_pairs):
    with database.writing() as session:
        rotate_keys(session, keys, now=now, ready=own_pairs)
        return load_key_ring(session, keys, now=now)


def published(ring, alg):
    return next(each for each in ring.jwks()["keys"] if each["alg"] == alg)


@pytest.fixture
def claims(now):
    return {"iss": HALL, "sub": "abc", "aud": "shop", "nonce": "n", "exp": int((now + timedelta(minutes=5)).timestamp())}


@pytest.fixture
def token(ring, claims):
    return ring.sign(claims, typ="at+jwt")


def taken(ring, text, now, **options):
    return ring.verify(text, typ="at+jwt", now=now, **options)


def test_the_token_that_all_these_are_made_from_is_right(ring, token, claims, now):
    assert taken(ring, token, now, audience="shop") == claims


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_a_token_that_says_it_is_not_signed_is_refused(ring, token, claims, now, alg):
    header = read(token.split(".")[0]) | {"alg": alg}
    for signature in ("", token.split(".")[2]):
        assert taken(ring, f"{part(header)}.{part(claims)}.{signature}", now) is None


def test_a_public_key_is_no_secret_to_sign_with(ring, claims, now):
    """RS256 and ES256 taken for HS256: the oldest confusion there is (RFC 8725 2.1)."""
    for alg in SIGNING_ALGORITHMS:
        jwk = published(ring, alg)
        secrets = [json.dumps(jwk).encode(), jwk["kid"].encode(), jwk.get("x", jwk.get("n")).encode()]
        if jwk["kty"] != "OKP":
            read_key = ECKey.import_key(jwk) if jwk["kty"] == "EC" else RSAKey.import_key(jwk)
            secrets += [read_key.as_pem(private=False), read_key.as_der(private=False)]
            secrets += [read_key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip()]
        for secret in secrets:
            for said in ("HS256", alg):
                assert taken(ring, by_secret({"alg": said, "kid": jwk["kid"], "typ": "at+jwt"}, claims, secret), now) is None


def test_one_of_our_keys_is_not_taken_for_another_algorithm_of_ours(ring, token, claims, now):
    rs = published(ring, "RS256")
    header = read(token.split(".")[0])
    for changed in (
        header | {"alg": "RS256"},
        header | {"alg": "PS256"},
        header | {"kid": rs["kid"]},
        header | {"alg": "RS256", "kid": rs["kid"]},
    ):
        assert taken(ring, ".".join([part(changed), *token.split(".")[1:]]), now) is None


def test_a_stranger_who_brings_his_key_along_is_a_stranger(ring, claims, now):
    mine, kid = ec_key(), published(ring, "ES256")["kid"]
    public = mine.as_dict(private=False)
    for brought in (
        {}, {"jwk": public}, {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/cert"}, {"x5c": ["MIIB"]},
        {"jwk": public | {"kid": kid}}, {"x5t": "abc"},
    ):  # fmt: skip
        for name in (kid, "mine", "", "../../dev/null", "' OR 1=1"):
            head = {"alg": "ES256", "typ": "at+jwt", "kid": name} | brought
            assert taken(ring, jwt.encode(head, claims, mine, algorithms=["ES256"]), now) is None
        assert taken(ring, jwt.encode({"alg": "ES256", "typ": "at+jwt"} | brought, claims, mine, algorithms=["ES256"]), now) is None


@pytest.mark.parametrize("kid", [None, 5, [], {}, True])
def test_a_key_is_named_by_a_word(ring, token, now, kid):
    header = read(token.split(".")[0]) | {"kid": kid}
    assert taken(ring, ".".join([part(header), *token.split(".")[1:]]), now) is None


@pytest.mark.parametrize("typ", ["JWT", "logout+jwt", "dpop+jwt", "AT+JWT", "application/at+jwt", ""])
def test_a_token_of_another_kind_is_not_taken_in_its_place(ring, claims, now, typ):
    """An ID token is no access token, and a logout token is no ID token (RFC 8725 3.12)."""
    assert taken(ring, ring.sign(claims, typ=typ), now) is None


def test_every_letter_that_is_changed_is_seen(ring, token, now):
    head, body, signature = token.split(".")
    more = read(body) | {"sub": "another"}
    for wrong in (
        f"{head}.{part(more)}.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.{'A' * len(signature)}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}..{signature}",
        f"{head}.{body}.{signature}.",
        f"{head}.{body}.{signature}.{signature}",
        f" {token}",
        f"{token}\n",
        "", ".", "..", "a.b.c", "é.é.é", "\x00", "{}", "null", "x" * 100_000,
    ):  # fmt: skip
        assert taken(ring, wrong, now) is None, wrong[:80]


def test_an_empty_ecdsa_signature_of_zeros_is_none(ring, token, now):
    """CVE-2022-21449: r = s = 0."""
    head, body, _ = token.split(".")
    assert taken(ring, f"{head}.{body}.{part(bytes(64))}", now) is None


@pytest.mark.parametrize("aud", ["other", ["other"], [], None, {"shop": 1}, "shop ", "SHOP", ["shopping"], [["shop"]], 7])
def test_a_token_for_somebody_else_is_refused(ring, claims, now, aud):
    assert taken(ring, ring.sign(claims | {"aud": aud}, typ="at+jwt"), now, audience="shop") is None


def test_a_token_out_of_its_time_is_refused(ring, claims, now):
    moment = int(now.timestamp())
    for changes in (
        {"exp": moment}, {"exp": moment - 1}, {"exp": None}, {"exp": "9999999999"}, {"exp": True}, {"exp": 9e12}, {"exp": []},
        {"nbf": moment + 1}, {"nbf": "0"},
    ):  # fmt: skip
        assert taken(ring, ring.sign(claims | changes, typ="at+jwt"), now) is None
    without = {name: value for name, value in claims.items() if name != "exp"}
    assert taken(ring, ring.sign(without, typ="at+jwt"), now) is None
    assert taken(ring, ring.sign(without, typ="at+jwt"), now, expired_too=True) is None


def test_a_header_may_not_call_anything_critical(ring, now, claims, own_pairs):
    key = next(pair.key for pair in own_pairs if pair.alg == "ES256")
    kid = published(ring, "ES256")["kid"]
    head = {"alg": "ES256", "kid": kid, "typ": "at+jwt", "crit": ["exp"], "exp": 1}
    body = f"{part(head)}.{part(claims)}"
    signed = jwt.encode({"alg": "ES256", "kid": kid, "typ": "at+jwt"}, claims, key, algorithms=["ES256"])
    assert taken(ring, signed, now) == claims
    assert taken(ring, f"{body}.{signed.split('.')[2]}", now) is None
    assert (
        taken(ring, f"{part({'alg': 'ES256', 'kid': kid, 'typ': 'at+jwt', 'b64': False, 'crit': ['b64']})}.{part(claims)}.x", now) is None
    )


@pytest.mark.parametrize("payload", [b"[]", b'"text"', b"null", b"7", b"", b"{", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_object_says_nothing(ring, token, now, payload):
    head, _, signature = token.split(".")
    assert taken(ring, f"{head}.{part(payload)}.{signature}", now) is None

"""What we sign can be checked with what we publish, by anybody's library; the refusals are in tests/security/test_jwt_negative.py."""

from __future__ import annotations

import warnings
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from portal.openid import SIGNING_ALGORITHMS

MINUTE = timedelta(minutes=1)


def claims(now, **more):
    return {"iss": "https://hall.example", "sub": "abc", "aud": "shop", "exp": int((now + MINUTE).timestamp())} | more


@pytest.mark.parametrize("alg", SIGNING_ALGORITHMS)
def test_what_we_sign_is_checked_with_the_published_keys_by_another_library(ring, now, alg):
    token = ring.sign(claims(now), typ="at+jwt", alg=alg)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joserfc would rather have Ed25519 said than EdDSA
        read = jwt.decode(token, KeySet.import_key_set(ring.jwks()), algorithms=[alg])
    assert read.header["alg"] == alg
    assert read.header["typ"] == "at+jwt"
    assert set(read.header) == {"alg", "kid", "typ"}
    assert read.claims == claims(now)


@pytest.mark.parametrize("alg", SIGNING_ALGORITHMS)
def test_what_we_signed_is_known_again(ring, now, alg):
    token = ring.sign(claims(now), typ="JWT", alg=alg)
    assert ring.verify(token, typ="JWT", now=now) == claims(now)
    assert ring.verify(token, typ="JWT", now=now, audience="shop") == claims(now)


def test_one_of_several_audiences_is_enough(ring, now):
    token = ring.sign(claims(now, aud=["a", "b"]), typ="JWT")
    assert ring.verify(token, typ="JWT", now=now, audience="b")
    assert ring.verify(token, typ="JWT", now=now, audience="c") is None


def test_a_hint_is_taken_after_its_time_and_only_where_that_is_asked_for(ring, now):
    token, later = ring.sign(claims(now), typ="JWT"), now + timedelta(days=20)
    assert ring.verify(token, typ="JWT", now=later) is None
    assert ring.verify(token, typ="JWT", now=later, expired_too=True) == claims(now)


def test_chinese_in_a_claim_comes_back_as_it_was(ring, now):
    said = claims(now, name="爱丽丝")
    assert ring.verify(ring.sign(said, typ="JWT"), typ="JWT", now=now) == said

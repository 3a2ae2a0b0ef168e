"""Clients that publish their keys and addresses themselves, through the door; and what of it is in the audit log."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from joserfc import jwt

from portal.adapters.documents import HttpDocuments
from portal.adapters.outbound import Outbound
from portal.base import clock
from portal.base.audit import AuditEntry
from portal.faces.worker import make_worker
from portal.openid import create_registration_token, get_client
from tests.cast import NOW
from tests.door import ORIGIN
from tests.faces.relying import BACK, make_relying
from tests.openid.publisher import publishing
from tests.openid.registered import assertion, ec_key, shown


@pytest.fixture
def published():
    with publishing() as server:
        yield server


@pytest.fixture
def key():
    return ec_key()


@pytest.fixture
def open_house(app):
    """Give the application on a network where its neighbours may be asked."""
    parts = app.extensions["portal"]
    app.extensions["portal"] = replace(parts, documents=HttpDocuments(Outbound(allow_private=True)))
    yield app
    app.extensions["portal"] = replace(app.extensions["portal"], documents=parts.documents)


@pytest.fixture
def bank(open_house, signing, published, key):
    published.publish(("k1", key))
    return make_relying(open_house, "bank", auth_method="private_key_jwt", jwks_uri=published.address)


def call(bank, key, kid="k1"):
    text = assertion(key, "bank", clock.now(), header={"kid": kid}, aud="https://localhost/oauth/token")
    return bank.call("/oauth/token", {"grant_type": "client_credentials", "scope": "customer"} | shown(text), known=False)


def test_a_client_is_known_by_keys_it_publishes_and_changes_them_without_a_word(bank, published, key, shift):
    assert call(bank, key).status_code == 200
    assert call(bank, key).status_code == 200
    assert published.asked == 1, "what is held will do"
    other = ec_key()
    published.publish(("k2", other))
    assert call(bank, other, "k2").status_code == 401, "a site is asked once a minute"
    shift(61)
    assert call(bank, other, "k2").status_code == 200
    assert (call(bank, key).status_code, published.asked) == (401, 2)


def signed_request(site, key, kid="k1"):
    """Give an authorization request as the client signs it."""
    claims = site.asking() | {"iss": "bank", "aud": ORIGIN, "exp": int(clock.now().timestamp()) + 60}
    return jwt.encode({"alg": "ES256", "kid": kid, "typ": "oauth-authz-req+jwt"}, claims, key, algorithms=["ES256"])


def test_a_signed_request_is_judged_by_the_keys_its_client_publishes(bank, published, key, sign_in, cast, shift):
    alice = sign_in(cast.alice)
    asked = {"client_id": "bank", "request": signed_request(bank, key)}
    assert alice.get("/oauth/authorize", query_string=asked).status_code == 200, "the page that asks for consent"
    assert published.asked == 1
    by_form = alice.post("/oauth/authorize", data=asked)
    assert by_form.status_code == 303
    assert published.asked == 1, "what is held will do"
    shift(61)
    other = ec_key()
    stranger = {"client_id": "bank", "request": signed_request(bank, other, "k9")}
    assert alice.get("/oauth/authorize", query_string=stranger).status_code == 400
    assert alice.get("/oauth/authorize", query_string=stranger).status_code == 400
    assert published.asked == 2, "a site is asked once a minute, however many texts come in its name"
    shift(61)
    published.publish(("k9", other))
    fresh = {"client_id": "bank", "request": signed_request(bank, other, "k9")}
    assert alice.get("/oauth/authorize", query_string=fresh).status_code == 200


def test_the_worker_fetches_what_a_client_publishes_before_it_is_needed(bank, published, key):
    jobs = make_worker(bank.app.extensions["portal"]).jobs
    next(each for each in jobs.all if each.name == "ask_for_client_keys").action(clock.now())
    assert published.asked == 1
    assert call(bank, key).status_code == 200
    assert published.asked == 1


def test_a_neighbour_is_not_asked_unless_that_is_allowed(app, signing, published, key):
    published.publish(("k1", key))
    shut = make_relying(app, "bank", auth_method="private_key_jwt", jwks_uri=published.address)
    assert call(shut, key).status_code == 401
    assert published.asked == 0


def test_a_client_on_several_hosts_registers_by_the_address_that_lists_them(open_house, site, published):
    addresses = ["https://a.example/", "https://b.example/"]
    with open_house.extensions["portal"].db.writing() as session:
        token = create_registration_token(session, "test", clients=9, valid=timedelta(days=1), now=NOW)
    bearer = {"Authorization": f"Bearer {token}"}
    wanted = {"redirect_uris": addresses, "subject_type": "pairwise", "sector_identifier_uri": published.address}
    published.body = json.dumps([addresses[0]]).encode()
    assert site.post("/oauth/register", json=wanted, headers=bearer).get_json()["error"] == "invalid_redirect_uri"
    assert site.post("/oauth/register", json=wanted, headers={"Authorization": "Bearer x"}).status_code == 401
    assert published.asked == 1, "only for whoever may register"
    published.body = json.dumps(addresses).encode()
    made = site.post("/oauth/register", json=wanted, headers=bearer)
    assert made.status_code == 201, made.get_json()
    with open_house.extensions["portal"].db.reading() as session:
        assert get_client(session, made.get_json()["client_id"]).sector == "127.0.0.1"


def test_what_a_client_does_about_itself_is_in_the_audit_log(app, site):
    with app.extensions["portal"].db.writing() as session:
        token = create_registration_token(session, "test", clients=1, valid=timedelta(days=1), now=NOW)
    made = site.post("/oauth/register", json={"redirect_uris": [BACK]}, headers={"Authorization": f"Bearer {token}"}).get_json()
    mine = {"Authorization": f"Bearer {made['registration_access_token']}"}
    path = f"/oauth/register/{made['client_id']}"
    assert site.put(path, json={"client_id": made["client_id"], "redirect_uris": [BACK + "2"]}, headers=mine).status_code == 200
    assert site.delete(path, headers={"Authorization": "Bearer x"}).status_code == 401
    assert site.delete(path, headers=mine).status_code == 204
    with app.extensions["portal"].db.reading() as session:
        rows = session.execute(sa.select(AuditEntry.action, AuditEntry.actor, AuditEntry.detail).order_by(AuditEntry.seq)).all()
    actor = f"client:{made['client_id']}"
    assert [tuple(row)[:2] for row in rows] == [
        ("sso.client_registered", actor), ("sso.registration_changed", actor), ("sso.registration_ended", actor),
    ]  # fmt: skip
    assert made["client_secret"] not in str(rows)

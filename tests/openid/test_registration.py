"""A client registers by itself, looks after its entry, and ends it; each wrong word gets the error the RFC names."""

from __future__ import annotations

import pytest

from portal.base.errors import Invalid, NotFound
from portal.openid import (
    Registered,
    RegistrationRefused,
    authenticate_client,
    create_registration_token,
    end_registration_token,
    list_clients,
    list_registration_tokens,
    may_register,
    read_registration,
)
from tests.openid.registered import BACK, TOKEN, ec_key
from tests.openid.registering import DAY, LEAST, register, register_racing, token_for


@pytest.fixture
def token(database, now):
    return token_for(database, now)


def count(database):
    with database.reading() as session:
        return len(list_clients(session, with_ended=True))


def test_the_least_that_can_be_said_makes_a_client_by_the_rfcs_defaults(database, token, now):
    made = register(database, token, LEAST, now)
    assert isinstance(made, Registered)
    said = dict(made.metadata)
    assert len(said.pop("registration_access_token")) >= 43
    secret = said.pop("client_secret")
    assert said == {
        "client_id": made.client.id, "client_id_issued_at": int(now.timestamp()), "client_secret_expires_at": 0, "client_name": "client",
        "redirect_uris": [BACK], "post_logout_redirect_uris": [], "grant_types": ["authorization_code"], "response_types": ["code"],
        "scope": "openid profile", "token_endpoint_auth_method": "client_secret_basic", "subject_type": "public",
        "id_token_signed_response_alg": "RS256", "require_pushed_authorization_requests": False, "dpop_bound_access_tokens": False,
        "application_type": "web",
    }  # fmt: skip
    assert not made.client.first_party, "people are always asked"
    with database.writing() as session:
        assert authenticate_client(session, {}, (made.client.id, secret), token_endpoint=TOKEN, now=now) == made.client


def test_everything_that_is_said_is_kept_and_answered(database, token, now):
    key = {**ec_key().as_dict(private=False), "kid": "k1"}
    said = {
        "client_name": "Bank", "client_name#zh": "银行", "redirect_uris": ["https://bank.example/back"],
        "post_logout_redirect_uris": ["https://bank.example/bye"], "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "scope": "openid phone offline_access", "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256", "jwks": {"keys": [key]}, "subject_type": "pairwise",
        "id_token_signed_response_alg": "EdDSA", "require_pushed_authorization_requests": True, "dpop_bound_access_tokens": True,
        "default_max_age": 300, "default_acr_values": ["urn:onehall:acr:mfa"], "backchannel_logout_uri": "https://bank.example/out",
        "backchannel_logout_session_required": True, "client_uri": "https://bank.example", "contacts": ["it@bank.example"],
        "software_id": "bank-1", "application_type": "web", "request_object_signing_alg": "ES256", "require_signed_request_object": True,
    }  # fmt: skip
    made = register(database, token, said | {"something_new": 7}, now)
    assert isinstance(made, Registered)
    assert {name: made.metadata[name] for name in said} == said
    assert "client_secret" not in made.metadata
    assert "something_new" not in made.metadata
    assert made.client.is_fapi
    assert made.client.sector == "bank.example"
    with database.reading() as session:
        read = read_registration(session, made.client.id, made.metadata["registration_access_token"])
    assert read == made


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": BACK}, "invalid_redirect_uri"),
        ({"redirect_uris": [7]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://shop.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [BACK + "#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://*.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example/", "https://b.example/"], "subject_type": "pairwise"}, "invalid_redirect_uri"),
        (LEAST | {"post_logout_redirect_uris": ["http://shop.example/"]}, "invalid_client_metadata"),
        (LEAST | {"grant_types": ["implicit"]}, "invalid_client_metadata"),
        (LEAST | {"grant_types": ["password"], "response_types": []}, "invalid_client_metadata"),
        (LEAST | {"grant_types": "authorization_code"}, "invalid_client_metadata"),
        (LEAST | {"grant_types": [["authorization_code"]]}, "invalid_client_metadata"),
        (LEAST | {"response_types": ["token"]}, "invalid_client_metadata"),
        (LEAST | {"response_types": ["code id_token"]}, "invalid_client_metadata"),
        (LEAST | {"response_types": []}, "invalid_client_metadata"),
        (LEAST | {"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata"),
        (LEAST | {"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
        (LEAST | {"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        (LEAST | {"token_endpoint_auth_method": 5}, "invalid_client_metadata"),
        (LEAST | {"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
        (LEAST | {"id_token_signed_response_alg": "HS256"}, "invalid_client_metadata"),
        (LEAST | {"id_token_encrypted_response_alg": "RSA-OAEP"}, "invalid_client_metadata"),
        (LEAST | {"request_object_signing_alg": "none"}, "invalid_client_metadata"),
        (LEAST | {"jwks": {"keys": []}}, "invalid_client_metadata"),
        (LEAST | {"jwks": {"keys": [{"kty": "oct", "k": "a"}]}}, "invalid_client_metadata"),
        (LEAST | {"jwks": "x"}, "invalid_client_metadata"),
        (LEAST | {"jwks": {"keys": [ec_key().as_dict(private=False)]}, "jwks_uri": "https://a.example/k"}, "invalid_client_metadata"),
        (LEAST | {"jwks_uri": "http://a.example/k"}, "invalid_client_metadata"),
        (LEAST | {"subject_type": "none"}, "invalid_client_metadata"),
        (LEAST | {"scope": "openid admin"}, "invalid_client_metadata"),
        (LEAST | {"scope": ["openid"]}, "invalid_client_metadata"),
        (LEAST | {"client_name": "a\nb"}, "invalid_client_metadata"),
        (LEAST | {"client_name": "a" * 101}, "invalid_client_metadata"),
        (LEAST | {"client_name": "\x00"}, "invalid_client_metadata"),
        (LEAST | {"logo_uri": "http://shop.example/logo"}, "invalid_client_metadata"),
        (LEAST | {"client_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
        (LEAST | {"contacts": "it@bank.example"}, "invalid_client_metadata"),
        (LEAST | {"default_max_age": "5"}, "invalid_client_metadata"),
        (LEAST | {"default_max_age": True}, "invalid_client_metadata"),
        (LEAST | {"dpop_bound_access_tokens": "yes"}, "invalid_client_metadata"),
        (LEAST | {"backchannel_logout_uri": "http://shop.example/out"}, "invalid_client_metadata"),
        (LEAST | {"application_type": "tv"}, "invalid_client_metadata"),
        (LEAST | {"tls_client_certificate_bound_access_tokens": True}, "invalid_client_metadata"),
        (LEAST | {"sector_identifier_uri": "https://a.example/s"}, "invalid_client_metadata"),
        (LEAST | {"software_statement": "a.b.c"}, "unapproved_software_statement"),
        (LEAST | {"contacts": ["a" * 999] * 100}, "invalid_client_metadata"),
    ],
)
def test_what_cannot_be_is_named_as_rfc_7591_names_it_and_takes_no_place(database, token, now, said, code):
    refused = register(database, token, said, now)
    assert isinstance(refused, RegistrationRefused)
    assert (refused.code, refused.status) == (code, 400)
    assert count(database) == 0
    with database.reading() as session:
        assert list_registration_tokens(session, now=now)[0].left == 5


def test_a_machine_and_an_app_register_too(database, token, now):
    machine = register(database, token, {"grant_types": ["client_credentials"], "response_types": [], "scope": "customer"}, now)
    app = register(
        database,
        token,
        {"redirect_uris": ["com.example.app:/back"], "token_endpoint_auth_method": "none", "application_type": "native"},
        now,
    )
    assert machine.metadata["response_types"] == []
    assert "client_secret" not in app.metadata
    assert app.client.is_public


def test_addresses_on_several_hosts_have_one_that_lists_them_all(database, token, now):
    addresses = ["https://a.example/", "https://b.example/"]
    said = {"redirect_uris": addresses, "subject_type": "pairwise", "sector_identifier_uri": "https://group.example/sites"}
    for wrong in (None, {}, "https://a.example/", [], addresses[:1]):
        assert isinstance(register(database, token, said, now, sector_document=wrong), RegistrationRefused)
    made = register(database, token, said, now, sector_document=[*addresses, "https://c.example/"])
    assert isinstance(made, Registered)
    assert (made.client.sector, made.metadata["sector_identifier_uri"]) == ("group.example", "https://group.example/sites")
    unsafe = said | {"sector_identifier_uri": "http://group.example/sites"}
    assert isinstance(register(database, token, unsafe, now, sector_document=addresses), RegistrationRefused)


def test_nobody_registers_without_a_token_that_is_good(database, token, now):
    with database.reading() as session:
        assert may_register(session, token, now=now)
        assert not any(may_register(session, wrong, now=now) for wrong in ("", "x", token + "x"))
        assert not may_register(session, token, now=now + DAY)
    for wrong, moment in (("", now), ("x", now), (token + "x", now), (token, now + DAY), ("\x00", now)):
        refused = register(database, wrong, LEAST, moment)
        assert isinstance(refused, RegistrationRefused)
        assert (refused.code, refused.status) == ("invalid_token", 401)
    with database.writing() as session:
        assert end_registration_token(session, "partners", now=now) == 1
    assert isinstance(register(database, token, LEAST, now), RegistrationRefused)
    with database.writing() as session, pytest.raises(NotFound):
        end_registration_token(session, "partners", now=now)
    assert count(database) == 0


def test_a_token_is_good_for_so_many_and_no_more(database, cast, now):
    token = token_for(database, now, clients=2, customer_id=cast.acme.customer_id)
    made = [register(database, token, LEAST, now) for _ in range(3)]
    assert [type(each).__name__ for each in made] == ["Registered", "Registered", "RegistrationRefused"]
    assert {each.client.customer_id for each in made[:2]} == {cast.acme.customer_id}
    assert count(database) == 2


def test_of_six_for_the_last_place_one_is_taken(database, now, race):
    token = token_for(database, now, clients=1)
    answers = race.run(register_racing, database.engine.url.render_as_string(hide_password=False), token, LEAST, now)
    assert sorted(answers) == ["Registered"] + ["RegistrationRefused"] * 5
    assert count(database) == 1


@pytest.mark.parametrize(
    ("label", "clients", "valid"), [("", 1, DAY), ("a", 0, DAY), ("a", 10_001, DAY), ("a", 1, DAY * 0), ("a", 1, DAY * 400)]
)
def test_a_token_without_bounds_is_not_made(database, now, label, clients, valid):
    with database.writing() as session, pytest.raises(Invalid):
        create_registration_token(session, label, clients=clients, valid=valid, now=now)


def test_localhost_may_register_outside_production_alone(database, token, now):
    local = {"redirect_uris": ["http://localhost:3000/back"]}
    assert isinstance(register(database, token, local, now), RegistrationRefused)
    assert isinstance(register(database, token, local, now, allow_localhost=True), Registered)

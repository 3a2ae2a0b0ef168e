"""Providers are looked at before they are let in, found by their domains, and forgotten when they end."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.errors import Invalid, NotFound, Refused
from portal.federation import (
    change_provider,
    check_provider,
    create_provider,
    end_provider,
    find_provider_by_slug,
    find_provider_for_mail,
    find_providers_of,
    get_provider,
    list_domains,
    list_providers,
    read_secret,
    set_domains,
)
from tests.federation.oidc_company import CONFIGURATION, ISSUER, SECRET, new_provider
from tests.federation.saml_company import ENTITY, SIGN_IN, metadata


def test_a_provider_is_found_by_slug_customer_and_domain_and_its_secret_is_encrypted(database, acme, cast, keys):
    with database.reading() as session:
        assert find_provider_by_slug(session, "acme") == acme
        assert find_providers_of(session, cast.acme.customer_id) == [acme]
        assert find_provider_for_mail(session, " Emma@ACME.example ") == acme
        assert find_provider_for_mail(session, "emma@mail.acme.example") is None
        assert read_secret(session, keys, acme) == SECRET
        kept = session.execute(sa.select(Base.metadata.tables["identity_provider"].c.client_secret)).scalar_one()
    assert SECRET not in kept
    assert SECRET not in repr(acme)


def test_an_ended_provider_is_found_no_more_and_its_slug_is_nobody_elses(database, acme, cast, keys, now):
    with database.writing() as session:
        end_provider(session, acme.id, now=now)
        assert find_provider_by_slug(session, "acme") is None
        assert find_provider_for_mail(session, "emma@acme.example") is None
        assert list_providers(session) == []
        assert [each.ended_at for each in list_providers(session, with_ended=True)] == [now]
        with pytest.raises(NotFound):
            end_provider(session, acme.id, now=now)
        with pytest.raises(NotFound):
            set_domains(session, acme.id, ["acme.example"], now=now)
        with pytest.raises(Refused):
            create_provider(session, keys, new_provider(cast.acme.customer_id), now=now)


def test_domains_are_written_as_dns_does_and_lead_to_one_provider(database, acme, globex, now):
    with database.writing() as session:
        assert set_domains(session, acme.id, ["Bücher.example", "@acme.example", "acme.example."], now=now) == [
            "acme.example",
            "xn--bcher-kva.example",
        ]
        assert find_provider_for_mail(session, "x@BÜCHER.example") is not None
        with pytest.raises(Invalid):
            set_domains(session, globex.id, ["acme.example"], now=now)
        assert list_domains(session, globex.id) == ["globex.example"]


@pytest.mark.parametrize("domain", ["qq.com", "GMAIL.com", "localhost", "a..b", "10.0.0.1", "a b.example", "-", "x" * 300 + ".example"])
def test_what_is_no_companys_domain_is_refused(database, acme, now, domain):
    with database.writing() as session, pytest.raises(Invalid):
        set_domains(session, acme.id, [domain], now=now)


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "Acme"}, {"slug": "-a"}, {"slug": "a" * 41}, {"name": " "}, {"kind": "ldap"}, {"admits": "everybody"}, {"level": 4},
        {"level": 0}, {"document": {}}, {"issuer": "https://other.example"}, {"claims": {"role": "x"}}, {"client_id": None},
        {"client_id": ""}, {"scopes": ("profile",)}, {"scopes": ("openid", "a b")}, {"client_secret": ""},
    ],
)  # fmt: skip
def test_what_no_provider_may_be(database, cast, keys, now, changes):
    with database.writing() as session, pytest.raises(Invalid):
        create_provider(session, keys, new_provider(cast.acme.customer_id, **changes), now=now)


def test_a_change_keeps_the_secret_and_never_whose_it_is(database, acme, keys, now):
    with database.writing() as session:
        changed = change_provider(session, keys, acme.id, replace(acme.as_new(), name="Acme", level=3, claims={"email": "mail"}), now=now)
        assert (changed.name, changed.level, changed.claims) == ("Acme", 3, {"email": "mail"})
        assert read_secret(session, keys, changed) == SECRET
        for kept in ({"slug": "other"}, {"customer_id": 1}, {"kind": "saml"}):
            with pytest.raises(Invalid):
                change_provider(session, keys, acme.id, replace(acme.as_new(), **kept), now=now)
        assert get_provider(session, acme.id) == changed


def test_an_openid_configuration_is_held_to_what_it_must_say():
    kept = check_provider(CONFIGURATION, issuer=ISSUER)
    assert (kept["kind"], kept["issuer"], kept["algorithms"], kept["auth"]) == ("oidc", ISSUER, ["ES256", "RS256"], "client_secret_basic")
    for changes in (
        {"issuer": f"{ISSUER}/"}, {"token_endpoint": None}, {"jwks_uri": "http://id.acme.example/jwks"}, {"token_endpoint": "https://u@h/"},
        {"authorization_endpoint": "javascript:alert(1)"}, {"response_types_supported": ["id_token"]}, {"jwks_uri": "https://h/#x"},
        {"code_challenge_methods_supported": ["plain"]}, {"id_token_signing_alg_values_supported": ["HS256", "none"]},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            check_provider(CONFIGURATION | changes, issuer=ISSUER)
    without = {name: value for name, value in CONFIGURATION.items() if name != "code_challenge_methods_supported"}
    for document in (without, [], None, 7):
        with pytest.raises(Invalid):
            check_provider(document, issuer=ISSUER)


def test_saml_metadata_is_held_to_what_it_must_say():
    kept = check_provider(metadata())
    assert (kept["kind"], kept["issuer"], kept["sign_in"], len(kept["certificates"])) == ("saml", ENTITY, SIGN_IN, 1)
    assert check_provider(metadata().encode()) == kept
    for broken in (
        metadata(sign_in="http://saml.globex.example/sso"), metadata(wants_signed="true"), metadata(extra="<!-- x -->"), "<x/>", "", "x",
        metadata(extra='<!DOCTYPE x [<!ENTITY a "b">]>'), metadata().replace("HTTP-Redirect", "HTTP-POST"),
        metadata().replace('use="signing"', 'use="encryption"'), metadata().replace("IDPSSODescriptor", "SPSSODescriptor"),
        metadata().replace("MII", "!!!"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            check_provider(broken)
    assert check_provider(metadata(sign_in="http://127.0.0.1:9000/sso"), allow_http=True)["sign_in"] == "http://127.0.0.1:9000/sso"

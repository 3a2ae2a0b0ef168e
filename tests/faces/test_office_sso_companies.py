"""Sign-on in the office: an enterprise's own provider, its directory, its sites; our keys, tokens to register by, sign-outs."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.base.ids import to_ref
from portal.directory import find_directory
from portal.faces.signing_keys import renew_signing_keys
from portal.federation import ProviderSilent, check_provider, find_provider_by_slug, list_domains
from portal.openid import end_client_sessions, list_logouts, list_signing_keys, may_register, open_client_session
from tests.cast import NOW
from tests.faces.relying import make_relying
from tests.faces.test_office_sso import shown_secret
from tests.federation.saml_company import ENTITY, SIGN_IN, make_signer, metadata

ISSUER = "https://id.acme.example"
PUBLISHED = {
    "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token", "jwks_uri": f"{ISSUER}/keys",
    "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"], "id_token_signing_alg_values_supported": ["ES256"],
}  # fmt: skip
ACME = {
    "name": "Acme sign-in",
    "slug": "acme",
    "issuer": ISSUER,
    "client_id": "onehall",
    "client_secret": "s3cret-of-ours",
    "domains": "acme.example",
}


class Published:
    """An enterprise's provider that publishes what a test says, at its own address."""

    def __init__(self) -> None:
        self.documents = {f"{ISSUER}/.well-known/openid-configuration": dict(PUBLISHED)}

    def fetch(self, address):
        """Give what is published at an address."""
        if address not in self.documents:
            raise ProviderSilent("nobody answers")
        return self.documents[address]


@pytest.fixture
def published(app):
    """Give what the enterprise's provider publishes."""
    from dataclasses import replace

    parts, there = app.extensions["portal"], Published()
    app.extensions["portal"] = replace(parts, upstream=there)
    yield there.documents
    app.extensions["portal"] = parts


@pytest.fixture
def ada(administration):
    """Give the administrator's browser."""
    return administration()


@pytest.fixture
def acme(ada, cast):
    """Give where Acme's page is."""
    return ada.url("office.show_company", customer_id=cast.acme.customer_id)


def actions(app):
    """Give what the audit log says was done in the office."""
    with app.extensions["portal"].db.reading() as session:
        return [
            name for (name,) in session.execute(sa.select(AuditEntry.action).where(AuditEntry.channel == "office").order_by(AuditEntry.at))
        ]


# Enterprises


def test_a_company_is_found_by_name_and_a_person_is_not(ada, cast, acme):
    assert acme in set(ada.get("/office/sign-on/companies", query_string={"q": cast.acme.name}).page.links())
    person = ada.get("/office/sign-on/companies", query_string={"q": cast.alice.number}).page
    assert "No company is found" in person.text
    assert ada.get(ada.url("office.show_company", customer_id=cast.alice.customer_id)).status_code == 404


def test_a_provider_is_looked_at_first_then_let_in(ada, app, acme, published):
    form = ada.get(acme + "/new-provider")
    looked = ada.post_form(form, acme + "/new-provider", button="look", **ACME)
    assert f"{ISSUER}/token" in looked.page.text
    assert "provider.created" not in actions(app)
    made = ada.post_form(looked, acme + "/new-provider", button="save", **ACME)
    assert made.page.url == acme
    assert "acme.example" in made.page.text
    with app.extensions["portal"].db.reading() as session:
        found = find_provider_by_slug(session, "acme")
        assert list(list_domains(session, found.id)) == ["acme.example"]
    assert found.has_secret
    assert found.admits == "list"
    assert "s3cret-of-ours" not in ada.get(f"{acme}/providers/{to_ref(found.id)}").text
    assert "provider.created" in actions(app)


def test_a_provider_that_does_not_do_is_refused_beside_its_address(ada, acme, published):
    published[f"{ISSUER}/.well-known/openid-configuration"]["code_challenge_methods_supported"] = ["plain"]
    page = ada.get(acme + "/new-provider")
    weak = ada.post_form(page, acme + "/new-provider", button="save", **ACME)
    assert weak.page.errors == {"issuer": "The provider does not say that it takes PKCE with S256."}
    published.clear()
    silent = ada.post_form(page, acme + "/new-provider", button="save", **ACME)
    assert silent.page.errors == {"issuer": "Nothing was published there: nobody answers."}


def test_a_public_mail_domain_leads_nowhere_and_nothing_is_kept(ada, app, acme, published):
    page = ada.get(acme + "/new-provider")
    refused = ada.post_form(page, acme + "/new-provider", button="save", **(ACME | {"domains": "qq.com"}))
    assert set(refused.page.errors) == {"domains"}
    with app.extensions["portal"].db.reading() as session:
        assert find_provider_by_slug(session, "acme") is None


def test_a_provider_is_changed_and_ended(ada, app, acme, published):
    ada.post_form(ada.get(acme + "/new-provider"), acme + "/new-provider", button="save", **ACME)
    with app.extensions["portal"].db.reading() as session:
        there = f"{acme}/providers/{to_ref(find_provider_by_slug(session, 'acme').id)}"
    ada.post_form(ada.get(there), there, button="save", admits="anyone", domains="acme.example\nacme-labs.example")
    with app.extensions["portal"].db.reading() as session:
        found = find_provider_by_slug(session, "acme")
        assert found.admits == "anyone"
        assert found.has_secret
        assert len(list_domains(session, found.id)) == 2
    ended = ada.post_form(ada.get(there + "/end"), there + "/end")
    assert "Acme sign-in has ended." in ended.page.text
    assert ada.get(there).status_code == 404


def test_saml_metadata_is_pasted_looked_at_and_let_in(ada, app, acme):
    said = {"name": "Globex", "slug": "globex", "kind": "saml", "metadata": metadata(), "domains": "globex.example", "level": "3"}
    form = ada.get(acme + "/new-provider")
    looked = ada.post_form(form, acme + "/new-provider", button="look", **said)
    assert ENTITY in looked.page.text
    assert SIGN_IN in looked.page.text
    assert "provider.created" not in actions(app)
    made = ada.post_form(looked, acme + "/new-provider", button="save", **said)
    assert made.page.url == acme
    with app.extensions["portal"].db.reading() as session:
        found = find_provider_by_slug(session, "globex")
        assert list(list_domains(session, found.id)) == ["globex.example"]
    assert (found.kind, found.issuer, found.level, found.has_secret, found.client_id) == ("saml", ENTITY, 3, False, None)
    assert found.document["certificates"] == check_provider(metadata())["certificates"]
    there = f"{acme}/providers/{to_ref(found.id)}"
    newer = metadata(make_signer("globex, next year"), sign_in="https://saml.globex.example/next")
    changed = ada.post_form(ada.get(there), there, button="save", metadata=newer)
    assert changed.page.url == acme
    with app.extensions["portal"].db.reading() as session:
        after = find_provider_by_slug(session, "globex").document
    assert after["sign_in"] == "https://saml.globex.example/next"
    assert after["certificates"] != found.document["certificates"]
    ada.post_form(ada.get(there), there, button="save", name="Globex Ltd", metadata="")
    with app.extensions["portal"].db.reading() as session:
        kept = find_provider_by_slug(session, "globex")
    assert (kept.name, kept.document) == ("Globex Ltd", after), "left empty, what is here stays"
    assert actions(app)[-3:] == ["provider.created", "provider.changed", "provider.changed"]


@pytest.mark.parametrize(
    "pasted",
    [
        "", "<x/>", "no XML at all", metadata(extra='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        metadata(wants_signed="true"), metadata(sign_in="http://saml.globex.example/sso"), metadata(sign_in="javascript:alert(1)"),
        metadata().replace('use="signing"', 'use="encryption"'),
    ],
)  # fmt: skip
def test_saml_metadata_that_does_not_do_is_refused_beside_it_and_stays_typed(ada, app, acme, pasted):
    said = {"name": "Globex", "slug": "globex", "kind": "saml", "metadata": pasted, "domains": "globex.example"}
    page = ada.post_form(ada.get(acme + "/new-provider"), acme + "/new-provider", button="save", **said)
    assert page.status_code == 422
    assert set(page.page.errors) == {"metadata"}
    assert page.page.id("f-domains").text == "globex.example"
    with app.extensions["portal"].db.reading() as session:
        assert find_provider_by_slug(session, "globex") is None
    assert "provider.created" not in actions(app)


def test_a_provider_of_one_company_is_not_found_under_another(ada, app, acme, published, cast):
    ada.post_form(ada.get(acme + "/new-provider"), acme + "/new-provider", button="save", **ACME)
    with app.extensions["portal"].db.reading() as session:
        provider = find_provider_by_slug(session, "acme").id
    wrong = ada.url("office.show_provider", customer_id=cast.alice.customer_id, provider_id=provider)
    assert ada.get(wrong).status_code == 404


def test_a_directory_gets_a_token_shown_once_and_loses_it(ada, app, acme, cast):
    page = ada.post_form(ada.get(acme), acme + "/tokens", label="Entra").page
    token = shown_secret(page)
    database = app.extensions["portal"].db
    with database.reading() as session:
        access = find_directory(session, token, now=NOW + timedelta(minutes=1))
    assert access.customer_id == cast.acme.customer_id
    again = ada.get(acme)
    assert token not in again.text
    path = f"{acme}/tokens/{to_ref(access.token_id)}/end"
    ada.post_form(again, path)
    with database.reading() as session:
        assert find_directory(session, token, now=NOW + timedelta(minutes=1)) is None


def test_a_site_let_in_for_a_company_belongs_to_it(ada, acme, cast):
    path = f"/office/sign-on/new-site?company={to_ref(cast.acme.customer_id)}"
    ada.post_form(ada.get(path), "/office/sign-on/new-site", name="Intranet", redirect_uris="https://in.acme.example/back")
    assert "Intranet" in ada.get(acme).page.text


# Our keys


def test_a_next_key_is_brought_forward_once_and_signs_a_day_later(ada, app, keys):
    database = app.extensions["portal"].db
    renew_signing_keys(database, keys, NOW)
    path = "/office/sign-on/keys/new"
    done = ada.post_form(ada.get(path, query_string={"alg": "ES256"}), path)
    assert "It signs a day from now." in done.page.text
    assert "Next" in done.page.text
    again = ada.post_form(ada.get(path, query_string={"alg": "ES256"}), path)
    assert "Nothing was made." in again.page.text
    with database.reading() as session:
        first, following = [each for each in list_signing_keys(session) if each.alg == "ES256"]
    assert first.signs_until == following.signs_from
    assert following.signs_from - NOW >= timedelta(days=1)
    assert '"d"' not in ada.get("/office/sign-on/keys").text


def test_a_key_is_withdrawn_and_another_signs(ada, app, keys):
    database = app.extensions["portal"].db
    renew_signing_keys(database, keys, NOW)
    with database.reading() as session:
        kid = next(each.kid for each in list_signing_keys(session) if each.alg == "ES256")
    path = f"/office/sign-on/keys/{kid}/withdraw"
    assert "is withdrawn" in ada.post_form(ada.get(path), path).page.text
    with database.reading() as session:
        assert [each.kid for each in list_signing_keys(session) if each.alg == "ES256"] != [kid]
    assert ada.get(path).status_code == 404
    assert "sso.key_withdrawn" in actions(app)


# Tokens to register by


def test_a_token_to_register_by_is_shown_once_and_ended(ada, app):
    path = "/office/sign-on/registration"
    made = ada.post_form(ada.get(path), path, label="Partner", clients="3", days="30")
    token = shown_secret(made.page)
    with app.extensions["portal"].db.reading() as session:
        assert may_register(session, token, now=NOW + timedelta(days=1))
    assert token not in ada.get(path).text
    ended = ada.post_form(ada.get(path), path + "/end", label="Partner")
    assert "Nobody may register at present" in ended.page.text


def test_a_token_without_a_name_or_for_no_site_is_refused_beside_the_field(ada):
    path = "/office/sign-on/registration"
    assert set(ada.post_form(ada.get(path), path, label=" ", clients="x").page.errors) == {"label", "clients"}


# Sign-outs


def test_a_word_that_was_not_taken_is_seen_and_told_again(ada, app, cast, sign_in):
    sign_in(cast.alice)
    shop, database = make_relying(app, "shop").client, app.extensions["portal"].db
    table = sa.table("login_session", sa.column("id"), sa.column("party_id"))
    with database.writing() as session:
        here = session.execute(sa.select(table.c.id).where(table.c.party_id == cast.alice.party_id)).scalar_one()
        open_client_session(session, shop.id, session_id=here, subject="sub", now=NOW)
        end_client_sessions(session, here, "owner", now=NOW)
        session.execute(sa.text("UPDATE logout_delivery SET status = 'given_up', attempts = 9, last_error = 'answered 500'"))
    page = ada.get("/office/sign-on/sign-outs", query_string={"status": "given_up"}).page
    assert "answered 500" in page.text
    with database.reading() as session:
        word = list_logouts(session)[0]
    told = ada.post_form(page, ada.url("office.tell_again", delivery_id=word.id))
    assert "Shop is told again now." in told.page.text
    with database.reading() as session:
        assert list_logouts(session)[0].status == "pending"
    assert "sso.logout_retried" in actions(app)

"""The developers' desk of an enterprise: who has one, its sites, a sign-in tried out, and its last calls."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.faces.signing_keys import renew_signing_keys
from portal.openid import create_client, get_client
from tests.cast import NOW
from tests.faces.relying import BACK, VERIFIER, back, make_relying
from tests.faces.test_office_sso import noted, shown_secret

SHOP = {"name": "Acme shop", "redirect_uris": "https://shop.acme.example/back"}


@pytest.fixture(autouse=True)
def _signing(app, keys):
    renew_signing_keys(app.extensions["portal"].db, keys, NOW)


@pytest.fixture
def erin(sign_in, cast):
    """Give the browser of Acme's administrator, acting for Acme."""
    here = sign_in(cast.erin)
    assert "/developers" in set(here.get("/me").page.links())
    return here


def register(browser, **changes):
    """Register a site, by the form; what comes back."""
    return browser.post_form(browser.get("/developers/new"), "/developers/new", **(SHOP | changes))


def registered(browser, **changes):
    """Register a site; its id and its secret."""
    page = register(browser, **changes).page
    return page.url.rpartition("/")[2], shown_secret(page)


# Who has one


def test_nobody_but_an_enterprises_administrator_has_a_developers_desk(sign_in, cast):
    for person in (cast.alice, cast.bob, cast.charlie):
        here = sign_in(person)
        assert here.get("/developers").status_code == 404
        assert "/developers" not in set(here.get("/me").page.links())


def test_what_changes_a_site_asks_for_a_fresh_proof(erin, shift):
    client_id, _ = registered(erin)
    shift(301)
    for path in ("/developers/new", *(f"/developers/sites/{client_id}/{what}" for what in ("change", "secret", "end"))):
        answer = erin.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith("/proof"), path


# Sites


def test_a_site_is_the_companys_own_pairwise_and_its_secret_is_shown_once(erin, app, cast):
    client_id, secret = registered(erin)
    with app.extensions["portal"].db.reading() as session:
        site = get_client(session, client_id)
    assert (site.customer_id, site.subject_type, site.first_party) == (cast.acme.customer_id, "pairwise", False)
    assert secret not in erin.get(f"/developers/sites/{client_id}").text
    assert noted(app, client_id) == [(f"party:{cast.erin.party_id}", "sso.client_created")]


def test_what_is_the_operators_to_grant_is_not_offered_and_not_taken(erin, app):
    page = erin.get("/developers/new").page
    offered = {node.get("value") for node in page.root.all("input") if node.get("name") in ("scopes", "grant_types")}
    assert not offered & {"customer", "subscription", "points.read", "client_credentials"}
    token = next(node.get("value") for node in page.root.all("input") if node.get("name") == "csrf_token")
    sent = SHOP | {
        "csrf_token": token, "auth_method": "client_secret_basic", "scopes": ["openid", "customer"], "id_token_alg": "ES256",
        "grant_types": ["authorization_code", "client_credentials"], "first_party": "yes", "subject_type": "public",
    }  # fmt: skip
    refused = erin.post("/developers/new", data=sent)
    assert refused.status_code == 422
    assert "Some of this is ours to grant" in refused.page.text


def test_what_the_operator_granted_stays_when_the_developer_changes_something_else(erin, app, cast):
    make_relying(app, "crm", customer_id=cast.acme.customer_id, subject_type="pairwise")
    path = "/developers/sites/crm/change"
    erin.post_form(erin.get(path), path, name="CRM")
    with app.extensions["portal"].db.reading() as session:
        site = get_client(session, "crm")
    assert site.name == "CRM"
    assert "customer" in site.scopes
    assert "client_credentials" in site.grant_types


def test_a_site_of_others_is_nothing_at_all(erin, app):
    make_relying(app, "shop")
    for what in ("", "/change", "/secret", "/end", "/try"):
        assert erin.get(f"/developers/sites/shop{what}").status_code == 404, what


def test_an_enterprise_has_twenty_sites_by_itself_at_most(erin, app, cast):
    for number in range(20):
        make_relying(app, f"site-{number}", customer_id=cast.acme.customer_id)
    assert "as many sites as it may register" in register(erin).page.text


def test_another_secret_and_the_end_of_a_site(erin, app):
    client_id, secret = registered(erin)
    path = f"/developers/sites/{client_id}"
    assert shown_secret(erin.post_form(erin.get(path + "/secret"), path + "/secret", former="dead").page) != secret
    assert "has ended" in erin.post_form(erin.get(path + "/end"), path + "/end").page.text
    assert erin.get(path).status_code == 404


# A sign-in tried out


def tried(browser, client_id):
    """Go through the first step and come back with a code; the page of the second step."""
    path = f"/developers/sites/{client_id}/try"
    ready = browser.post_form(browser.get(path), path + "/address")
    there = next(node.get("href") for node in ready.page.root.all("a") if "/oauth/authorize?" in node.get("href"))
    answer = browser.get(there.removeprefix("https://localhost"))
    if answer.status_code == 200:
        answer = browser.post_form(answer, "/oauth/consent", button="yes", follow=False)
    return browser.get(answer.headers["Location"].removeprefix("https://localhost"))


def test_a_sign_in_is_tried_out_from_the_address_to_the_claims_and_taken_back(erin, app, cast):
    client_id, secret = registered(erin)
    came = tried(erin, client_id)
    assert came.page.heading == "What came back"
    wrong = erin.post_form(came, "/developers/try/tokens", secret="not it")
    assert set(wrong.page.errors) == {"secret"}
    done = erin.post_form(wrong, "/developers/try/tokens", secret=secret)
    assert '"nonce"' in done.page.id("id-token").text
    assert cast.erin.name in done.page.id("userinfo").text
    assert secret not in done.text
    grant = Base.metadata.tables["oauth_grant"]
    with app.extensions["portal"].db.reading() as session:
        assert session.execute(sa.select(grant.c.revoked_by).where(grant.c.client_id == client_id)).scalars().all() == ["client"]


def test_a_code_is_tried_once(erin):
    client_id, secret = registered(erin)
    came = tried(erin, client_id)
    assert "It works." in erin.post_form(came, "/developers/try/tokens", secret=secret).page.text
    assert erin.post_form(came, "/developers/try/tokens", secret=secret).status_code == 404


def test_an_answer_that_nobody_here_asked_for_is_nothing(erin):
    registered(erin)
    assert erin.get("/developers/try/callback?code=x&state=y").status_code == 404


def test_the_address_of_a_try_is_taken_out_again(erin, app):
    client_id, _ = registered(erin)
    path = f"/developers/sites/{client_id}/try"
    erin.post_form(erin.get(path), path + "/address")
    erin.post("/developers/sites/" + client_id + "/try/address", data={"out": "yes", "csrf_token": token_on(erin, path)})
    with app.extensions["portal"].db.reading() as session:
        assert get_client(session, client_id).redirect_uris == ("https://shop.acme.example/back",)


def token_on(browser, path):
    """Give the token the forms of a page carry."""
    return next(node.get("value") for node in browser.get(path).page.root.all("input") if node.get("name") == "csrf_token")


def test_a_site_that_cannot_be_tried_here_is_told_why(erin, app, cast):
    make_relying(app, "bank", customer_id=cast.acme.customer_id, require_dpop=True)
    assert "binds its tokens to its key" in erin.get("/developers/sites/bank/try").page.text


# Its last calls


def test_what_a_watched_site_asks_is_noted_with_its_errors_and_nothing_secret(erin, app, cast):
    shop = make_relying(app, "crm", customer_id=cast.acme.customer_id)
    shop.redeem("c" * 43)
    page = "/developers/sites/crm"
    assert "invalid_grant" not in erin.get(page).page.text
    erin.post_form(erin.get(page), page + "/watch")
    answer = erin.get("/oauth/authorize", query_string=shop.asking(state="private-state", nonce="private-nonce"))
    code = back(erin.post_form(answer, "/oauth/consent", button="yes", follow=False), BACK)["code"]
    tokens = shop.redeem(code).get_json()
    shop.web.get("/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    shop.redeem(code)
    shop.call("/oauth/token", {"grant_type": "refresh_token", "refresh_token": "x" * 43}, {"Authorization": "Basic Y3JtOndyb25n"})
    html = erin.get(page).text
    for word in ("authorize", "token", "userinfo", "invalid_grant", "invalid_client", "code_challenge_method=S256", "scope=openid"):
        assert word in html, word
    exchange = Base.metadata.tables["oauth_exchange"]
    with app.extensions["portal"].db.reading() as session:
        kept = repr(session.execute(sa.select(exchange)).all())
    for secret in (code, tokens["access_token"], VERIFIER, shop.secret, "private-state", "private-nonce", "x" * 43, cast.erin.name):
        assert secret not in kept
        assert secret == cast.erin.name or secret not in html


def test_nothing_is_noted_once_the_time_is_over(erin, app, cast, shift):
    shop = make_relying(app, "crm", customer_id=cast.acme.customer_id)
    page = "/developers/sites/crm"
    erin.post_form(erin.get(page), page + "/watch")
    shift(15 * 60 + 1)
    shop.redeem("c" * 43)
    with app.extensions["portal"].db.reading() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(Base.metadata.tables["oauth_exchange"])).scalar_one() == 0


def test_no_site_means_an_empty_desk_that_says_what_to_do(erin, app):
    with app.extensions["portal"].db.writing() as session:
        from portal.openid import NewClient

        create_client(session, NewClient(name="Ours", redirect_uris=(BACK,), first_party=True), client_id="ours", now=NOW)
    assert "No site yet" in erin.get("/developers").page.text

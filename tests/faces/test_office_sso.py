"""Sign-on in the office: who comes in, the sites, their secrets, and what is noted of each change."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.openid import NewClient, authenticate_client, create_client, find_client, get_client, note_exchange, watch_client
from tests.cast import NOW
from tests.faces.relying import make_relying

SHOP = {
    "name": "Tea shop", "auth_method": "client_secret_basic", "redirect_uris": "https://tea.example/back\nhttps://tea.example/other",
    "backchannel_logout_uri": "https://tea.example/bye",
}  # fmt: skip


@pytest.fixture
def ada(administration):
    """Give the administrator's browser."""
    return administration()


@pytest.fixture
def shop(app):
    """Give a site that is let in."""
    return make_relying(app, "shop").client


def add(browser, **changes):
    """Let a site in, by the form; what comes back."""
    page = browser.get("/office/sign-on/new-site")
    return browser.post_form(page, "/office/sign-on/new-site", **(SHOP | changes))


def shown_secret(page):
    """Give the secret a page shows."""
    return next(page.id("secret").all("code")).text


def noted(app, client_id):
    """Give what the audit log says of a site: who did what."""
    query = sa.select(AuditEntry.actor, AuditEntry.action).where(AuditEntry.subject == f"client:{client_id}").order_by(AuditEntry.at)
    with app.extensions["portal"].db.reading() as session:
        return [tuple(row) for row in session.execute(query)]


# Who comes in


def test_an_administrator_begins_at_the_sites_and_works_neither_at_the_counter_nor_at_the_order_desk(ada):
    for path in ("/counter/", "/office/"):
        refused = ada.get(path)
        assert refused.status_code == 403
        assert "/office/sign-on/" in set(refused.page.links())


def test_nobody_else_of_the_staff_sees_sign_on(counter, office, staff):
    for here in (counter(), counter(staff.sam), office()):
        refused = here.get("/office/sign-on/")
        assert refused.status_code == 403
        assert "Single sign-on is looked after here." in refused.page.text


# Sites


def test_a_site_is_let_in_and_its_secret_is_shown_this_once(ada, app):
    page = add(ada).page
    secret = shown_secret(page)
    client_id = page.url.rpartition("/")[2]
    with app.extensions["portal"].db.writing() as session:
        known = authenticate_client(session, {}, (client_id, secret), token_endpoint="https://localhost/oauth/token", now=NOW)
        assert known.id == client_id
        assert known.redirect_uris == ("https://tea.example/back", "https://tea.example/other")
        assert known.subject_type == "pairwise"
        assert known.backchannel_session_required
    assert secret not in ada.get(page.url).text
    assert "Site added" in ada.get(page.url).page.text


def test_what_does_not_do_is_said_beside_its_field_and_everything_typed_is_kept(ada):
    answer = add(ada, redirect_uris="http://tea.example/back", name="")
    assert answer.status_code == 422
    assert set(answer.page.errors) == {"name", "redirect_uris"}
    assert "http://tea.example/back" in answer.text


def test_keys_that_are_no_json_are_refused_before_anything_is_made(ada):
    answer = add(ada, auth_method="private_key_jwt", jwks="{oops")
    assert answer.page.errors == {"jwks": "This is no JWK Set. Paste the public keys as JSON."}


def test_sites_are_found_by_name_id_and_address(ada, app, shop):
    make_relying(app, "bank", redirect_uris=("https://bank.example/in",))
    for query, there, gone in (("Shop", "Shop", "Bank"), ("bank.example", "Bank", "Shop"), ("SHOP.example/b", "Shop", "Bank")):
        text = ada.get("/office/sign-on/", query_string={"q": query}).page.text
        assert there in text, query
        assert gone not in text, query
    assert "No site fits" in ada.get("/office/sign-on/", query_string={"q": "zzz"}).page.text


def test_a_change_says_which_fields_and_leaves_what_the_form_does_not_know(ada, app):
    with app.extensions["portal"].db.writing() as session:
        new = NewClient(name="Shop", redirect_uris=("https://shop.example/back",), settings={"logo_uri": "https://shop.example/l.png"})
        create_client(session, replace(new, default_max_age=600), client_id="shop", now=NOW)
    page = ada.get("/office/sign-on/sites/shop/change")
    after = ada.post_form(page, "/office/sign-on/sites/shop/change", name="Tea", redirect_uris="https://tea.example/back")
    assert after.page.heading == "Tea"
    assert "Changed: name, addresses people come back to" in after.page.text
    with app.extensions["portal"].db.reading() as session:
        site = get_client(session, "shop")
    assert site.settings["logo_uri"] == "https://shop.example/l.png"
    assert site.default_max_age == 600
    assert site.redirect_uris == ("https://tea.example/back",)


def test_another_secret_goes_beside_the_former_one_unless_that_one_is_to_die(ada, app, shop):
    def good(secret):
        with app.extensions["portal"].db.writing() as session:
            return hasattr(authenticate_client(session, {}, ("shop", secret), token_endpoint="x", now=NOW), "name")

    question = ada.get("/office/sign-on/sites/shop/secret")
    first = shown_secret(ada.post_form(question, "/office/sign-on/sites/shop/secret", former="beside").page)
    second = shown_secret(ada.post_form(question, "/office/sign-on/sites/shop/secret", former="beside").page)
    assert good(first)
    assert good(second)
    third = shown_secret(ada.post_form(question, "/office/sign-on/sites/shop/secret", former="dead").page)
    assert good(third)
    assert not good(first)
    assert not good(second)


def test_a_site_that_is_ended_is_answered_nothing(ada, app, shop):
    page = ada.get("/office/sign-on/sites/shop/end")
    ended = ada.post_form(page, "/office/sign-on/sites/shop/end")
    assert "Shop has ended." in ended.page.text
    with app.extensions["portal"].db.reading() as session:
        assert find_client(session, "shop") is None
    assert ada.get("/office/sign-on/sites/shop").status_code == 404
    assert "Ended" in ada.get("/office/sign-on/", query_string={"ended": "yes"}).page.text


def test_every_change_is_noted_with_who_made_it(ada, app, shop, staff):
    for what in ("change", "secret", "end"):
        path = f"/office/sign-on/sites/shop/{what}"
        ada.post_form(ada.get(path), path)
    actor = f"staff:{staff.ada.staff_id}"
    assert noted(app, "shop") == [(actor, f"sso.{name}") for name in ("client_changed", "secret_changed", "client_ended")]


# A fresh proof


def test_who_proved_themselves_a_while_ago_types_a_code_in_the_form_and_nothing_is_lost(ada, app, staff, shift):
    page = ada.get("/office/sign-on/new-site")
    shift(10 * 60 + 1)
    asked = ada.post_form(page, "/office/sign-on/new-site", **SHOP)
    assert asked.status_code == 422
    assert set(asked.page.errors) == {"code"}
    wrong = ada.post_form(asked, "/office/sign-on/new-site", code="000000")
    assert wrong.page.errors == {"code": "That is not the code, or it was used before. Wait for the next one."}
    code = staff.ada.code()
    made = ada.post_form(wrong, "/office/sign-on/new-site", code=code)
    assert made.page.errors == {}, made.page.errors
    assert made.page.heading == "Tea shop"
    assert "code" not in {field.get("name") for field in ada.get("/office/sign-on/new-site").page.root.all("input")}


def test_a_code_is_taken_once_and_the_former_token_is_dead_after(ada, staff, shift, shop):
    from portal.faces import cookies

    shift(10 * 60 + 1)
    former = ada.get_cookie(cookies.STAFF, domain="localhost").value
    page = ada.get("/office/sign-on/sites/shop/secret")
    code = staff.ada.code()
    assert ada.post_form(page, "/office/sign-on/sites/shop/secret", code=code).page.has("secret")
    assert ada.get_cookie(cookies.STAFF, domain="localhost").value != former
    other = ada.application.test_client()
    other.set_cookie(cookies.STAFF, former, domain="localhost", secure=True)
    assert other.get("/office/sign-on/").status_code == 303


def test_wrong_codes_are_counted_and_then_refused_for_a_while(ada, shift, shop):
    shift(10 * 60 + 1)
    page = ada.get("/office/sign-on/sites/shop/secret")
    for _ in range(11):
        page = ada.post_form(page, "/office/sign-on/sites/shop/secret", code="000000")
    assert "That was tried too often." in page.page.errors["code"]


# Watching


def test_a_site_is_watched_for_a_quarter_of_an_hour(ada, app, shop, shift):
    path = "/office/sign-on/sites/shop/watch"
    page = ada.get("/office/sign-on/sites/shop")
    assert "Watching" in ada.post_form(page, path).page.text
    with app.extensions["portal"].db.writing() as session:
        site = get_client(session, "shop")
        note_exchange(session, site, "token", "invalid_grant", description="no such code", params=[("code", "c" * 43)], now=NOW)
    text = ada.get("/office/sign-on/sites/shop").page.text
    assert "invalid_grant" in text
    assert "no such code" in text
    assert "c" * 43 not in text
    shift(8 * 60)
    assert "Watching" in ada.get("/office/sign-on/sites/shop").page.text
    shift(7 * 60 + 1)
    assert "Watch for 15 minutes" in ada.get("/office/sign-on/sites/shop").page.text


def test_watching_can_be_stopped(ada, app, shop):
    with app.extensions["portal"].db.writing() as session:
        watch_client(session, "shop", now=NOW)
    page = ada.get("/office/sign-on/sites/shop")
    assert "Watch for 15 minutes" in ada.post_form(page, "/office/sign-on/sites/shop/watch").page.text

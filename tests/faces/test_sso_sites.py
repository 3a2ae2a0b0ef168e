"""Everybody sees which sites they allowed what, and takes it back themselves."""

from __future__ import annotations


def test_a_site_that_was_allowed_something_stands_on_ones_own_page(shop, sign_in, cast):
    alice, bob = sign_in(cast.alice), sign_in(cast.bob)
    assert "No site yet" in alice.get("/me/sites").page.text
    shop.enter(alice, scope="openid phone")
    page = alice.get("/me/sites").page
    assert "Shop" in page.text
    assert "See your phone number" in page.text
    assert "Allowed on" in page.text
    assert "Shop" not in bob.get("/me/sites").page.text
    assert "/me/sites" in list(alice.get("/me").page.links())


def test_what_is_taken_back_is_over_at_once_for_offline_as_well(shop, sign_in, cast):
    alice = sign_in(cast.alice)
    tokens = shop.enter(alice, scope="openid offline_access")
    done = alice.post_form(alice.get("/me/sites").page, "/me/sites/end").page
    assert "Taken back." in done.text
    assert "No site yet" in done.text
    assert shop.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert shop.web.get("/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}).status_code == 401
    assert shop.ask(alice).page.heading == "Go on to Shop?"


def test_nobody_takes_back_for_somebody_else(shop, sign_in, cast):
    alice, bob = sign_in(cast.alice), sign_in(cast.bob)
    tokens = shop.enter(alice)
    answer = bob.post("/me/sites/end", data={"site": "shop", "csrf_token": bob.token()})
    assert answer.status_code == 404
    assert shop.refresh(tokens["refresh_token"]).status_code == 200

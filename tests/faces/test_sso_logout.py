"""Signing out arrives everywhere: here at once, at the sites by the back channel, and nobody is sent anywhere unregistered."""

from __future__ import annotations

import sqlalchemy as sa

from portal.base.db import Base
from portal.openid import NotTaken
from tests.cast import NOW
from tests.door import deliver
from tests.faces.relying import BYE, back

LOGOUT = "/oauth/logout"


class Sites:
    """Stands for the sites' own addresses, and keeps what they are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.down: set[str] = set()

    def post(self, address: str, form: dict[str, str]) -> None:
        if address in self.down:
            raise NotTaken("answered 503")
        self.told.append((address, form["logout_token"]))

    def answers(self, address: str) -> bool:
        return address not in self.down


def listening(app) -> Sites:
    from dataclasses import replace

    sites = Sites()
    app.extensions["portal"] = replace(app.extensions["portal"], backchannel=sites)
    return sites


def is_in(browser) -> bool:
    return browser.get("/").status_code == 200


def test_a_site_that_shows_whom_it_means_signs_them_out_at_once_and_takes_them_back(shop, sign_in, cast):
    alice = sign_in(cast.alice)
    tokens = shop.enter(alice)
    answer = alice.get(LOGOUT, query_string={"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": BYE, "state": "s1"})
    assert back(answer, BYE) == {"state": "s1"}
    assert not is_in(alice)


def test_an_id_token_that_has_expired_still_says_whom_it_means(shop, sign_in, cast, shift):
    alice = sign_in(cast.alice)
    tokens = shop.enter(alice)
    shift(1200)
    assert is_in(alice)
    answer = alice.get(LOGOUT, query_string={"id_token_hint": tokens["id_token"]})
    assert answer.headers["Location"] == "/oauth/left"
    assert alice.get("/oauth/left").page.heading == "You are signed out"
    assert not is_in(alice)


def test_without_a_hint_the_person_is_asked_first(shop, sign_in, cast):
    alice = sign_in(cast.alice)
    shop.enter(alice)
    page = alice.get(LOGOUT, query_string={"client_id": "shop", "post_logout_redirect_uri": BYE, "state": "s2"}).page
    assert page.heading == "Sign out?"
    assert is_in(alice)
    assert back(alice.post_form(page, "/oauth/logout/confirm", follow=False), BYE) == {"state": "s2"}
    assert not is_in(alice)


def test_the_hint_of_another_sign_in_is_not_enough(shop, sign_in, cast):
    alice, bob = sign_in(cast.alice), sign_in(cast.bob)
    tokens = shop.enter(bob)
    page = alice.get(LOGOUT, query_string={"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": BYE}).page
    assert page.heading == "Sign out?"
    assert is_in(alice)
    assert is_in(bob)


def test_nobody_is_sent_where_the_client_did_not_register(shop, hall, sign_in, cast):
    alice = sign_in(cast.alice)
    tokens = shop.enter(alice)
    for wrong in ("https://evil.example/", BYE + "/x", BYE + "?x=1", BYE.replace("https", "http"), "//evil.example", "javascript:1"):
        for named in ({"id_token_hint": tokens["id_token"]}, {"client_id": "shop"}, {}):
            answer = alice.get(LOGOUT, query_string={**named, "post_logout_redirect_uri": wrong})
            assert answer.status_code == 400, (wrong, named)
            assert is_in(alice)
    for broken in ({"id_token_hint": tokens["id_token"] + "x"}, {"id_token_hint": tokens["access_token"]}, {"id_token_hint": "x"}):
        assert alice.get(LOGOUT, query_string={**broken, "post_logout_redirect_uri": BYE}).status_code == 400
    mixed = {"id_token_hint": tokens["id_token"], "client_id": "hall", "post_logout_redirect_uri": BYE}
    assert alice.get(LOGOUT, query_string=mixed).status_code == 400
    assert alice.get(f"{LOGOUT}?client_id=shop&client_id=hall").status_code == 400
    assert is_in(alice)


def test_a_sign_out_by_post_goes_on_by_get(shop, sign_in, cast):
    alice = sign_in(cast.alice)
    tokens = shop.enter(alice)
    answer = alice.post(LOGOUT, data={"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": BYE})
    assert answer.status_code == 303
    assert back(alice.get(answer.headers["Location"]), BYE) == {}
    assert not is_in(alice)


def test_slo_every_site_of_a_sign_in_is_told_and_no_other(app, shop, hall, sign_in, cast):
    sites, alice, bob = listening(app), sign_in(cast.alice), sign_in(cast.bob)
    tokens = {each.client.id: each.enter(alice) for each in (shop, hall)}
    of_bob = shop.enter(bob)
    alice.post_form(alice.get("/").page, "/logout")
    deliver(app)
    assert {address for address, _ in sites.told} == {"https://shop.example/backchannel", "https://hall.example/backchannel"}
    for each in (shop, hall):
        token = next(token for address, token in sites.told if address == each.client.backchannel_logout_uri)
        said, shown = each.read(token), each.read(tokens[each.client.id]["id_token"])
        assert (said["sid"], said["sub"]) == (shown["sid"], shown["sub"])
        assert "http://schemas.openid.net/event/backchannel-logout" in said["events"]
        assert "nonce" not in said
        assert each.refresh(tokens[each.client.id]["refresh_token"]).get_json()["error"] == "invalid_grant"
        gone = each.web.get("/oauth/userinfo", headers={"Authorization": f"Bearer {tokens[each.client.id]['access_token']}"})
        assert gone.status_code == 401
    assert shop.refresh(of_bob["refresh_token"]).status_code == 200


def test_slo_what_was_granted_for_offline_goes_on(app, shop, sign_in, cast):
    listening(app)
    alice = sign_in(cast.alice)
    tokens = shop.enter(alice, scope="openid offline_access")
    alice.post_form(alice.get("/").page, "/logout")
    deliver(app)
    assert shop.refresh(tokens["refresh_token"]).status_code == 200


def test_slo_a_sign_in_that_runs_out_is_said_too(app, shop, sign_in, cast, shift):
    from datetime import timedelta

    from portal.identity import sweep_identity

    sites, alice = listening(app), sign_in(cast.alice)
    shop.enter(alice)
    shift(13 * 3600)
    with app.extensions["portal"].db.writing() as session:
        sweep_identity(session, now=NOW + timedelta(hours=13))
    deliver(app)
    assert [address for address, _ in sites.told] == ["https://shop.example/backchannel"]


def test_slo_a_site_that_was_down_is_told_when_it_is_back(app, shop, sign_in, cast, shift):
    sites, alice = listening(app), sign_in(cast.alice)
    shop.enter(alice)
    sites.down.add("https://shop.example/backchannel")
    alice.post_form(alice.get("/").page, "/logout")
    for _ in range(5):
        deliver(app)
        shift(2.1)
    assert sites.told == []
    sites.down.clear()
    deliver(app)
    assert len(sites.told) == 1
    table = Base.metadata.tables["logout_delivery"]
    with app.extensions["portal"].db.reading() as session:
        row = session.execute(sa.select(table)).one()
    assert (row.status, row.attempts) == ("delivered", 6)


def test_slo_the_last_session_of_all_ends_all(app, shop, sign_in, cast):
    sites = listening(app)
    one, other = sign_in(cast.alice), sign_in(cast.alice)
    shop.enter(one)
    page = other.get("/me/sessions").page
    other.post_form(page, "/me/sessions/end-others")
    deliver(app)
    assert len(sites.told) == 1
    assert not is_in(one)

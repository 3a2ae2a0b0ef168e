"""A box without a keyboard is let in by its short code; a service exchanges a token for one to call the next with."""

from __future__ import annotations

import pytest

from portal.openid import DEVICE, EXCHANGE
from tests.faces.relying import make_relying


@pytest.fixture
def box(app, signing):
    return make_relying(app, "box", auth_method="none", grant_types=(DEVICE, "refresh_token"), redirect_uris=())


def begin(box):
    return box.call("/oauth/device_authorization", {"scope": "openid profile"}).get_json()


def poll(box, started):
    return box.call("/oauth/token", {"grant_type": DEVICE, "device_code": started["device_code"]}).get_json()


def test_a_device_is_let_in_where_somebody_is_signed_in(box, sign_in, cast, shift):
    started = begin(box)
    assert started["verification_uri"] == "https://localhost/oauth/device"
    assert poll(box, started)["error"] == "authorization_pending"
    alice = sign_in(cast.alice)
    page = alice.get("/oauth/device", query_string={"user_code": started["user_code"]}).page
    assert page.id("f-user_code").get("value") == started["user_code"]
    asked = alice.post_form(page, "/oauth/device", user_code=started["user_code"].lower().replace("-", " ")).page
    assert "See your name" in asked.text
    shift(6)
    assert poll(box, started)["error"] == "authorization_pending"
    assert "goes on by itself" in alice.post_form(asked, "/oauth/device/decide", button="yes").page.text
    shift(6)
    tokens = poll(box, started)
    assert box.read(tokens["id_token"])["sub"]
    assert poll(box, started)["error"] == "invalid_grant"


def test_a_device_that_is_refused_is_told_so_and_one_that_asks_too_often_slows_down(box, sign_in, cast, shift):
    started = begin(box)
    poll(box, started)
    assert poll(box, started)["error"] == "slow_down"
    alice = sign_in(cast.alice)
    asked = alice.post_form(alice.get("/oauth/device").page, "/oauth/device", user_code=started["user_code"])
    alice.post_form(asked, "/oauth/device/decide", button="no")
    shift(30)
    assert poll(box, started)["error"] == "access_denied"


def test_codes_that_no_device_shows_may_not_be_tried_for_long(box, sign_in, cast):
    started, alice = begin(box), sign_in(cast.alice)
    page = alice.get("/oauth/device").page
    for _ in range(10):
        answer = alice.post_form(page, "/oauth/device", user_code="BBBB-BBBB")
        assert answer.status_code == 422
        assert answer.page.errors["user_code"]
    answer = alice.post_form(page, "/oauth/device", user_code=started["user_code"])
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_a_device_that_cannot_draw_is_given_a_picture_of_the_way_and_nothing_else(site, box):
    answer = site.get("/oauth/device/qr.svg", query_string={"user_code": begin(box)["user_code"]})
    assert answer.mimetype == "image/svg+xml"
    assert answer.data.startswith(b"<?xml")
    for wrong in ("", "x", "<script>", "BCDF-GHJKX", "https://evil.example"):
        assert site.get("/oauth/device/qr.svg", query_string={"user_code": wrong}).status_code == 404


def test_a_service_exchanges_a_token_for_one_that_says_who_acts(app, hall, signing, sign_in, cast):
    service = make_relying(app, "service", first_party=True, grant_types=(EXCHANGE,), redirect_uris=(), scopes=("customer", "points.read"))
    token = hall.enter(sign_in(cast.alice), scope="openid customer")["access_token"]
    kind = "urn:ietf:params:oauth:token-type:access_token"
    form = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": kind}
    made = service.call("/oauth/token", form).get_json()
    assert made["issued_token_type"] == kind
    said = service.call("/oauth/introspect", {"token": made["access_token"]}).get_json()
    assert said["act"] == {"sub": "service"}
    assert said["scope"] == "customer"
    assert service.call("/oauth/token", form | {"subject_token": "x"}).get_json()["error"] == "invalid_request"

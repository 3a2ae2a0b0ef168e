"""Guard 42: no start with a secret everybody knows; a new secret signs nobody out. Guard 33 and 37: what the logs hold."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
import structlog
from pydantic import SecretStr, ValidationError

from portal.base.keys import make_keys
from portal.base.settings import DEFAULT_SECRET, Settings
from portal.faces import cookies
from tests.door import PIN, STAFF_PASSWORD
from tests.pages import ORIGIN, Site

SECRET = "an operator's own secret of more than thirty-two signs"


def test_boot_refuses_the_default_secret_a_short_one_and_the_tray():
    for wrong in (
        {},
        {"secret_key": DEFAULT_SECRET},
        {"secret_key": "short"},
        {"secret_key": SECRET, "sms_adapter": "tray"},
        {"env": "demo", "secret_key": SECRET, "sms_adapter": "smpp"},
    ):
        with pytest.raises(ValidationError):
            Settings(env=wrong.pop("env", "production"), **wrong)
    assert Settings(env="production", secret_key=SECRET).env == "production"


def test_boot_says_which_setting_is_wrong_and_not_what_it_was():
    with pytest.raises(ValidationError) as refusal:
        Settings(env="production", secret_key="only-i-know-this")
    assert "PORTAL_SECRET_KEY" in str(refusal.value)
    assert "only-i-know-this" not in str(refusal.value)


@pytest.fixture
def rotated(app, tmp_path):
    """The same house after its secret was changed, the former one kept for what it signed."""
    from portal.app import create_app

    parts = app.extensions["portal"]
    old = parts.settings.secret_key

    def start(*, keep_old):
        settings = parts.settings.model_copy(
            update={
                "secret_key": SecretStr(SECRET),
                "old_secret_keys": (old,) if keep_old else (),
                "instance_dir": parts.settings.instance_dir,
            }
        )
        house = create_app(settings)
        house.test_client_class = Site
        house.extensions["portal"] = replace(house.extensions["portal"], db=parts.db, keys=make_keys(settings))
        return house

    return start


def moved(browser, house):
    """Give the same browser at the other house: the same cookies."""
    there = house.test_client()
    for name in (cookies.SUBSCRIBER, cookies.FORM, cookies.DEVICE, cookies.PREFERENCES):
        if cookie := browser.get_cookie(name, domain="localhost"):
            there.set_cookie(name, cookie.value, domain="localhost", secure=True)
    return there


def test_rotation_of_the_secret_signs_nobody_out_and_loses_no_form(sign_in, cast, rotated):
    alice = sign_in(cast.alice)
    page = alice.get("/").page
    there = moved(alice, rotated(keep_old=True))
    assert there.get("/bills").status_code == 200
    assert there.post_form(page, "/theme", button="dark").status_code == 200, "a form opened before is still taken"
    answer = there.get("/login")
    assert not [each for each in answer.headers.getlist("Set-Cookie") if each.startswith(cookies.DEVICE)], "the device is still known"


def test_rotation_without_the_former_secret_voids_what_it_signed(sign_in, cast, rotated):
    alice = sign_in(cast.alice)
    page = alice.get("/").page
    there = moved(alice, rotated(keep_old=False))
    assert there.post_form(page, "/theme", button="dark", follow=False).status_code == 400


@pytest.fixture
def log():
    """Everything that is logged, as it would be written."""
    lines: list[dict[str, object]] = []

    def keep(_logger, name, event):
        lines.append({"level": name, **event})
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, keep], cache_logger_on_first_use=False)
    yield lines
    structlog.configure(**before)


def test_no_secret_and_no_number_is_ever_logged(log, cast, sign_in, counter, browser, phone, staff):
    alice = sign_in(cast.alice)
    page = alice.get(alice.url("site.ask_new_password")).page
    alice.post_form(page, alice.url("site.keep_password"), password=PIN, again=PIN)
    low = browser()
    page = low.post_form(low.get("/login").page, "/login", number=cast.alice.number, button="password").page
    low.post_form(page, "/login/password", password="739154")
    low.post_form(page, "/login/password", password=PIN)
    low.get("/nowhere/13857101234?number=13857101234&code=123456")
    dora = counter()
    dora.get("/counter/search", query_string={"q": cast.alice.number})
    token = alice.get_cookie(cookies.SUBSCRIBER, domain="localhost").value
    written = json.dumps(log, default=repr, ensure_ascii=False)
    assert len(log) >= 15
    assert not re.findall(r"\b1[3-9]\d{9}\b", written)
    for secret in (PIN, "739154", token, STAFF_PASSWORD, staff.dora.secret, cast.alice.name):
        assert secret not in written
    assert not re.search(r"(?<!\d)\d{6}(?!\d)", re.sub(r"[0-9a-f]{16}|\d+\.\d+", "", written)), "no six digits stand anywhere"


def test_csv_log_injection_a_line_break_in_what_is_sent_starts_no_line_in_the_log(log, site):
    site.get("/login?next=%0d%0a{fake}", headers={"X-Request-ID": "abcdefgh-\u00e9"})
    site.get("/%0d%0aforged", headers={"X-Request-ID": "x" * 200})
    for line in log:
        for value in line.values():
            assert "\n" not in str(value) or line.get("event") == "unexpected_error"
        assert re.fullmatch(r"[0-9A-Za-z._-]{8,64}", str(line.get("request_id", "00000000")))


def test_the_request_id_of_a_proxy_is_kept_and_given_back(log, site):
    answer = site.get("/login", headers={"X-Request-ID": "proxy-4711-abcd"})
    assert answer.headers["X-Request-ID"] == "proxy-4711-abcd"
    assert {line["request_id"] for line in log if line["event"] == "request"} == {"proxy-4711-abcd"}


def test_host_header_is_not_put_into_links_of_messages(site, app, cast):
    page = site.get("/login").page
    token = next(node.get("value") for node in page.root.all("input") if node.get("name") == "csrf_token")
    fields = {"number": cast.alice.number, "way": "code", "csrf_token": token}
    site.post(
        "/login", data=fields, headers={"Host": "evil.example", "Referer": "https://evil.example/", "X-Forwarded-Host": "evil.example"}
    )
    import sqlalchemy as sa

    from portal.base.db import Base

    with app.extensions["portal"].db.reading() as session:
        bodies = session.execute(sa.select(Base.metadata.tables["message"].c.body)).scalars().all()
    assert all("evil" not in body for body in bodies)
    assert ORIGIN

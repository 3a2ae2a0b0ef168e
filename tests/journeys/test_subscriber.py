"""A subscriber's way through the hall, in a real browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Base, Database
from tests.journeys.conftest import read_code, sign_in

PIN, NEWER_PIN = "482917", "640815"


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_from_the_first_visit_to_a_bill_a_password_and_back(window, house, javascript):
    """Number, code, home, a bill, the service password set, signed out, and in again with the password."""
    person = house.cast.noise[9] if javascript else house.cast.alice  # with a password of theirs nobody else has set
    page = window(390, 800, javascript=javascript)
    page.goto("/bills")
    assert "/login?next=" in page.url
    page.locator("#f-number").fill(person.number)
    page.locator("button[value=code]").click()
    code = read_code(page, person.number)
    page.locator("#f-code").fill("000000" if code != "000000" else "111111")
    page.locator("main form:has(#f-code) button[type=submit]").click()
    page.locator("#f-code-error").wait_for()
    page.locator("#f-code").fill(code)
    page.locator("main form:has(#f-code) button[type=submit]").click()
    page.wait_for_url("**/bills")
    page.goto("/")
    assert page.locator("h1").count() == 1
    if not javascript:
        page.goto("/bills")
        page.locator("main a[href^='/bills/']").first.click()
        page.wait_for_url(re.compile("/bills/[0-9a-z]{13}$"))
        assert page.locator("#bill").is_visible()
        assert "¥" in page.locator("#bill").inner_text()
    page.goto("/me/password")
    page.locator("#f-password").fill(PIN)
    page.locator("#f-again").fill(PIN)
    page.locator("main form:has(#f-again) button[type=submit]").click()
    page.wait_for_url("**/me")
    page.locator(".topbar details.menu summary").last.click()
    page.locator("form[action='/logout'] button").click()
    page.wait_for_url("**/login")
    page.locator("#f-number").fill(person.number)
    page.locator("button[value=password]").click()
    page.locator("#f-password").fill(PIN)
    page.locator("main form:has(#f-password) button[type=submit]").click()
    page.wait_for_url("**/")
    page.goto("/me/password")
    assert "/proof" in page.url, "the password alone does not change the password"


def test_an_hour_later_the_code_is_gone_and_the_page_says_so(window, house):
    page = window(390, 800)
    page.goto("/login")
    page.locator("#f-number").fill(house.cast.erin.number)
    page.locator("button[value=code]").click()
    code = read_code(page, house.cast.erin.number)
    database = Database(house.database)
    with database.writing() as session:  # the house keeps the present time; the code is made older instead
        codes = Base.metadata.tables["code_challenge"]
        erins = sa.update(codes).where(codes.c.number == house.cast.erin.number)
        session.execute(erins.values(expires_at=datetime.now(UTC) - timedelta(hours=1)))
        session.execute(sa.delete(Base.metadata.tables["throttle"]))
    database.close()
    page.locator("#f-code").fill(code)
    page.locator("main form:has(#f-code) button[type=submit]").click()
    page.locator("[data-announce]").first.wait_for()
    newer = read_code(page, house.cast.erin.number)
    page.locator("#f-code").fill(f"{newer[:3]} {newer[3:]}")
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def test_a_mistake_takes_the_focus_and_is_said_in_the_title(window):
    page = window(390, 800)
    page.goto("/login")
    assert page.evaluate("document.activeElement.id") == "f-number"
    page.locator("#f-number").fill("12345")
    page.keyboard.press("Enter")
    page.locator("#error-summary").wait_for()
    assert page.title().startswith("Error:")
    assert page.evaluate("document.activeElement.id") == "error-summary"
    assert page.locator("#f-number").input_value() == "12345"
    page.locator("#error-summary a").click()
    assert page.evaluate("document.activeElement.id") == "f-number"


def test_language_and_scheme_switch_where_one_stands_and_stay(window):
    page = window(1366, 860)
    page.goto("/login?next=/bills")
    page.locator("form[action='/language'] button").click()
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("lang") == "zh-Hans-CN"
    assert page.url.endswith("/login?next=/bills")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("details.menu:has(form[action='/theme']) summary").click()
    page.locator("button[value=dark]").click()
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.goto("/counter/login")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.locator("html").get_attribute("lang") == "zh-Hans-CN"


def test_the_device_decides_between_light_and_dark_until_somebody_does(window):
    colours = {}
    for scheme in ("light", "dark"):
        page = window(390, 800, scheme=scheme)
        page.goto("/login")
        colours[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colours["light"] != colours["dark"]


def test_a_double_click_sends_a_form_once(window, house):
    page = window(390, 800)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" and request.is_navigation_request() else None)
    page.goto("/login")
    page.locator("#f-number").fill(house.cast.noise[0].number)
    page.locator("button[value=code]").dblclick()
    page.locator("#f-code").wait_for()
    assert len(sent) == 1


def test_a_password_can_be_shown_and_hidden(window, house):
    page = window(390, 800)
    page.goto("/login")
    page.locator("#f-number").fill(house.cast.noise[1].number)
    page.locator("button[value=password]").click()
    field, eye = page.locator("#f-password"), page.locator("[data-reveal=f-password]")
    field.fill(PIN)
    assert field.get_attribute("type") == "password"
    eye.click()
    assert field.get_attribute("type") == "text"
    assert eye.get_attribute("aria-pressed") == "true"


def test_the_first_view_is_light(window):
    """guard.md section 3: at most 100 kB at the first view, of which 30 kB script, nothing from elsewhere."""
    page = window(390, 800)
    sizes, hosts = {}, set()

    def weigh(response) -> None:
        hosts.add(response.url.split("/")[2])
        sizes[response.url.rpartition("/")[2]] = response.request.sizes()["responseBodySize"]

    page.on("requestfinished", lambda request: weigh(request.response()))
    page.goto("/login", wait_until="networkidle")
    assert len(hosts) == 1, hosts
    assert sum(sizes.values()) <= 100 * 1024, sizes
    assert sum(size for name, size in sizes.items() if name.endswith(".js")) <= 30 * 1024, sizes


def test_the_home_page_follows_the_tabs_below_and_what_was_done_stands_in_the_timeline(window, house):
    page = window(360, 740)
    sign_in(page, house.cast.alice.number)
    for number, path in enumerate(("/", "/bills", "/shop", "/points", "/me")):
        tab = page.locator(".tabbar a").nth(number)
        tab.click()
        page.wait_for_url(f"**{path}")
        assert page.locator(".tabbar a[aria-current=page]").count() == 1
    page.goto("/activity")
    assert "Signed in" in page.locator("#timeline-page").inner_text()

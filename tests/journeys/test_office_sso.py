"""Sign-on in the office, in a real browser: a site is let in, its secret is seen once, and it is ended."""

from __future__ import annotations

import pytest

SITES = "/office/sign-on/"


@pytest.fixture
def ada(staff_window):
    """Give the administrator's window, signed in."""
    return staff_window("ada")


def test_a_site_is_let_in_seen_and_ended_and_its_secret_is_gone_when_the_page_is_loaded_again(ada):
    ada.goto(SITES + "new-site")
    ada.locator("#f-name").fill("Tea house")
    ada.locator("#f-redirect_uris").fill("https://tea.example/back")
    ada.locator("main form button[type=submit]").last.click()
    ada.wait_for_url("**/sign-on/sites/*")
    secret = ada.locator("#secret code").inner_text()
    assert len(secret) >= 43
    ada.reload()
    assert ada.locator("#secret").count() == 0
    assert secret not in ada.content()
    ada.goto(ada.url + "/end")
    ada.locator("main form button[type=submit]").last.click()
    ada.wait_for_url("**/sign-on/")
    assert ada.locator("h1").count() == 1
    assert ada.locator("[data-result]:has-text('Tea house')").count() == 0


def test_the_pages_fit_a_phone(ada):
    ada.set_viewport_size({"width": 360, "height": 740})
    for page in ("", "new-site", "companies", "sign-outs", "registration", "keys"):
        ada.goto(SITES + page)
        assert ada.evaluate("document.documentElement.scrollWidth") <= 360, page

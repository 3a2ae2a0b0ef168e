"""One sign-in for every site, in a real browser: in at both, out at both, and told when one was down."""

from __future__ import annotations

import time

from tests.journeys.conftest import read_code, wait_until
from tests.journeys.relying import relying


def test_signed_in_once_is_in_at_both_sites_and_signed_out_is_out_at_both(window, house):
    """By our own site without a question, by a partner's (form_post) with one; the policy of no page stands in the way."""
    with relying(house, "hall", first_party=True) as hall, relying(house, "shop", mode="form_post") as shop:
        page = window()
        page.goto(f"{hall.origin}/login")
        page.locator("#f-number").fill(house.cast.erin.number)
        page.locator("form[action^='/login'] button[value=code]").click()
        page.locator("#f-code").fill(read_code(page, house.cast.erin.number))
        page.locator("main form:has(#f-code) button[type=submit]").click()
        page.wait_for_url(f"{hall.origin}/")
        assert page.locator("#said").inner_text().startswith("in as ")
        page.goto(f"{shop.origin}/login")
        assert page.locator("h1").inner_text() == "Go on to Shop?"
        page.locator("button[value=yes]").click()
        page.wait_for_url(f"{shop.origin}/")
        assert page.locator("#said").inner_text().startswith("in as ")
        page.goto(f"{shop.origin}/login")
        page.wait_for_url(f"{shop.origin}/")
        shop.is_down = True
        page.goto(f"{hall.origin}/logout")
        page.wait_for_url(f"{hall.origin}/bye")
        wait_until(lambda: len(hall.told) == 1, 10)
        page.goto(f"{hall.origin}/")
        assert page.locator("#said").inner_text() == "out"
        time.sleep(1)
        assert shop.told == []
        shop.is_down = False
        wait_until(lambda: len(shop.told) == 1, 10)
        page.goto(f"{shop.origin}/")
        assert page.locator("#said").inner_text() == "out"
        page.goto("/")
        assert "/login" in page.url

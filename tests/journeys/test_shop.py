"""A customer buys in a real browser, pays at the provider's own page, changes her mind, and has her money back."""

from __future__ import annotations

import pytest

from tests.journeys.buying import ORDER, buy, check_out, come_in, pay, put_in, wait_for_step, wait_for_word

EARPHONES, CABLE = "accessory_earphones", "accessory_cable"


def test_the_shop_is_a_tab_away_and_open_before_sign_in(house, window, alice_window):
    page = window(360, 780)
    page.goto("/shop")
    assert page.locator(f"a[href='/shop/{EARPHONES}']").count()
    page.goto(f"/shop/{EARPHONES}")
    assert page.locator("#take a[href^='/login']").count(), "whoever is not signed in is led to sign in, and back"
    alice = alice_window(360, 780)
    alice.goto("/")
    alice.locator("nav.tabbar a[href='/shop']").click()
    alice.wait_for_url("**/shop")


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without"])
def test_what_is_bought_is_paid_at_the_provider_and_reserved_and_goes_back_with_the_money(house, window, javascript):
    page = come_in(house, window, house.cast.noise[7 if javascript else 8].number, javascript=javascript)
    put_in(page, EARPHONES, CABLE)
    assert "438.00" in page.locator("#sums").inner_text()
    check_out(page)
    pay(page, house)
    if not javascript:  # the page asks by itself only with a script
        assert page.locator("#waiting, #order").count()
        wait_for_word(page, page.url, "Paid")
    page.wait_for_url(ORDER, timeout=30_000)
    order = page.url
    wait_for_step(page, "Paid")
    page.locator("main a[href$='/cancel']").click()
    assert "438.00 you paid go back" in page.locator("main").inner_text()
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(ORDER)
    assert "Cancelled" in page.locator("#order").inner_text()
    wait_for_word(page, order, "Money paid back")
    page.goto("/activity")
    assert "438.00" in page.locator("main").inner_text()


def test_what_is_picked_up_is_on_the_orders_page_with_its_steps(house, window):
    page = come_in(house, window, house.cast.noise[9].number, width=1366)
    order = buy(page, house, CABLE)
    page.goto("/orders")
    assert page.locator(f"main a[href='{order.removeprefix(house.url)}']").count()
    page.goto("/")
    assert page.locator("#card-orders a[href^='/orders/']").count()

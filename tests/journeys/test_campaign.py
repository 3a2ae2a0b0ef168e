"""A campaign from the office to the till: made, tried out, approved by another, seen at once with its reason, bought, and ended."""

from __future__ import annotations

import re

import pytest

from tests.journeys.buying import buy, come_in, put_in

CAMPAIGNS, PHONE = "/office/campaigns", "device_huawei_mate_60"
NAME = "Handsets, a tenth off"
TOTAL = re.compile(r"Total\s+(¥[\d,.]+)")


def price_of(page) -> str:
    """Give what the page of the handset says it costs, and why."""
    page.goto(f"/shop/{PHONE}")
    return "".join(page.locator("#price :is(.offer-price, .whys)").all_inner_texts())


@pytest.mark.timeout(180)
def test_a_campaign_is_made_approved_seen_with_its_reason_bought_and_ended(house, window, staff_window):
    alice = come_in(house, window, house.cast.alice.number)
    before = price_of(alice)
    assert NAME not in before
    mei = staff_window("mei")
    mei.goto(f"{CAMPAIGNS}/new/form?like=percentage")
    mei.locator("#f-code").fill("a_tenth_off")
    mei.locator("[name='d.name.zh']").fill("手机九折")
    mei.locator("[name='d.name.en']").fill(NAME)
    mei.locator("[name='d.effects.0.basis_points']").fill("10")
    mei.locator("#built button[value=save]").click()
    mei.wait_for_url(f"**{CAMPAIGNS}/of/a_tenth_off")
    mei.goto(f"{CAMPAIGNS}/of/a_tenth_off/preview")
    mei.locator("[name=item1]").select_option(PHONE)
    mei.locator("#asked form button[type=submit]").click()
    mei.locator(f"#tried:has-text('{NAME}')").wait_for()
    assert price_of(alice) == before, "a draft is nobody's price"
    mei.goto(f"{CAMPAIGNS}/of/a_tenth_off")
    mei.locator("form[action$='/submit'] button").click()
    mei.locator("#draft:has-text('Somebody else approves it')").wait_for()
    sam = staff_window("sam")
    sam.goto(f"{CAMPAIGNS}/of/a_tenth_off")
    sam.locator("form[action$='/approve'] button").click()
    sam.locator("#holds").wait_for()
    now = price_of(alice)  # the very next page
    assert NAME in now
    assert alice.locator("#price s").count(), "the price before is struck out"
    order = buy(alice, house, PHONE)
    alice.goto(order)
    ordered = alice.locator("#items").inner_text()
    assert NAME in ordered, "the order goes on saying why"
    (charged,) = TOTAL.findall(ordered)
    assert charged in now, "what the page of the handset said is what was charged"
    sam.goto(f"{CAMPAIGNS}/of/a_tenth_off")
    sam.locator("details.rest summary").first.click()
    sam.locator("form[action$='/end'] button").first.click()
    sam.locator("h1 + .status:has-text('Ended')").wait_for()
    assert price_of(alice) == before
    sam.goto(f"{CAMPAIGNS}/of/a_tenth_off/results")
    assert "1" in sam.locator("main").inner_text()


def test_an_offer_changed_by_the_office_is_live_on_the_next_page_and_in_a_cart_that_stands(house, window, staff_window):
    alice = come_in(house, window, house.cast.noise[0].number)
    put_in(alice, "sim_card")
    mei = staff_window("mei")
    mei.goto("/office/offers/sim_card/change")
    mei.locator("[name='prices.0.amount']").fill("12.00")
    mei.locator("#editor button[value=save]:visible").last.click()
    mei.locator("form[action$='/submit'] button").click()
    mei.locator("#stands:has-text('Somebody else approves it')").wait_for()
    sam = staff_window("sam")
    sam.goto(mei.url)
    sam.locator("form[action$='/approve'] button").click()
    sam.locator("form[action$='/approve']").wait_for(state="detached")
    alice.goto("/shop/sim_card")
    assert "12.00" in alice.locator("#price").inner_text()
    alice.goto("/cart")
    assert "The total has changed" in alice.locator("main").inner_text()
    assert "12.00" in alice.locator("#cart").inner_text()

"""Campaigns in a real browser: made with the tree, tried out, handed in, approved by another; every page fits a phone."""

from __future__ import annotations

import re

import pytest

from tests.journeys.test_every_page import Inspector

CAMPAIGNS = "/office/campaigns"


@pytest.fixture
def mei(staff_window):
    """Give Mei's window, signed in."""
    return staff_window("mei")


def write_one(page, code):
    """Write a fifth off handsets for gold customers, by hand."""
    page.goto(f"{CAMPAIGNS}/new")
    page.locator("a[href*='like=percentage']").click()
    page.locator("#f-code").fill(code)
    page.locator("[name='d.name.zh']").fill("手机八折")
    page.locator("[name='d.name.en']").fill("Handsets, a fifth off")
    page.locator("[name='d.effects.0.basis_points']").fill("20")
    page.locator("[name='kind:when.of']").select_option("tier")
    page.locator("button[value='add:when.of']").click()
    page.locator("[name='d.when.of.0.one_of'][value=gold]").check()
    page.locator("#built button[value=look]").click()
    page.locator("#built:has-text('for gold customers')").wait_for()
    page.locator("#built button[value=save]").click()
    page.wait_for_url(f"**{CAMPAIGNS}/of/{code}")


def test_a_campaign_is_made_tried_out_and_approved_by_another(mei, staff_window):
    write_one(mei, "spring")
    mei.locator("a[href$='/preview']").click()
    mei.locator("[name=tier]").select_option("gold")
    mei.locator("[name=item1]").select_option("device_redmi_note_13")
    mei.locator("#asked form button[type=submit]").click()
    mei.locator("#tried .reasons").wait_for()
    assert "219.80" in mei.locator("#tried").inner_text()
    mei.goto(f"{CAMPAIGNS}/of/spring")
    mei.locator("form[action$='/submit'] button").click()
    mei.locator("#draft:has-text('Somebody else approves it')").wait_for()
    sam = staff_window("sam")
    sam.goto(f"{CAMPAIGNS}/of/spring")
    sam.locator("form[action$='/approve'] button").click()
    sam.locator("#holds").wait_for()
    assert sam.locator("h1 + .status").inner_text().strip() == "Running"


def test_the_editor_keeps_the_readers_place_when_a_part_is_added(mei):
    mei.goto(f"{CAMPAIGNS}/new/form?like=percentage")
    mei.locator("[name='d.name.en']").fill("Kept")
    mei.locator("[name='kind:when.of']").select_option("channel")
    mei.locator("button[value='add:when.of']").click()
    mei.locator("[name='d.when.of.0.kind']").wait_for(state="attached")
    assert re.search(r"/new/form\?like=percentage$", mei.url)  # the region alone was swapped
    assert mei.locator("[name='d.name.en']").input_value() == "Kept"


def test_enter_in_a_field_saves_and_takes_nothing_away(mei):
    write_one(mei, "autumn")
    mei.goto(f"{CAMPAIGNS}/of/autumn/change")
    mei.locator("[name='d.effects.0.basis_points']").fill("25")
    mei.locator("[name='d.effects.0.basis_points']").press("Enter")
    mei.wait_for_url(f"**{CAMPAIGNS}/of/autumn")
    assert "25 %" in mei.locator("#draft").inner_text()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_campaigns_is_without_fault(staff_window, scheme):
    inspector, code = Inspector(), f"summer-{scheme}"
    page = staff_window("mei", scheme=scheme)
    write_one(page, code)
    of = f"{CAMPAIGNS}/of/{code}"
    ways = ("", "/calendar", "/new", "/new/form?like=bundle", "?state=ended")
    for width in (1366, 360):
        page.set_viewport_size({"width": width, "height": 740})
        for path in [*(CAMPAIGNS + way for way in ways), of, f"{of}/change", f"{of}/preview", f"{of}/simulator", f"{of}/results"]:
            page.goto(path)
            inspector.look(page, f"{path} at {width}")
    assert inspector.looked == 20
    assert not inspector.wrong, "\n".join(inspector.wrong)

"""Several orders at once by keyboard, in Chromium; and the desk's and the counter's new pages without fault."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.journeys.test_every_page import Inspector
from tests.journeys.test_office import FOCUSED, ordered  # noqa: F401 - a fixture

SHOTS = os.environ.get("DESK_SHOTS")


def shoot(page, name):
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def test_by_keyboard_alone_two_orders_are_ticked_and_taken_and_one_is_taken_by_its_key(staff_window, ordered):  # noqa: F811
    made = [ordered() for _ in range(3)]
    page = staff_window("olga")
    page.goto("/office/?view=free")
    page.locator("[data-result]:focus").wait_for()
    rows = page.locator("[data-result]").all_inner_texts()
    assert page.evaluate(f"{FOCUSED}.textContent") == rows[0], "the list has the focus"
    page.keyboard.press("j")
    assert page.evaluate(f"{FOCUSED}.textContent") == rows[1]
    page.keyboard.press("k")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("[data-pick]:checked").count() == 2
    page.locator("#search").focus()
    page.keyboard.type("jxt")
    assert page.locator("#search").input_value() == "jxt", "in a field they are letters"
    page.locator("button[value=take]").click()
    page.locator("#outcomes").wait_for()
    assert "2 done" in page.locator(".alert").inner_text()
    page.goto("/office/?view=free")
    page.locator("[data-result]:focus").wait_for()  # the browser gives it the focus a moment after the page is there
    page.keyboard.press("t")
    page.locator("#f-note").wait_for()
    assert len(made) == 3


@pytest.mark.parametrize(
    ("width", "scheme", "language"), [(1366, "light", "en-GB"), (360, "dark", "zh-CN"), (360, "light", "en-GB"), (1366, "dark", "zh-CN")]
)
def test_the_pages_for_several_orders_are_without_fault(staff_window, ordered, width, scheme, language):  # noqa: F811
    inspector = Inspector()
    for _ in range(3):
        ordered()
    page = staff_window("olga", width=width, scheme=scheme, language=language)
    look = lambda name: (inspector.look(page, name), shoot(page, f"{name}-{width}-{scheme}"))  # noqa: E731
    page.goto("/office/?view=free")
    look("worklist")
    page.goto("/office/?task=prepare&q=9")
    look("worklist-narrowed")
    page.goto("/office/?view=free")
    for pick in page.locator("[data-pick]").all()[:3]:
        pick.check()
    page.locator("button[value=take]").click()
    page.locator("#outcomes").wait_for()
    look("outcomes")
    for wanted, name in (("ship", "send-several"), ("hand_over", "hand-over-several"), ("labels", "labels")):
        page.goto("/office/?view=mine")
        page.locator("[data-pick]").first.check()
        page.locator(f"button[value={wanted}]").click()
        page.wait_for_load_state()
        look(name)
    page.goto("/office/export")
    look("export")
    page.locator("main form button[type=submit]").click()
    page.locator("#error-summary").wait_for()
    look("export-corrected")
    clerk = staff_window("dora", width=width, scheme=scheme, language=language)
    clerk.goto("/counter/pick-ups")
    inspector.look(clerk, "pick-ups")
    shoot(clerk, f"pick-ups-{width}-{scheme}")
    assert not inspector.wrong, "\n".join(inspector.wrong)

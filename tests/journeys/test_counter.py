"""A clerk's way at the counter, in a real browser: search as one types, open by reason and by code, keyboard alone."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import read_code
from tests.journeys.pages import close_if_open, customer


@pytest.fixture
def desk(staff_window):
    """Dora's window, signed in."""
    return staff_window("dora")


def words(page, card: str) -> str:
    """What a card says, without the key that leads to it."""
    said: str = page.locator(f"#{card}").evaluate(
        "node => { const copy = node.cloneNode(true); copy.querySelectorAll('kbd').forEach((k) => k.remove()); return copy.textContent; }"
    )
    return " ".join(said.split())


def test_what_is_typed_is_found_while_it_is_typed(desk, house):
    close_if_open(desk, house)
    desk.goto("/counter/")
    assert desk.evaluate("document.activeElement.id") == "search"
    before = desk.url
    desk.keyboard.type("wangai", delay=30)
    desk.locator("#results [data-result]").first.wait_for()
    assert desk.url == before, "no page was loaded"
    assert "王**" in desk.locator("#results").inner_text()
    desk.keyboard.type("zzz", delay=30)
    desk.locator("#results .empty").wait_for()
    assert "customer" in desk.locator("#announce").inner_text() or desk.locator("#announce").inner_text() != ""


def test_from_search_to_an_open_customer_by_keyboard_alone(desk, house):
    close_if_open(desk, house)
    desk.goto(customer(house))
    desk.locator("h1").wait_for()
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("/")
    assert desk.evaluate("document.activeElement.id") == "search", "/ leads to the search from every page"
    desk.keyboard.type("13857101234")
    desk.locator("#results [data-result]").first.wait_for()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/counter/customers/*")
    desk.locator("#f-reason").focus()
    desk.keyboard.type("The identity")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    desk.locator("#card-bills").wait_for()
    assert "王爱丽" in desk.locator("h1").inner_text()
    keys = {card.get_attribute("data-key"): card.get_attribute("id") for card in desk.locator("[data-key]").all()}
    assert sorted(keys) == [str(number) for number in range(1, len(keys) + 1)]
    assert f"Alt+1–{len(keys)}" in desk.locator(".foot-line").inner_text(), "the foot line says which keys work"
    for key, card in keys.items():
        desk.keyboard.press(f"Alt+{key}")
        assert desk.evaluate("document.activeElement.closest('.card')?.id") == card
    desk.keyboard.press("/")
    desk.keyboard.type("x")
    desk.keyboard.press("Escape")
    assert desk.locator("#search").input_value() == ""


def test_by_the_code_the_customer_reads_out_the_same_cards_show_and_the_customer_sees_who_looked(desk, house, window, alice_window):
    close_if_open(desk, house)
    desk.goto(customer(house))
    assert desk.locator("#card-bills").count() == 0
    desk.locator("form[action$='/codes'] button").click()
    desk.locator("#f-code").wait_for()
    phone = window(390, 800)
    desk.locator("#f-code").fill(read_code(phone, house.cast.alice.number))
    desk.locator("form[action$='/by-code'] button").click()
    desk.locator("#card-bills").wait_for()
    hers = alice_window(1366, 860)
    for card in ("card-profile", "card-lines", "card-usage"):
        assert words(hers, card) == words(desk, card), card
    hers.goto("/me/looks")
    assert "西湖营业厅" in hers.locator("#looks").inner_text()
    assert "You gave a code" in hers.locator("#looks").inner_text()


def test_without_scripts_a_customer_is_found_and_opened_too(staff_window, house):
    page = staff_window("sam", javascript=False)
    close_if_open(page, house)
    page.goto("/counter/")
    page.locator("#search").fill("wangaili")
    page.keyboard.press("Enter")
    page.wait_for_url("**/counter/search?q=wangaili")
    page.locator("[data-result]").first.click()
    page.wait_for_url("**/counter/customers/*")
    page.locator("#f-reason").select_option("document_shown")
    page.locator("form[action$='/by-reason'] button").click()
    page.locator("#band form[action$='/close']").wait_for()


def test_a_slow_answer_to_an_earlier_keystroke_does_not_replace_a_later_one(desk):
    desk.goto("/counter/")

    def answer(route) -> None:
        if "q=wa" in route.request.url and "q=wangaili" not in route.request.url:
            desk.wait_for_timeout(600)
        route.continue_()

    desk.route("**/counter/search*", answer)
    desk.keyboard.type("wa")
    desk.wait_for_timeout(250)
    desk.keyboard.type("ngaili")
    desk.locator("#results [data-result]").first.wait_for()
    desk.wait_for_timeout(900)
    assert "王**" in desk.locator("#results").inner_text()
    desk.unroute_all(behavior="ignoreErrors")

"""A day at the order desk, in a real browser: what Alice redeems appears, is taken, finished, and is done in her hall."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from portal.base.db import Database
from portal.base.ids import to_ref
from portal.base.keys import make_keys
from portal.base.settings import Settings
from tests.conftest import TEST_SECRET
from tests.journeys.pages import OF_THE_OFFICE
from tests.journeys.test_every_page import Inspector
from tests.ordering import fill_store, redeem

FOCUSED = "document.activeElement"


@pytest.fixture
def ordered(house):
    """Give a way to redeem a flask in Alice's name, there and then."""
    database, now = Database(house.database), datetime.now(UTC)
    keys = make_keys(Settings(env="test", secret_key=TEST_SECRET))  # type: ignore[arg-type]
    with database.writing() as session:
        fill_store(session, keys, house.cast, now=now)

    def order(code: str = "gift_thermos"):
        with database.writing() as session:
            return redeem(session, house.cast.alice, code, now=datetime.now(UTC))

    yield order
    database.close()


@pytest.fixture
def desk(staff_window):
    """Olga's window, signed in."""
    return staff_window("olga")


def open_order(page, placed):
    """Open an order at the desk by its reference, as one does when it is read out."""
    page.goto("/office/")
    page.locator("#search").fill(placed.reference.lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/office/orders/*")
    page.locator(f"h1:has-text('{placed.reference}')").wait_for()


def test_from_the_worklist_to_the_next_order_by_keyboard_alone_and_alice_sees_it_done(desk, ordered, alice_window):
    placed, another = ordered(), ordered()
    desk.goto("/office/?view=free")
    rows = desk.locator("[data-result]").all_inner_texts()
    assert rows.index(placed.reference) < rows.index(another.reference), "what is due first stands first"
    desk.keyboard.press("/")
    assert desk.evaluate(f"{FOCUSED}.id") == "search"
    for _ in range(rows.index(placed.reference) + 1):
        desk.keyboard.press("ArrowDown")
    assert desk.evaluate(f"{FOCUSED}.textContent") == placed.reference
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/office/orders/*")
    assert "文三路" not in desk.locator("main").inner_text()
    desk.keyboard.press("Enter")  # what comes next has the focus
    desk.locator("#f-note").wait_for()
    assert "文三路" in desk.locator("#delivery").inner_text()
    desk.keyboard.type("SF1034567890")
    desk.keyboard.press("Enter")
    desk.locator("#next-step a[autofocus]").wait_for()
    assert "Done on" in desk.locator("#next-step").inner_text()
    desk.keyboard.press("Enter")
    desk.wait_for_function(f"!document.querySelector('h1').textContent.includes('{placed.reference}')")
    assert desk.locator("#next-step").count() == 1
    hers = alice_window(360, 740)
    card = hers.locator("#card-orders")
    assert "Done" in card.inner_text()
    hers.goto(f"/orders/{to_ref(placed.order_id)}")
    assert "SF1034567890" in hers.locator("#order-steps").inner_text()
    hers.goto("/me/looks")
    assert "Saw where your order goes" in hers.locator("#looks").inner_text()


def test_looking_again_brings_what_came_in_and_keeps_the_place(desk, ordered):
    ordered()
    desk.goto("/office/?view=free")
    before = desk.locator("[data-result]").all_inner_texts()
    new = ordered()
    desk.evaluate("window.still_here = true")
    desk.locator("#again").focus()
    desk.keyboard.press("Enter")
    desk.locator(f"[data-result]:has-text('{new.reference}')").wait_for()
    assert [each for each in desk.locator("[data-result]").all_inner_texts() if each != new.reference] == before
    assert desk.evaluate("window.still_here"), "no page was loaded"
    assert desk.evaluate(f"{FOCUSED}.id") == "again"


def test_what_alice_gives_up_while_it_is_looked_at_is_told_at_the_desk(desk, ordered, alice_window):
    placed = ordered()
    open_order(desk, placed)
    hers = alice_window(360, 740)
    hers.goto(f"/orders/{to_ref(placed.order_id)}")
    hers.locator("a[href$='/cancel']").click()
    hers.locator("form[action$='/cancel'] button").click()
    hers.locator(".alert.is-ok").wait_for()
    desk.locator("form[action*='/take'] button").click()
    desk.locator(".alert.is-warn").wait_for()
    assert "Somebody was faster" in desk.locator(".alert.is-warn").inner_text()
    assert re.search("Cancelled on .* by the customer", desk.locator("#next-step").inner_text())


def test_without_scripts_an_order_is_found_taken_and_given_up_too(staff_window, ordered):
    page, placed = staff_window("olga", javascript=False), ordered()
    open_order(page, placed)
    page.locator("form[action*='/take'] button").click()
    page.locator("#f-note").wait_for()
    page.locator("a[href*='/cancel']").click()
    page.locator("#f-reason").select_option("out_of_stock")
    page.locator("form[action*='/cancel'] button").click()
    page.wait_for_url(re.compile(r"/office/orders/\w+\?of=\w+$"))
    assert "Cancelled" in page.locator(".who").inner_text()


def test_the_keys_the_foot_line_names_lead_to_the_cards(desk, ordered):
    open_order(desk, ordered())
    keys = {card.get_attribute("data-key"): card.get_attribute("id") for card in desk.locator("[data-key]").all()}
    assert sorted(keys) == ["1", "2", "3"]
    assert "Alt+1–3" in desk.locator(".foot-line").inner_text()
    for key, card in keys.items():
        desk.keyboard.press(f"Alt+{key}")
        assert desk.evaluate(f"{FOCUSED}.closest('.card')?.id") == card


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_office_is_without_fault(staff_window, ordered, scheme):
    page, inspector = staff_window("olga", scheme=scheme, language="zh-CN" if scheme == "dark" else "en-GB"), Inspector()
    open_order(page, ordered())
    inspector.look(page, "order, free")
    page.locator("form[action*='/take'] button").click()
    page.locator("#f-note").wait_for()
    inspector.look(page, "order, taken")
    for name, path in OF_THE_OFFICE.items():
        page.goto(path)
        inspector.look(page, name)
    page.goto("/office/?view=mine")
    page.locator("[data-result]").first.click()
    page.locator("form[action*='/fulfil'] button").click()
    page.locator("#error-summary").wait_for()
    inspector.look(page, "order, with something to correct")
    page.locator("a[href*='/cancel']").click()
    page.locator("form[action*='/cancel'] button").click()
    page.locator("#error-summary").wait_for()
    inspector.look(page, "cancelling, without a reason")
    page.locator("#f-reason").select_option("ordered_twice")
    page.locator("form[action*='/cancel'] button").click()
    page.locator("#next-step a[autofocus]").wait_for()
    inspector.look(page, "order, closed")
    page.set_viewport_size({"width": 360, "height": 740})
    inspector.look(page, "order, closed, on a phone")
    page.goto("/office/")
    inspector.look(page, "worklist, on a phone")
    assert inspector.looked >= 11
    assert not inspector.wrong, "\n".join(inspector.wrong)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_order_in_the_hall_is_without_fault_in_each_state(ordered, alice_window, scheme):
    page, inspector = alice_window(360, 740, scheme=scheme, language="zh-CN" if scheme == "dark" else "en-GB"), Inspector()
    goods, coffee = ordered(), ordered("gift_coffee")
    for name, path in (("goods", f"/orders/{to_ref(goods.order_id)}"), ("voucher", f"/orders/{to_ref(coffee.order_id)}")):
        page.goto(path)
        inspector.look(page, name)
    page.goto(f"/orders/{to_ref(goods.order_id)}/cancel")
    inspector.look(page, "before cancelling")
    page.locator("form[action$='/cancel'] button").click()
    page.locator(".alert.is-ok").wait_for()
    inspector.look(page, "cancelled")
    page.set_viewport_size({"width": 1366, "height": 860})
    inspector.look(page, "cancelled, wide")
    assert not inspector.wrong, "\n".join(inspector.wrong)

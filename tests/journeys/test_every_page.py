"""Every page and state: no violation axe knows of in either scheme, and nothing to scroll sideways at 360 pixels."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from portal.base.ids import to_ref
from portal.customers import find_holder
from tests.journeys.buying import ORDER, buy, check_out, come_in, pay, put_in
from tests.journeys.conftest import sign_in
from tests.journeys.letting_in import let_in, writing
from tests.journeys.pages import (
    ERRORS,
    FOR_ANYBODY,
    OF_DEVELOPERS,
    OF_THE_COUNTER,
    OF_THE_HALL,
    OF_THE_MARKETING,
    OF_THE_SHOP,
    OF_THE_SIGN_ON,
    OF_THE_TILL,
    close_if_open,
    company,
    customer,
    newest_bill,
)
from tests.journeys.selling import put_up

SMALL_TARGETS = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]
  .filter((node) => node.checkVisibility() && !node.closest('p, li, td, th, .skip, .field-error'))
  .filter((node) => !node.matches('.skip, [aria-hidden=true]'))
  .map((node) => [node.getBoundingClientRect(), node.outerHTML.slice(0, 90)])
  .filter(([box]) => box.width > 0 && (box.height < 24 || box.width < 24)).map(([box, html]) => `${box.width}×${box.height} ${html}`)"""

SPOIL = """() => {
  const main = document.querySelector('main');
  main.insertAdjacentHTML('beforeend', '<img src="x"><input><div><button>x</button></div>');
  main.lastElementChild.style.width = '900px';
  main.lastElementChild.firstElementChild.style.cssText = 'width: 9px; height: 9px; min-height: 0; padding: 0';
}"""


class Inspector:
    """Looks at the page a window shows, and collects what is wrong."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.looked = 0

    def look(self, page, name: str) -> None:
        """Ask axe, and whether anything sticks out at the side."""
        self.looked += 1
        for violation in Axe().run(page).response["violations"]:
            places = [node["html"][:110] for node in violation["nodes"][:2]]
            self.wrong.append(f"{name}: {violation['id']} ({violation['help']}) at {places}")
        wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        if wide > seen:
            self.wrong.append(f"{name}: {wide} pixels wide in a window of {seen}")
        self.wrong += [f"{name}: too small to press: {each}" for each in page.evaluate(SMALL_TARGETS)]


def test_the_inspector_would_find_a_fault(window, inspector):
    page = window(360, 740)
    page.goto("/login")
    page.evaluate(SPOIL)
    inspector.look(page, "spoiled")
    found = "\n".join(inspector.wrong)
    assert all(word in found for word in ("image-alt", "label", "pixels wide", "too small")), found


@pytest.fixture
def inspector():
    return Inspector()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_hall_is_without_fault(window, alice_window, inspector, scheme):
    language = "zh-CN" if scheme == "dark" else "en-GB"
    page = window(360, 740, scheme=scheme, language=language)
    for name, path in FOR_ANYBODY.items():
        page.goto(path)
        inspector.look(page, name)
    for name, go_wrong in ERRORS.items():
        go_wrong(page)
        inspector.look(page, name)
    page = alice_window(360, 740, scheme=scheme, language=language)
    for name, path in {**OF_THE_HALL, "bill": newest_bill(page)}.items():
        page.goto(path)
        inspector.look(page, name)
    page.goto("/")
    for menu in page.locator("details.menu summary").all():
        menu.click()
        page.locator("details.menu[open]").wait_for()
        inspector.look(page, "home with a menu open")
        page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1366, "height": 860})
    inspector.look(page, "home, wide")
    assert inspector.looked >= 18
    assert not inspector.wrong, "\n".join(inspector.wrong)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_hall_with_nothing_in_it_yet_is_without_fault(window, house, inspector, scheme):
    page = window(360, 740, scheme=scheme)
    sign_in(page, house.cast.noise[2 if scheme == "light" else 3].number)
    for path in ("/", "/bills", "/activity", "/me", "/me/looks"):
        page.goto(path)
        inspector.look(page, f"{path} when empty")
    assert not inspector.wrong, "\n".join(inspector.wrong)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_counter_is_without_fault(staff_window, house, inspector, scheme):
    page = staff_window("sam", scheme=scheme, language="zh-CN" if scheme == "dark" else "en-GB")
    close_if_open(page, house)
    for name, path in {**OF_THE_COUNTER, "alerts": "/counter/alerts", "customer, masked": customer(house)}.items():
        page.goto(path)
        inspector.look(page, name)
    page.locator("form[action$='/by-reason'] button").click()
    page.locator("#error-summary").wait_for()
    inspector.look(page, "customer, with something to correct")
    page.locator("#f-reason").select_option("document_shown")
    page.locator("form[action$='/by-reason'] button").click()
    page.locator("#card-bills").wait_for()
    inspector.look(page, "customer, open")
    page.set_viewport_size({"width": 360, "height": 740})
    inspector.look(page, "customer, open, on a phone")
    page.locator("#card-bills a[href*='/bills/']").first.click()
    page.wait_for_url("**/bills/*")
    inspector.look(page, "bill at the counter")
    assert not inspector.wrong, "\n".join(inspector.wrong)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_sign_on_and_of_developers_is_without_fault(staff_window, window, house, inspector, scheme):
    language = "zh-CN" if scheme == "dark" else "en-GB"
    ada = staff_window("ada", 360, 740, scheme=scheme, language=language)
    erin = window(360, 740, scheme=scheme, language=language)
    let_in(house, erin, house.cast.erin.number)
    for page, pages in ((ada, {**OF_THE_SIGN_ON, "company": company(house)}), (erin, OF_DEVELOPERS)):
        for name, path in pages.items():
            page.goto(path)
            inspector.look(page, name)
            page.set_viewport_size({"width": 1366, "height": 860})
            inspector.look(page, f"{name}, wide")
            page.set_viewport_size({"width": 360, "height": 740})
    assert inspector.looked == 18
    assert not inspector.wrong, "\n".join(inspector.wrong)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_shop_is_without_fault(house, window, inspector, scheme):
    language = "zh-CN" if scheme == "dark" else "en-GB"
    page = come_in(house, window, house.cast.noise[1].number, scheme=scheme, language=language)
    put_in(page, "accessory_cable", "device_huawei_mate_60")
    for width in (360, 1366):
        page.set_viewport_size({"width": width, "height": 780})
        for name, path in OF_THE_SHOP.items():
            page.goto(path)
            inspector.look(page, f"{name} at {width}")
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto("/cart")
    page.locator("#codes form button[type=submit]").click()
    page.locator("#error-summary").wait_for()
    inspector.look(page, "cart with something to correct")
    check_out(page)
    inspector.look(page, "to be paid")
    pay(page, house, "later")
    page.locator("#waiting").wait_for()
    inspector.look(page, "waiting for the money")
    page.goto(page.url.removesuffix("/payment/state"))
    inspector.look(page, "order that waits for its money")
    page.locator("main a[href$='/cancel']").click()
    page.wait_for_url("**/cancel")
    inspector.look(page, "order about to be cancelled")
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(ORDER)
    assert not inspector.wrong, "\n".join(inspector.wrong)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_that_sells_in_the_office_is_without_fault(staff_window, inspector, scheme):
    language = "zh-CN" if scheme == "dark" else "en-GB"
    for login, pages in (("mei", OF_THE_MARKETING), ("olga", OF_THE_TILL)):
        page = staff_window(login, scheme=scheme, language=language)
        for width in (1366, 360):
            page.set_viewport_size({"width": width, "height": 780})
            for name, path in pages.items():
                page.goto(path)
                inspector.look(page, f"{name} at {width}")
    assert not inspector.wrong, "\n".join(inspector.wrong)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_what_is_sold_at_an_hour_or_ahead_is_without_fault(house, window, staff_window, inspector, scheme):
    language = "zh-CN" if scheme == "dark" else "en-GB"
    number = house.cast.noise[9 if scheme == "light" else 10].number
    selling = put_up(house, number)
    hall = come_in(house, window, number, scheme=scheme, language=language)
    mei, olga = (staff_window(login, scheme=scheme, language=language) for login in ("mei", "olga"))
    for page, pages in ((hall, selling.hall), (mei, selling.marketing), (olga, selling.till)):
        for width in (1366, 360):
            page.set_viewport_size({"width": width, "height": 780})
            for name, path in pages.items():
                answer = page.goto(path)
                assert answer.status == 200, path
                inspector.look(page, f"{name} at {width}")
    assert inspector.looked == 30
    assert not inspector.wrong, "\n".join(inspector.wrong)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_an_order_is_without_fault_from_quote_to_return(house, window, staff_window, inspector, scheme):
    language = "zh-CN" if scheme == "dark" else "en-GB"
    number = house.cast.noise[7 if scheme == "light" else 8].number
    page = come_in(house, window, number, scheme=scheme, language=language)
    put_in(page, "accessory_cable")
    page.goto("/checkout")
    page.locator("[name=where][value=at-xihu]").check()
    page.locator("[name=payment][value=online]").check()
    page.locator("main form .form-actions button[type=submit]").click()
    page.wait_for_url("**/checkout/order")
    inspector.look(page, "the last look")
    page.locator("form[action$='/checkout/quote'] button").click()
    page.wait_for_url("**/quotes/*")
    inspector.look(page, "quote")
    page.goto("/quotes")
    inspector.look(page, "quotes")
    order = buy(page, house, "accessory_cable")
    page.goto(f"{order}/papers")
    inspector.look(page, "papers")
    page.goto(f"{order}/papers/confirmation/page")
    inspector.look(page, "order confirmation")
    dora = staff_window("dora", 360, 780, scheme=scheme, language=language)
    with writing(house) as session:
        holder = find_holder(session, number)
    assert holder is not None
    at_counter = f"/counter/customers/{to_ref(holder.customer_id)}"
    dora.goto(at_counter)
    dora.locator("#f-reason").select_option("document_shown")
    dora.locator("form[action$='/by-reason'] button").click()
    dora.locator("#card-bills").wait_for()
    for name in ("orders", "papers", f"orders/{order.rsplit('/', 1)[1]}"):
        dora.goto(f"{at_counter}/{name}")
        inspector.look(dora, f"{name} at the counter")
    dora.locator("form[action$='/handed-over'] button").click()
    dora.locator("details.rest summary").wait_for()
    inspector.look(dora, "order handed over")
    page.goto(f"{order}/return")
    page.locator("#f-reason").wait_for()
    inspector.look(page, "return")
    assert not inspector.wrong, "\n".join(inspector.wrong)

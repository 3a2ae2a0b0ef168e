"""What a customer does in the shop with a browser: the cart, the checkout, the provider's page, and waiting for what comes of it."""

from __future__ import annotations

import re
from typing import Any

from tests.journeys.conftest import House, wait_until
from tests.journeys.letting_in import let_in

ORDER = re.compile(r"/orders/[0-9a-z]{13}$")


def come_in(house: House, window: Any, number: str, width: int = 360, **options: Any) -> Any:
    """Give a window in which somebody is signed in."""
    page = window(width, 780, **options)
    let_in(house, page, number)
    return page


def put_in(page: Any, *codes: str) -> None:
    """Put one of each into the cart."""
    for code in codes:
        page.goto(f"/shop/{code}")
        page.locator("#take form button[type=submit]").click()
        page.wait_for_url("**/cart")


def check_out(page: Any, *, outlet: str = "xihu") -> None:
    """Go from the cart to the order that waits for its money, to be picked up at an outlet."""
    page.goto("/checkout")
    page.locator(f"[name=where][value=at-{outlet}]").check()
    page.locator("[name=payment][value=online]").check()
    page.locator("main form .form-actions button[type=submit]").click()
    page.wait_for_url("**/checkout/order")
    page.locator("#f-agreed").check()
    page.locator("form:has(#f-agreed) button[type=submit]").click()
    page.wait_for_url("**/payment")


def pay(page: Any, house: House, choice: str = "pay") -> None:
    """Go on to the provider's page, decide there, and come back."""
    page.locator("#pay form button[type=submit]").click()
    page.wait_for_url(f"{house.sandbox}/pay/**")
    page.locator(f"button[value={choice}]").click()
    page.wait_for_url(f"{house.url}/**")


def buy(page: Any, house: House, *codes: str) -> str:
    """Buy one of each and give the order's address, once it is known to be paid."""
    put_in(page, *codes)
    check_out(page)
    pay(page, house)
    page.wait_for_url(ORDER, timeout=30_000)
    return str(page.url)


def steps_of(page: Any) -> str:
    """Give the order's history as the page shows it."""
    return str(page.locator("#steps").inner_text())


def wait_for_word(page: Any, address: str, word: str, seconds: float = 30) -> None:
    """Open a page again and again until it says so."""

    def says() -> bool:
        page.goto(address)
        return word in page.locator("main").inner_text()

    wait_until(says, seconds)


def wait_for_step(page: Any, word: str, seconds: float = 30) -> None:
    """Open an order's page again and again until its history says so: the worker writes it a moment after the money is there."""

    def says() -> bool:
        page.reload()
        return word in steps_of(page)

    wait_until(says, seconds)


def set_faults(page: Any, house: House, **faults: int) -> None:
    """Have the provider do these things wrong and no other, at its operator's page."""
    page.goto(house.sandbox)
    for field in page.locator("form[action='/faults'] input").all():
        field.fill(str(faults.get(field.get_attribute("name"), 0)))
    page.locator("form[action='/faults'] button").click()
    page.wait_for_url(f"{house.sandbox}/")

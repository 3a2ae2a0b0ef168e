"""Every way in, and every way to prove more, by hand in a browser: the first visit, a forgotten password, an app, a lost app, a passkey."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime
from typing import Any

import pyotp
import pytest

from portal.base.ids import to_ref
from portal.customers import find_holder
from portal.identity import set_service_password
from portal.points import earn_points
from tests.journeys.conftest import House, read_code
from tests.journeys.letting_in import let_in, writing
from tests.journeys.test_passkeys import Device, make_passkey, remove_passkey

PASSWORD = "雨伞 under the old bridge"
PIN = "739184"


def by_password(page: Any, number: str) -> None:
    """Give number and chosen password."""
    page.goto("/login")
    page.locator("#f-number").fill(number)
    page.locator("form[action^='/login'] button[value=password]").click()
    page.locator("a[href^='/login/own-password']").click()
    page.locator("#f-password").fill(PASSWORD)
    page.locator("main form:has(#f-password) button[type=submit]").click()


def set_password(page: Any) -> None:
    """Choose a password for the site."""
    page.goto("/me/security/password")
    page.locator("#f-password").fill(PASSWORD)
    page.locator("main form:has(#f-password) button[type=submit]").click()
    page.wait_for_url("**/me/security")


def add_app(page: Any) -> tuple[pyotp.TOTP, list[str]]:
    """Add an authenticator app; give it and the recovery codes."""
    page.goto("/me/security")
    page.locator("form[action='/me/security/authenticator'] button").click()
    shown = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.locator("main").inner_text())
    assert shown is not None
    app = pyotp.TOTP(shown[0].replace(" ", ""))
    page.locator("#f-code").fill(app.now())
    page.locator("main form:has(#f-code) button[type=submit]").click()
    page.wait_for_url("**/me/security/recovery-codes")
    return app, page.locator("main code").all_inner_texts()


def next_code(app: pyotp.TOTP) -> str:
    """Give a code the app was not asked for yet: the one of the next half minute is taken as well."""
    return app.at(int(time.time()) + 30)


@pytest.fixture
def grace(house: House, window: Any) -> tuple[str, Any]:
    """Somebody with a number of their own, signed in, who did all this never before."""
    page = window(360, 740)
    number = house.cast.noise[11].number
    let_in(house, page, number)
    return number, page


def test_password_app_and_recovery_code_let_in_and_prove_more(house, grace, window):
    number, page = grace
    set_password(page)
    other = window(360, 740)
    by_password(other, number)
    other.wait_for_url("**/")
    other.goto("/me/security")
    assert "/proof" in other.url, "a password alone changes nothing"

    app, codes = add_app(page)
    other = window(360, 740)
    by_password(other, number)
    other.wait_for_url("**/login/second")
    other.locator("#f-factor").fill(next_code(app))
    other.locator("main form:has(#f-factor) button[type=submit]").click()
    other.wait_for_url(re.compile(r"/$"))
    other.goto("/me/security/password")
    assert other.url.endswith("/me/security/password"), "password and app are two factors"

    without = window(360, 740)
    by_password(without, number)
    without.wait_for_url("**/login/second")
    without.locator("#f-factor").fill(codes[1])
    without.locator("main form:has(#f-factor) button[type=submit]").click()
    without.wait_for_url(re.compile(r"/$"))

    lost = window(360, 740)
    let_in(house, lost, number, level=1, methods=("pin",))
    lost.goto("/me/security/password")
    assert "/proof" in lost.url
    lost.locator("#f-factor").fill(codes[0])
    lost.locator("main form:has(#f-factor) button[type=submit]").click()
    lost.wait_for_url("**/me/security/password")
    again = window(360, 740)
    let_in(house, again, number, level=1, methods=("pin",))
    again.goto("/proof?next=/me/security")
    again.locator("#f-factor").fill(codes[0])
    again.locator("main form:has(#f-factor) button[type=submit]").click()
    assert again.locator("#f-factor-error").is_visible(), "a recovery code is good once"


def test_points_are_spent_with_a_passkey_as_further_proof_and_what_was_typed_is_still_there(house, window):
    person = house.cast.noise[10]
    with writing(house) as session:
        earn_points(
            session, person.customer_id, 9000, purse="channel", reason="grant", reference="test", expires_on=date(2028, 1, 1),
            now=datetime.now(UTC),
        )  # fmt: skip
    page = window()
    let_in(house, page, person.number)
    device = Device(page)
    make_passkey(page, device, "Laptop")
    page.context.clear_cookies()
    let_in(house, page, person.number, level=1, methods=("pin",))
    page.goto("/points/gifts/gift_thermos")
    page.locator("#f-name").fill("李查理，前台代收")
    page.locator("#f-address").fill("上海市浦东新区张杨路 500 号前台")
    page.locator("#where form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/proof"))
    page.get_by_role("button", name=re.compile("Use a passkey")).click()
    page.locator("#check").wait_for()
    assert "李查理，前台代收" in page.locator("#check").inner_text()
    remove_passkey(page, "Laptop")


def test_the_first_visit_begins_with_a_code_and_ends_with_a_service_password_that_lets_in(house, window):
    """Activation: the new customer has a number and nothing else."""
    number = house.cast.noise[7].number
    page = window(360, 740)
    page.goto("/login")
    page.locator("#f-number").fill(number)
    page.locator("form[action^='/login'] button[value=password]").click()
    page.get_by_role("button", name="Sign in with a code and set a new one").click()
    page.locator("#f-code").fill(read_code(page, number))
    page.locator("main form:has(#f-code) button[type=submit]").click()
    page.wait_for_url("**/me/password")
    page.locator("#f-password").fill(PIN)
    page.locator("#f-again").fill(PIN)
    page.locator("main form:has(#f-again) button[type=submit]").click()
    page.wait_for_url("**/me")
    other = window(360, 740)
    other.goto("/login")
    other.locator("#f-number").fill(number)
    other.locator("form[action^='/login'] button[value=password]").click()
    other.locator("#f-password").fill(PIN)
    other.locator("main form:has(#f-password) button[type=submit]").click()
    other.wait_for_url(re.compile(r"/$"))
    other.goto("/me/sessions")
    assert "/proof" in other.url, "it shows, and changes nothing"


def test_who_forgot_the_service_password_sets_it_with_a_code_and_what_a_hall_hands_over(house, window, staff_window):
    """The second proof: a browser never seen before, nobody's other factor, and a clerk who has seen the identity document."""
    person = house.cast.noise[8]
    with writing(house) as session:
        set_service_password(
            session, find_holder(session, person.number), "no hash anybody fits", keep_session=None, channel="web", now=datetime.now(UTC)
        )
    page = window(360, 740)
    page.goto("/login")
    page.locator("#f-number").fill(person.number)
    page.locator("form[action^='/login'] button[value=password]").click()
    page.get_by_role("button", name="Sign in with a code and set a new one").click()
    page.locator("#f-code").fill(read_code(page, person.number))
    page.locator("main form:has(#f-code) button[type=submit]").click()
    page.wait_for_url("**/me/password")
    assert "second proof" in page.locator("main").inner_text()
    page.locator("#f-password").fill(PIN)
    page.locator("#f-again").fill(PIN)
    page.locator("#f-activation").fill("00000-00000")
    page.locator("main form:has(#f-again) button[type=submit]").click()
    page.locator("#f-activation-error").wait_for()

    desk = staff_window("dora")
    desk.goto(f"/counter/customers/{to_ref(person.customer_id)}")
    desk.locator("#f-reason").select_option("document_shown")
    desk.locator("main form:has(#f-reason) button[type=submit]").click()
    desk.locator("#f-document").check()
    desk.locator("main form:has(#f-document) button[type=submit]").click()
    handed = desk.locator("section:has(#reset) code").inner_text()

    page.locator("#f-password").fill(PIN)
    page.locator("#f-again").fill(PIN)
    page.locator("#f-activation").fill(handed)
    page.locator("main form:has(#f-again) button[type=submit]").click()
    page.wait_for_url("**/me")
    other = window(360, 740)
    other.goto("/login")
    other.locator("#f-number").fill(person.number)
    other.locator("form[action^='/login'] button[value=password]").click()
    other.locator("#f-password").fill(PIN)
    other.locator("main form:has(#f-password) button[type=submit]").click()
    other.wait_for_url(re.compile(r"/$"))

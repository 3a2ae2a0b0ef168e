"""A subscriber spends points on a phone, in a real browser: sees the gift, looks once more, and has it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from portal.base.db import Database
from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.customers import find_holder
from portal.identity import make_hasher, set_service_password
from portal.points import earn_points
from tests.conftest import TEST_SECRET
from tests.journeys.conftest import read_code, settle, sign_in

PIN = "482913"


@pytest.fixture
def pin(house):
    """Give Charlie a service password: enough to see, never to spend."""
    settings = Settings(env="test", secret_key=TEST_SECRET, argon2_memory_kib=7168, argon2_rounds=1)  # type: ignore[arg-type]
    assert make_keys(settings)
    hashed = make_hasher(settings).hash(PIN)
    database = Database(house.database)
    with database.writing() as session:
        holder = find_holder(session, house.cast.charlie.number)
        assert holder is not None
        set_service_password(session, holder, hashed, keep_session=None, channel="counter", now=datetime.now(UTC))
    database.close()
    return PIN


def points_of(page, house) -> int:
    """Read the points that can be spent off the points page, once what the sign-in earns is in."""
    settle(house)
    page.goto("/points")
    found = re.search(r"[\d,]+", page.locator("#card-points .sum-line").inner_text())
    assert found is not None
    return int(found[0].replace(",", ""))


@pytest.fixture
def rich(house):
    """Give a way to give somebody 400 points: codes are sent to one number so often and no more, so each test has its own."""
    database = Database(house.database)

    def give(person):
        with database.writing() as session:
            earn_points(
                session, person.customer_id, 400, purse="channel", reason="grant", reference="test", expires_on=date(2028, 1, 1),
                now=datetime.now(UTC),
            )  # fmt: skip
        return person

    yield give
    database.close()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without"])
def test_a_voucher_is_redeemed_with_one_more_look_and_its_code_is_on_the_orders_page_alone(house, window, rich, javascript):
    page = window(360, 740, javascript=javascript)
    sign_in(page, rich(house.cast.noise[5 if javascript else 6]).number)
    before = points_of(page, house)
    page.goto("/points/gifts/gift_coffee")
    page.locator("#where form button[type=submit]").click()
    check = page.locator("#check")
    assert "300 points" in check.inner_text()
    check.locator("form button[type=submit]").click()
    page.wait_for_url("**/orders/*")
    order = page.url
    code = None
    for _ in range(100):  # the worker hands it out within a second or two
        page.goto(order)
        code = re.search(r"COFFEE-\w{4}-\d{4}", page.locator("main").inner_text())
        if code:
            break
        page.wait_for_timeout(200)
    assert code is not None
    assert points_of(page, house) == before - 300
    for elsewhere in ("/", "/orders", "/activity", "/points/history"):
        page.goto(elsewhere)
        assert code[0] not in page.content(), elsewhere
    page.goto("/")
    assert page.locator("#card-orders .order-list a").first.inner_text() == "Coffee voucher"


def test_goods_are_typed_once_and_kept_until_a_proof_is_given_and_the_order_can_be_given_up(house, window, pin):
    page = window(360, 740)
    page.goto("/login")
    page.locator("#f-number").fill(house.cast.charlie.number)
    page.locator("form[action^='/login'] button[value=password]").click()
    page.locator("#f-password").fill(pin)
    page.locator("main form:has(#f-password) button[type=submit]").click()
    page.wait_for_url("**/")
    before = points_of(page, house)
    page.goto("/points/gifts/gift_thermos")
    page.locator("#f-name").fill("李查理，前台代收")
    page.locator("#f-address").fill("上海市浦东新区张杨路 500 号前台")
    page.locator("#where form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/proof"))  # a service password does not spend
    page.locator("main form button[type=submit]").first.click()
    page.locator("#f-code").fill(read_code(page, house.cast.charlie.number))
    page.locator("main form:has(#f-code) button[type=submit]").click()
    check = page.locator("#check")
    assert "李查理，前台代收" in check.inner_text(), "what was typed is still there"
    check.locator("form button[type=submit]").click()
    page.wait_for_url("**/orders/*")
    assert points_of(page, house) == before - 600
    page.goto("/orders")
    page.locator("main a[href^='/orders/']").first.click()
    page.locator("main a[href$='/cancel']").click()
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/orders/*")
    assert "Cancelled" in page.locator("main").inner_text()
    assert points_of(page, house) == before

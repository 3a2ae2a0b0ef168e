"""One piece, two customers, in real browsers: a countdown, a place for each, one of them served, the other told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.base.ids import to_ref
from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.flashsales import NewSale, announce_sale, draft_sale
from portal.identity import find_staff_id
from tests.conftest import TEST_SECRET
from tests.journeys.buying import ORDER, come_in, pay, wait_for_word
from tests.journeys.conftest import wait_until
from tests.journeys.letting_in import writing

AHEAD_SECONDS = 12


@pytest.fixture
def sale(house):
    """Announce one piece at a third of its price, to start within seconds; give its page."""
    settings = Settings(env="test", secret_key=TEST_SECRET)  # type: ignore[arg-type]
    now = datetime.now(UTC).astimezone(settings.zone)
    starts = now + timedelta(seconds=AHEAD_SECONDS)
    new = NewSale(
        "device_oppo_a3_pro", {"zh": "一台", "en": "Just one"}, "CNY", 66_600, 1, "first_come", now + timedelta(seconds=1), starts,
        starts + timedelta(hours=1), 15,
    )  # fmt: skip
    with writing(house) as session:
        sale_id = draft_sale(session, new, staff_id=find_staff_id(session, "mei"), now=now)
        announce_sale(session, make_keys(settings), sale_id, staff_id=find_staff_id(session, "sam"), now=now)
    return f"/sales/{to_ref(sale_id)}"


@pytest.mark.timeout(120)
def test_one_piece_goes_to_one_of_two_and_the_other_is_told(house, window, sale):
    pages = [come_in(house, window, house.cast.noise[index].number) for index in (11, 12)]
    wait_for_word(pages[0], sale, "You can enter now")
    counted = pages[0].locator("[data-countdown]")
    assert counted.is_visible()
    assert counted.inner_text().startswith("00:00:")
    pages[1].goto(sale)
    for page in pages:
        page.locator("#place form[action$='/entries'] button").click()
        page.locator("#place:has-text('You are in')").wait_for()
    can_order = "#place a[href$='/order']"
    wait_until(lambda: any(page.locator(can_order).count() for page in pages), 40)  # the region asks by itself
    winner = next(page for page in pages if page.locator(can_order).count())
    other = next(page for page in pages if page is not winner)
    wait_for_word(other, sale, "You are number 2 in line")
    winner.locator(can_order).click()
    winner.locator("#f-name").fill("李雷")
    winner.locator("#f-phone").fill("13857101234")
    winner.locator("#f-address").fill("浙江省杭州市西湖区文三路 90 号")
    winner.locator("main form:has(#f-name) button[type=submit]").click()
    winner.wait_for_url("**/payment")
    assert "666.00" in winner.locator("#pay").inner_text()
    pay(winner, house)
    winner.wait_for_url(ORDER, timeout=30_000)
    wait_for_word(winner, sale, "It is yours")
    wait_for_word(other, sale, "Every piece is paid for")


def test_the_page_says_it_all_to_whoever_only_looks_and_has_no_script(window, sale):
    page = window(360, 780, javascript=False)
    page.goto("/sales")
    page.locator(f"a[href='{sale}']").first.click()
    said = page.locator("main").inner_text()
    assert "666.00" in said
    assert "One piece for each customer" in said
    assert page.locator("a[href$='/calendar.ics']").count()

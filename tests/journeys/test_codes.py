"""Codes in a real browser: a batch made and approved in the office, a cap redeemed by a customer, a coupon put into the cart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.codes import (
    NewBatch,
    NewPrize,
    Rules,
    approve_batch,
    ask_print,
    draft_batch,
    list_batches,
    release_print,
    take_print,
    write_print,
)
from portal.identity import find_staff_id
from portal.promotions import approve_campaign, create_campaign, submit_campaign
from tests.conftest import TEST_SECRET
from tests.journeys.buying import come_in, put_in, wait_for_word
from tests.journeys.letting_in import writing

WELCOME = {
    "name": {"zh": "迎新码九折", "en": "Welcome code"}, "currency": "CNY", "when": {"kind": "code"},
    "effects": [{"kind": "percentage", "basis_points": 1000, "target": {"offerings": ["accessory_cable"]}}],
}  # fmt: skip


@pytest.fixture
def printed(house):
    """Give a code of a batch in which each wins 50 points, and one of a batch of coupons."""
    settings = Settings(env="test", secret_key=TEST_SECRET)  # type: ignore[arg-type]
    keys, now = make_keys(settings), datetime.now(UTC).astimezone(settings.zone)
    until = now + timedelta(days=9)
    with writing(house) as session:
        mei, sam = find_staff_id(session, "mei"), find_staff_id(session, "sam")
        create_campaign(session, "welcome", WELCOME, staff_id=mei, now=now)
        submit_campaign(session, "welcome", staff_id=mei, now=now)
        approve_campaign(session, "welcome", staff_id=sam, now=now)
        prizes = (NewPrize({"zh": "50 积分", "en": "50 points"}, "points", 1_000_000, None, 50),)
        batches = (
            NewBatch({"zh": "瓶盖", "en": "Caps"}, "prize", 100, now, until, prizes=prizes),
            NewBatch({"zh": "迎新券", "en": "Welcome"}, "coupon", 100, now, until, campaign_code="welcome", rules=Rules(per_customer=1)),
        )
        found = []
        for new in batches:
            batch_id = draft_batch(session, keys, new, staff_id=mei, now=now)
            approve_batch(session, batch_id, staff_id=sam)
            print_id = ask_print(session, batch_id, 0, 0, staff_id=mei, now=now)
            release_print(session, print_id, staff_id=sam, now=now)
            found.append("".join(write_print(keys, take_print(session, print_id, staff_id=mei, now=now))).split(",")[-1].strip())
    return found


def test_a_cap_wins_points_once_and_a_coupon_makes_the_cart_cheaper(house, window, printed):
    cap, coupon = printed
    page = come_in(house, window, house.cast.noise[4].number)
    page.goto("/points/codes")
    page.locator("#f-code").fill(cap.lower())
    page.locator("#code form button[type=submit]").click()
    page.locator("main .alert:has-text('Won: 50 points')").wait_for()
    wait_for_word(page, "/points", "50")
    page.goto("/points/codes")
    page.locator("#f-code").fill(cap)
    page.locator("#code form button[type=submit]").click()
    page.locator("#error-summary").wait_for()
    put_in(page, "accessory_cable")
    page.locator("#f-code").fill(coupon)
    page.locator("#codes form:has(#f-code) button[type=submit]").click()
    page.locator("#codes:has-text('Code ending in')").wait_for()
    assert "Welcome code" in page.locator("#sums").inner_text()
    assert "35.10" in page.locator("#cart").inner_text()


def test_a_batch_is_made_in_the_office_and_approved_by_another(house, staff_window):
    mei = staff_window("mei")
    mei.goto("/office/codes/new")
    for name, value in {
        "name_zh": "瓶盖有奖", "name_en": "Autumn caps", "size": "500000", "starts_on": "2026-01-01", "ends_on": "2031-12-31",
        "prize_1_name_zh": "88 积分", "prize_1_name_en": "88 points", "prize_1_what": "88", "prize_1_weight": "250000",
    }.items():  # fmt: skip
        mei.locator(f"#f-{name}").fill(value)
    mei.locator("[name=kind][value=prize]").check()
    mei.locator("main form:has(#f-size) button[type=submit]").click()
    mei.locator("#approval").wait_for()
    assert "somebody else has to approve it" in mei.locator("#approval").inner_text()
    sam = staff_window("sam")
    sam.goto(mei.url)
    sam.locator("form[action$='/approval'] button").click()
    sam.locator("#print").wait_for()
    with writing(house) as session:
        assert any(batch.name["en"] == "Autumn caps" and batch.status == "active" for batch in list_batches(session))

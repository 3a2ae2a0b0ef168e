"""The provider does wrong what a provider can: its word is late, comes three times, comes forged, or never comes."""

from __future__ import annotations

import pytest

from tests.journeys.buying import ORDER, check_out, come_in, pay, put_in, set_faults, steps_of, wait_for_step, wait_for_word

CABLE = "accessory_cable"


@pytest.fixture
def provider(house, window):
    """Give a way to have the provider do things wrong; afterwards it does all of it right again."""
    page = window(1366, 860)
    yield lambda **faults: set_faults(page, house, **faults)
    set_faults(page, house)


@pytest.fixture
def buyer(house, window):
    page = come_in(house, window, house.cast.noise[10].number)
    put_in(page, CABLE)
    check_out(page)
    return page


def paid_steps(page) -> int:
    return steps_of(page).count("Paid")


def test_a_late_word_is_waited_for_calmly_and_comes(house, provider, buyer):
    provider(delay=4)
    pay(buyer, house)
    buyer.locator("#waiting").wait_for()
    buyer.wait_for_url(ORDER, timeout=40_000)
    wait_for_step(buyer, "Paid")
    assert paid_steps(buyer) == 1


def test_a_word_that_comes_three_times_with_a_forged_one_first_pays_once(house, provider, buyer):
    provider(copies=2, forged=1)
    pay(buyer, house)
    buyer.wait_for_url(ORDER, timeout=40_000)
    buyer.wait_for_timeout(1500)
    wait_for_step(buyer, "Paid")
    assert paid_steps(buyer) == 1


@pytest.mark.timeout(120)
def test_a_word_that_is_lost_is_asked_for(house, provider, buyer):
    order = buyer.url.removesuffix("/payment")
    provider(lost=1)
    pay(buyer, house)
    wait_for_word(buyer, order, "Paid", seconds=60)
    wait_for_step(buyer, "Paid")
    assert paid_steps(buyer) == 1


def test_whoever_does_not_pay_comes_back_to_an_order_that_is_kept(house, buyer):
    order = buyer.url.removesuffix("/payment")
    pay(buyer, house, "refuse")
    buyer.goto(order)
    assert buyer.locator("a[href$='/payment']").count(), "it can still be paid"

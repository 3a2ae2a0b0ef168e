"""One login, several people: somebody is invited, accepts on a phone, acts for who invited, and is removed; in real browsers."""

from __future__ import annotations

from tests.journeys.conftest import sign_in


def test_somebody_is_invited_acts_for_who_invited_and_is_removed(window, house):
    owner, helper = house.cast.noise[3], house.cast.noise[4]
    hers, his = window(), window(360, 740)
    sign_in(hers, owner.number)
    hers.goto("/me/people/invite")
    hers.locator("#f-number").fill(helper.number)
    hers.locator("input[name=rights][value=bills]").check()
    hers.locator("main form button[type=submit]").click()
    hers.wait_for_url("**/me/people")
    hers.locator("#sent").wait_for()

    sign_in(his, helper.number)
    his.goto("/me/people")
    his.locator("form[action$='/accept'] button").click()
    his.locator("#acting form[action$='/leave']").wait_for()
    his.goto("/me")
    his.locator("#acting summary").click()
    his.locator("#acting button[name=customer]:not([aria-current])").click()
    his.wait_for_url("**/")
    his.locator("#card-bills").wait_for()
    assert his.locator("#card-usage").count() == 0

    hers.goto("/me/people")
    hers.locator("#people a.way-link").click()
    hers.locator("form[action$='/remove'] button").click()
    hers.wait_for_url("**/me/people")
    assert hers.locator("#people a.way-link").count() == 0

    his.goto("/bills")
    his.wait_for_url("**/")
    assert "no longer act for that customer" in his.locator("main").inner_text()
    assert helper.name in his.locator("#card-profile").inner_text()


def test_two_numbers_of_one_person_are_linked(window, house):
    from tests.journeys.conftest import read_code

    one, other = house.cast.noise[5], house.cast.noise[6]
    page = window(360, 740)
    sign_in(page, one.number)
    page.goto("/me/people/link")
    page.locator("#f-number").fill(other.number)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/link/code")
    page.locator("#f-code").fill(read_code(page, other.number))
    page.locator("main form:has(#f-code) button[type=submit]").click()
    page.wait_for_url("**/me/people")
    page.locator("#links form[action$='/end'] button").click()
    page.wait_for_url("**/me/people")
    assert page.locator("#links form[action$='/end']").count() == 0

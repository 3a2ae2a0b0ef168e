"""Guard 1, 2, 4, 6, 7 as they are met at the door."""

from __future__ import annotations

import pytest

from tests.door import PIN
from tests.pages import Site


def wrong(code: str) -> str:
    """Give a code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def ask_code(site: Site, number: str):
    return site.post_form(site.get("/login").page, "/login", number=number, button="code").page


@pytest.fixture
def alice_with_pin(cast, sign_in):
    """Alice's browser, in which she signed in and set her service password."""
    alice = sign_in(cast.alice)
    page = alice.get(alice.url("site.ask_new_password")).page
    assert alice.post_form(page, alice.url("site.keep_password"), password=PIN, again=PIN).status_code == 200
    return alice


def by_password(site: Site, number: str, pin: str, **kwargs):
    page = site.post_form(site.get("/login").page, "/login", number=number, button="password").page
    return site.post_form(page, "/login/password", password=pin, **kwargs)


def test_otp_bruteforce_the_sixth_wrong_code_is_refused_and_so_is_the_right_one(site, cast, phone):
    page = ask_code(site, cast.alice.number)
    right = phone(cast.alice.number)
    for _ in range(5):
        answer = site.post_form(page, "/login/code", code=wrong(right))
        assert answer.page.errors["code"]
        page = answer.page
    for code in (wrong(right), right, right):
        answer = site.post_form(page, "/login/code", code=code)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 300
        assert "minutes" in answer.page.errors["code"]
    assert site.get("/bills").status_code == 303


def test_otp_bruteforce_wrong_codes_stay_counted_when_another_browser_asks(browser, cast, phone):
    first = browser()
    page = ask_code(first, cast.charlie.number)
    right = phone(cast.charlie.number)
    for _ in range(4):
        page = first.post_form(page, "/login/code", code=wrong(right)).page
    second = browser()
    page = ask_code(second, cast.charlie.number)
    right = phone(cast.charlie.number)
    second.post_form(page, "/login/code", code=wrong(right))
    assert second.post_form(page, "/login/code", code=wrong(right)).status_code == 429


def test_otp_bruteforce_a_stranger_does_not_lock_the_owner_out(browser, cast, phone, sign_in, shift):
    owner = sign_in(cast.alice)  # knows this device from now on
    owner.post_form(owner.get("/").page, owner.url("site.sign_out"))
    shift(61)
    stranger = browser()
    page = ask_code(stranger, cast.alice.number)
    for _ in range(6):
        answer = stranger.post_form(page, "/login/code", code="000000")
    assert answer.status_code == 429
    shift(61)
    sign_in(cast.alice, on=owner)


def test_otp_single_use_a_code_lets_in_once(browser, site, cast, phone):
    page = ask_code(site, cast.alice.number)
    code = phone(cast.alice.number)
    saved = {name: site.get_cookie(name, domain="localhost").value for name in ("__Host-onehall-form", "__Host-onehall-device")}
    assert site.post_form(page, "/login/code", code=code).status_code == 200
    again = browser()
    for name, value in saved.items():
        again.set_cookie(name, value, domain="localhost", secure=True)
    answer = again.post_form(again.get("/login/code").page, "/login/code", code=code)
    assert answer.status_code != 303
    assert again.get("/bills").status_code == 303


def test_otp_single_use_a_code_is_of_no_use_in_another_browser(browser, cast, phone):
    hers, his = browser(), browser()
    ask_code(hers, cast.alice.number)
    code = phone(cast.alice.number)
    page = ask_code(his, cast.alice.number)
    assert his.post_form(page, "/login/code", code=code).page.errors["code"]
    assert his.get("/bills").status_code == 303


def test_otp_ttl_after_ten_minutes_a_code_is_nothing_and_another_is_sent(site, cast, phone, shift):
    page = ask_code(site, cast.alice.number)
    code = phone(cast.alice.number)
    shift(601)
    answer = site.post_form(page, "/login/code", code=code)
    assert "expired" in answer.page.text
    newer = phone(cast.alice.number)
    assert newer != code
    assert site.post_form(answer.page, "/login/code", code=newer).page.url == "/"


def test_otp_ttl_a_code_still_serves_in_its_tenth_minute(site, cast, phone, shift):
    page = ask_code(site, cast.alice.number)
    code = phone(cast.alice.number)
    shift(595)
    assert site.post_form(page, "/login/code", code=code).page.url == "/"


def test_login_limits_the_eleventh_wrong_password_is_refused_and_says_until_when(alice_with_pin, browser, cast):
    stranger = browser()
    page = stranger.post_form(stranger.get("/login").page, "/login", number=cast.alice.number, button="password").page
    for _ in range(10):
        answer = stranger.post_form(page, "/login/password", password="739154")
        assert answer.status_code == 422
    for pin in ("739154", PIN):
        answer = stranger.post_form(page, "/login/password", password=pin)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 300
        assert "code" in answer.page.errors["password"], "it names the other way"


def test_login_limits_no_lock_out_lasts_and_the_owners_browser_has_an_allowance_of_its_own(alice_with_pin, browser, cast, shift):
    stranger = browser()
    page = stranger.post_form(stranger.get("/login").page, "/login", number=cast.alice.number, button="password").page
    for _ in range(11):
        stranger.post_form(page, "/login/password", password="739154")
    owner = alice_with_pin
    owner.post_form(owner.get("/").page, owner.url("site.sign_out"))
    assert by_password(owner, cast.alice.number, PIN).page.url == "/"
    shift(301)
    assert by_password(browser(), cast.alice.number, PIN).page.url == "/"


def test_service_pin_lets_see_and_nothing_more(alice_with_pin, browser, cast, story):
    low = browser()
    assert by_password(low, cast.alice.number, PIN).page.url == "/"
    for path in ("/", "/bills", "/activity", low.url("site.show_bill", bill_id=story.bills[-1]), "/me"):
        assert low.get(path).status_code == 200, path
    answer = low.get(low.url("site.ask_new_password"))
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/proof?next=")
    token = low.token() if low.get("/login").status_code == 200 else ""
    changed = low.post(low.url("site.keep_password"), data={"csrf_token": token, "password": "519283", "again": "519283"})
    assert changed.status_code == 303
    assert changed.headers["Location"].startswith("/proof")
    assert by_password(browser(), cast.alice.number, PIN).page.url == "/", "the password is as it was"


WEAK = (
    ("123456", "follow"), ("654321", "follow"), ("111111", "different"), ("121212", "different"), ("385710", "phone number"),
    ("101234", "phone number"), ("198804", "birthday"), ("880417", "birthday"), ("12345", "six digits"), ("1234567", "six digits"),
    ("abcdef", "six digits"), ("", "six digits"), ("१२३४५६", "six digits"),
)  # fmt: skip


def test_service_pin_a_weak_choice_is_refused_beside_the_field(sign_in, cast):
    alice = sign_in(cast.alice)
    page = alice.get(alice.url("site.ask_new_password")).page
    for pin, why in WEAK:
        answer = alice.post_form(page, alice.url("site.keep_password"), password=pin, again=pin)
        assert answer.status_code == 422, pin
        assert why in answer.page.errors["password"], pin
        assert answer.page.title.startswith("Error:")
        if len(pin) > 4 and pin != "123456":  # the example in the sentence
            assert pin not in answer.page.html, "a secret is never sent back"


def test_service_pin_two_that_differ_are_refused(sign_in, cast):
    alice = sign_in(cast.alice)
    page = alice.get(alice.url("site.ask_new_password")).page
    answer = alice.post_form(page, alice.url("site.keep_password"), password=PIN, again="739154")
    assert answer.status_code == 422
    assert "again" in answer.page.errors


def test_service_pin_is_understood_in_any_spelling(alice_with_pin, browser, cast):
    for spelling in ("482 917", "４８２９１７", "482-917"):
        assert by_password(browser(), cast.alice.number, spelling).page.url == "/", spelling


def test_stepup_a_proof_of_five_minutes_is_fresh_and_one_second_more_is_not(sign_in, cast, shift):
    alice = sign_in(cast.alice)
    shift(295)
    assert alice.get(alice.url("site.ask_new_password")).status_code == 200
    shift(6)
    answer = alice.get(alice.url("site.ask_new_password"))
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/proof?next=")


def test_stepup_the_write_asks_again_however_the_form_was_reached(sign_in, cast, shift):
    alice = sign_in(cast.alice)
    page = alice.get(alice.url("site.ask_new_password")).page
    shift(301)
    answer = alice.post_form(page, alice.url("site.keep_password"), password=PIN, again=PIN, follow=False)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/proof")


def test_stepup_after_the_proof_one_is_where_one_was(sign_in, cast, shift, phone):
    alice = sign_in(cast.alice)
    shift(301)
    wanted = alice.url("site.ask_new_password")
    page = alice.get(wanted, follow_redirects=True).page
    assert page.heading == "Confirm that it is you"
    assert "138****1234" in page.text or "138" in page.text
    page = alice.post_form(page, "/proof/code").page
    right = phone(cast.alice.number)
    page = alice.post_form(page, "/proof", code=wrong(right)).page
    assert page.errors["code"]
    done = alice.post_form(page, "/proof", code=right)
    assert done.page.url == wanted


def test_stepup_a_code_to_sign_in_is_no_proof(sign_in, browser, cast, shift, phone):
    alice = sign_in(cast.alice)
    shift(301)
    page = alice.get(alice.url("site.ask_new_password"), follow_redirects=True).page
    page = alice.post_form(page, "/proof/code").page
    right = phone(cast.alice.number)
    shift(61)
    ask_code(alice, cast.alice.number)  # the same browser, the same number, another purpose
    other = phone(cast.alice.number)
    assert other != right
    page = alice.get("/proof").page
    if page.can_send("/proof"):
        assert alice.post_form(page, "/proof", code=other).page.errors["code"]


def test_stepup_wrong_codes_are_counted_and_end(sign_in, cast, shift, phone):
    alice = sign_in(cast.alice)
    shift(301)
    page = alice.get(alice.url("site.ask_new_password"), follow_redirects=True).page
    page = alice.post_form(page, "/proof/code").page
    right = phone(cast.alice.number)
    for _ in range(5):
        page = alice.post_form(page, "/proof", code=wrong(right)).page
    answer = alice.post_form(page, "/proof", code=right)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]

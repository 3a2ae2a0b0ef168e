"""Guard 11 and 13: a session begins new, ends when it should, and ends everywhere when its owner says so."""

from __future__ import annotations

import base64

from portal.faces import cookies
from tests.door import PIN

MINUTE, HOUR = 60, 3600


def token_in(browser, name=cookies.SUBSCRIBER):
    cookie = browser.get_cookie(name, domain="localhost")
    return cookie.value if cookie else None


def with_token(app, token, name=cookies.SUBSCRIBER):
    """Give a browser that holds nothing but this token: what a thief would have."""
    thief = app.test_client()
    thief.set_cookie(name, token, domain="localhost", secure=True)
    return thief


def is_in(browser):
    return browser.get("/bills").status_code == 200


def test_session_fixation_a_token_planted_before_is_never_taken_over(app, cast, browser, sign_in):
    victim = browser()
    victim.set_cookie(cookies.SUBSCRIBER, "planted-by-a-stranger-0123456789abcdef", domain="localhost", secure=True)
    sign_in(cast.alice, on=victim)
    assert token_in(victim) != "planted-by-a-stranger-0123456789abcdef"
    assert not is_in(with_token(app, "planted-by-a-stranger-0123456789abcdef"))


def test_session_fixation_the_session_a_browser_came_with_is_over(app, cast, sign_in):
    shared = sign_in(cast.charlie)
    charlies = token_in(shared)
    shared.get("/login")
    sign_in(cast.alice, on=shared)
    assert token_in(shared) != charlies
    assert not is_in(with_token(app, charlies))


def test_session_fixation_each_sign_in_is_a_new_token_of_128_bits_or_more(cast, sign_in):
    tokens = {token_in(sign_in(person)) for person in (cast.alice, cast.bob, cast.charlie)}
    assert len(tokens) == 3
    for token in tokens:
        assert len(base64.urlsafe_b64decode(token + "==")) >= 16


def test_session_fixation_a_further_proof_changes_the_token_and_kills_the_old_one(app, cast, sign_in, phone, shift):
    alice = sign_in(cast.alice)
    before = token_in(alice)
    shift(301)
    page = alice.get(alice.url("site.ask_new_password"), follow_redirects=True).page
    page = alice.post_form(page, alice.url("site.send_proof")).page
    alice.post_form(page, alice.url("site.take_proof"), code=phone(cast.alice.number))
    assert token_in(alice) != before
    assert is_in(alice)
    assert not is_in(with_token(app, before))


def test_session_fixation_the_token_stands_nowhere_in_the_database(app, cast, sign_in):
    import sqlalchemy as sa

    from portal.base.db import Base

    token = token_in(sign_in(cast.alice))
    with app.extensions["portal"].db.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(sa.select(table)):
                assert token not in repr(tuple(row)), table.name


def test_slo_a_sign_out_ends_the_session_at_once_wherever_its_token_went(app, cast, sign_in):
    alice = sign_in(cast.alice)
    copied = with_token(app, token_in(alice))
    assert is_in(copied)
    answer = alice.post_form(alice.get("/").page, alice.url("site.sign_out"))
    assert answer.page.heading.startswith("Sign in")
    assert not is_in(alice)
    assert not is_in(copied)


def test_slo_one_session_of_several_is_ended_from_the_list(cast, sign_in):
    here, lost = sign_in(cast.alice), sign_in(cast.alice)
    page = here.get(here.url("site.list_my_sessions")).page
    ends = [
        page.path_of(form)
        for form in page.root.all("form")
        if "/sessions/" in page.path_of(form) and not page.path_of(form).endswith("others")
    ]
    assert len(ends) == 1, "one other session, with one way to end it"
    here.post_form(page, ends[0])
    assert is_in(here)
    assert not is_in(lost)


def test_slo_sign_out_everywhere_leaves_this_browser_alone(cast, sign_in):
    here, *others = [sign_in(cast.alice) for _ in range(3)]
    charlie = sign_in(cast.charlie)
    here.post_form(here.get(here.url("site.list_my_sessions")).page, here.url("site.end_others"))
    assert is_in(here)
    assert not any(is_in(other) for other in others)
    assert is_in(charlie)


def test_slo_a_new_service_password_ends_the_other_sessions(cast, sign_in):
    lost, here = sign_in(cast.alice), sign_in(cast.alice)
    page = here.get(here.url("site.ask_new_password")).page
    assert here.post_form(page, here.url("site.keep_password"), password=PIN, again=PIN).status_code == 200
    assert is_in(here)
    assert not is_in(lost)


def test_idle_for_half_an_hour_a_subscriber_is_signed_out(cast, sign_in, shift):
    alice = sign_in(cast.alice)
    for _ in range(3):
        shift(29 * MINUTE)
        assert is_in(alice)
    shift(31 * MINUTE)
    assert not is_in(alice)


def test_after_twelve_hours_a_subscriber_is_signed_out_however_busy(cast, sign_in, shift):
    alice = sign_in(cast.alice)
    for _ in range(35):
        shift(20 * MINUTE)
        assert is_in(alice)
    shift(21 * MINUTE)
    assert not is_in(alice)


def test_idle_for_a_quarter_of_an_hour_staff_are_signed_out(counter, shift):
    dora = counter()
    shift(14 * MINUTE)
    assert dora.get("/counter/").status_code == 200
    shift(16 * MINUTE)
    assert dora.get("/counter/").status_code == 303


def test_a_clock_that_jumps_back_does_not_make_a_session_live_longer(cast, sign_in, shift):
    alice = sign_in(cast.alice)
    shift(-HOUR)
    assert is_in(alice)
    shift(13 * HOUR + MINUTE)
    assert not is_in(alice)

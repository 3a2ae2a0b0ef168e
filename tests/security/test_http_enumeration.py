"""Guard 3: whether a number is one of ours is not told: not by words, not by status, not by the work that is done."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from tests.statements import statements

UNKNOWN = "13812349876"
CHANGING = re.compile(
    r'nonce="[^"]+"|name="csrf_token" value="[^"]+"|&#34;X-CSRFToken&#34;: &#34;[^&]+&#34;|"X-CSRFToken": "[^"]+"|\b[0-9a-f]{16}\b'
)


def told(answer):
    """What an answer tells, without what differs each time."""
    return answer.status_code, answer.headers.get("Location"), CHANGING.sub("", answer.get_data(as_text=True))


class Walk:
    """One browser's way through the sign-in, each step with what was told and how many statements it cost."""

    def __init__(self, app, browser, number, shift):
        self.database = app.extensions["portal"].db
        self.site = browser()
        self.number = number
        self.shift = shift
        self.steps = []
        self.site.get("/login")

    def step(self, action, **fields):
        page = self.page if self.steps else self.site.get("/login").page
        with statements(self.database) as sent:
            answer = self.site.post_form(page, self.site.url(action), **fields)
        self.page = answer.page
        self.steps.append((action, told(answer), [re.sub(r"\s+", " ", one)[:60] for one in sent]))
        return self


def by_code(walk):
    walk.step("site.take_number", number=walk.number, button="code")
    for _ in range(6):
        walk.step("site.take_code", code="000000")
    walk.shift(61)
    walk.step("site.send_another_code").step("site.take_code", code="000001")
    return walk.steps


def by_password(walk):
    walk.step("site.take_number", number=walk.number, button="password")
    for _ in range(11):
        walk.step("site.take_password", password="482917")
    return walk.steps


@pytest.mark.parametrize("way", [by_code, by_password])
def test_otp_enumeration_known_and_unknown_numbers_are_told_apart_by_nothing(app, cast, browser, shift, way):
    known = way(Walk(app, browser, cast.charlie.number, shift))
    unknown = way(Walk(app, browser, UNKNOWN, shift))
    assert len(known) == len(unknown) >= 8
    for (action, said, sent), (_, said_of_unknown, sent_of_unknown) in zip(known, unknown, strict=True):
        assert said == said_of_unknown, action
        assert sent == sent_of_unknown, action


def test_otp_enumeration_nothing_leaves_the_house_for_a_number_nobody_holds(app, cast, site):
    page = site.get("/login").page
    site.post_form(page, site.url("site.take_number"), number=UNKNOWN, button="code")
    from tests.door import deliver

    deliver(app)
    with app.extensions["portal"].db.reading() as session:
        tray = Base.metadata.tables["tray_message"]
        assert session.execute(sa.select(sa.func.count()).select_from(tray)).scalar_one() == 0


def test_otp_enumeration_a_second_click_sends_one_code(app, cast, site):
    page = site.get("/login").page
    for _ in range(3):
        site.post_form(page, site.url("site.take_number"), number=cast.alice.number, button="code")
    with app.extensions["portal"].db.reading() as session:
        message = Base.metadata.tables["message"]
        assert session.execute(sa.select(sa.func.count()).select_from(message)).scalar_one() == 1


def test_otp_enumeration_codes_to_one_number_are_capped_and_the_cap_is_a_page(browser, cast, shift):
    for _ in range(5):
        site = browser()
        answer = site.post_form(site.get("/login").page, "/login", number=cast.charlie.number, button="code")
        assert answer.page.heading == "Enter the code"
        shift(61)
    site = browser()
    answer = site.post_form(site.get("/login").page, "/login", number=cast.charlie.number, button="code")
    assert answer.page.heading == "Enter your service password", "who asked too often proves something first"
    assert "service password" in answer.page.text


def test_otp_enumeration_numbers_asked_for_from_one_address_are_capped(browser, shift):
    headings = []
    for index in range(21):
        site = browser()
        headings.append(site.post_form(site.get("/login").page, "/login", number=f"1390000{index:04d}", button="code").page.heading)
    assert set(headings[:20]) == {"Enter the code"}
    assert headings[20] == "Enter your service password", "from here on a code costs a proof"


def test_otp_enumeration_a_forged_address_does_not_lift_the_cap(browser):
    for index in range(21):
        site = browser()
        page = site.get("/login").page
        fields = {
            "number": f"1390000{index:04d}",
            "way": "code",
            "csrf_token": next(n.get("value") for n in page.root.all("input") if n.get("name") == "csrf_token"),
        }
        answer = site.post("/login", data=fields, headers={"X-Forwarded-For": f"203.0.113.{index}"}, follow_redirects=True)
    assert answer.page.heading == "Enter your service password"

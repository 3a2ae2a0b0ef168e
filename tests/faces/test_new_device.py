"""A sign-in on a device the number was never used on is told to the number; the first of all, and the next on the same one, are not."""

from __future__ import annotations

import sqlalchemy as sa

from portal.base.db import Base


def told(app, cast):
    messages = Base.metadata.tables["message"]
    with app.extensions["portal"].db.reading() as session:
        bodies = session.execute(sa.select(messages.c.body).where(messages.c.number == cast.alice.number)).scalars()
        return [body for body in bodies if "new device" in body]


def test_a_second_device_is_told_once(app, sign_in, cast):
    sign_in(cast.alice)
    assert told(app, cast) == []
    second = sign_in(cast.alice)
    (body,) = told(app, cast)
    assert "If it was not you, call" in body
    page = second.get("/me/sessions").page
    assert "Code by message" in page.text


def test_nobody_is_told_more_than_five_times_a_day(app, sign_in, cast, shift):
    for _ in range(8):
        sign_in(cast.alice)
        shift(3601)
    assert len(told(app, cast)) == 5


def test_the_sign_ins_are_a_list_of_pages(app, sign_in, cast, shift, site):
    alice = sign_in(cast.alice)
    page = alice.get("/me/sign-ins").page
    assert page.heading == "All sign-ins"
    assert "Signed in" in page.text
    assert alice.get("/me/sign-ins?before=nonsense").status_code == 200
    assert site.get("/me/sign-ins").status_code == 303


def test_a_device_says_how_it_came_in_and_which_sites_it_opened(hall, sign_in, cast):
    alice = sign_in(cast.alice)
    hall.enter(alice)
    assert "Opened: Hall" in alice.get("/me/sessions").page.text

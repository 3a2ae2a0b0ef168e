"""A site may ask for a choice: who is signed in is shown, goes on as themselves for whom they choose, or makes room for somebody else."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.ids import to_ref
from tests.faces.relying import back

HALL = "https://hall.example/back"
CHOOSE = "/oauth/choose"


@pytest.fixture
def alice(sign_in, cast):
    return sign_in(cast.alice)


def ask(hall, browser, **changes):
    return hall.ask(browser, prompt="select_account", **changes)


def test_one_goes_on_as_oneself_without_signing_in_again(hall, alice, cast):
    page = ask(hall, alice).page
    assert page.heading == "Go on to Hall as"
    assert cast.alice.name in page.text
    assert cast.alice.number not in page.text
    chosen = alice.post_form(page, CHOOSE, button=to_ref(cast.alice.customer_id), follow=False)
    answer = back(alice.get(chosen.headers["Location"]), HALL)
    assert hall.redeem(answer["code"]).status_code == 200


def test_a_choice_is_for_one_request_alone(hall, alice, cast):
    alice.post_form(ask(hall, alice).page, CHOOSE, button=to_ref(cast.alice.customer_id), follow=False)
    assert ask(hall, alice).page.heading == "Go on to Hall as"


def test_consent_is_asked_for_after_the_choice_where_it_is_due(shop, alice, cast):
    chosen = alice.post_form(ask(shop, alice).page, CHOOSE, button=to_ref(cast.alice.customer_id), follow=False)
    page = alice.get(chosen.headers["Location"]).page
    assert page.heading == "Go on to Shop?"
    assert back(alice.post_form(page, "/oauth/consent", button="yes", follow=False))["code"]


def test_somebody_else_signs_in_and_the_answer_is_about_them(hall, alice, sign_in, cast):
    chosen = alice.post_form(ask(hall, alice).page, CHOOSE, button="other", follow=False)
    where = urlsplit(chosen.headers["Location"])
    assert where.path == "/login"
    assert parse_qs(where.query)["next"][0].startswith("/oauth/authorize?")


def test_nobody_goes_on_for_a_customer_of_somebody_elses(app, hall, alice, cast):
    page = ask(hall, alice).page
    form = page.form(CHOOSE)
    held = {node.get("name"): node.get("value") for node in form.all("input")}
    for answer in (to_ref(cast.charlie.customer_id), "nonsense", ""):
        assert alice.post(CHOOSE, data=held | {"answer": answer}).status_code == 404
    sessions = Base.metadata.tables["login_session"]
    with app.extensions["portal"].db.reading() as session:
        assert set(session.execute(sa.select(sessions.c.customer_id)).scalars()) == {cast.alice.customer_id}


def test_without_a_question_there_is_none_to_choose(hall, alice):
    assert back(hall.ask(alice, prompt="none"), HALL)["code"]

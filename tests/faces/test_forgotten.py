"""A forgotten service password through the pages: the second proof, the hall's activation, and a SIM that is too new."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from portal.base import clock
from portal.base.ids import to_ref
from portal.customers import find_holder
from portal.identity import note_sim_change
from tests.door import PIN
from tests.faces.test_people import messages_to
from tests.faces.test_security import PASSWORD, set_password

NEW = "640815"
WEEK = 7 * 86400


@pytest.fixture
def alice(sign_in, cast, shift):
    """Alice's browser of long ago: she set a service password there, a code later she may be sent another."""
    site = sign_in(cast.alice)
    site.post_form(site.get("/me/password"), "/me/password", password=PIN, again=PIN)
    shift(3600)
    return site


def forget(site, phone, number):
    """Go the way the page of the service password offers to who has forgotten it; give where it ends."""
    page = site.post_form(site.get("/login").page, "/login", number=number, button="password").page
    page = site.post_form(page, "/login/code/another").page
    return site.post_form(page, "/login/code", code=phone(number)).page


def set_anew(site, page, activation=None):
    more = {} if activation is None else {"activation": activation}
    return site.post_form(page, "/me/password", password=NEW, again=NEW, **more)


def lets_in(site, number, pin):
    page = site.post_form(site.get("/login").page, "/login", number=number, button="password").page
    return site.post_form(page, "/login/password", password=pin).page.url == "/"


def hand_over(counter, cast, document="yes"):
    """Have Dora open Alice and make an activation; give the page that follows."""
    dora = counter()
    url = dora.url("counter.show_customer", customer_id=cast.alice.customer_id)
    page = dora.post_form(dora.get(url).page, url + "/openings/by-reason", reason="document_shown").page
    line = to_ref(cast.alice.subscription_id)
    answer = dora.post_form(page, url + "/activations", reset_line=line, **({"document": document} if document else {}))
    return dora, url, answer


def test_a_new_browser_is_told_what_else_is_needed_and_a_hall_gives_it(app, alice, browser, phone, counter, cast):
    site = browser()
    page = forget(site, phone, cast.alice.number)
    assert page.url == "/me/password"
    assert "second proof" in page.text
    refused = set_anew(site, page, "")
    assert (refused.status_code, refused.page.errors) == (422, {"activation": "Enter the activation a hall gave you."})
    dora, url, shown = hand_over(counter, cast)
    code = re.search(r"<code>([0-9a-z]{5}-[0-9a-z]{5})</code>", shown.page.html)[1]
    assert code not in dora.get(url).page.html, "it is shown once"
    assert any("西湖营业厅" in body for body in messages_to(app, cast.alice.number))
    wrong = set_anew(site, refused.page, "00000-00000")
    assert "not the activation" in wrong.page.errors["activation"]
    assert "is set" in set_anew(site, wrong.page, code).page.text
    assert any("new service password was set" in body for body in messages_to(app, cast.alice.number))
    assert not lets_in(browser(), cast.alice.number, PIN)
    assert lets_in(browser(), cast.alice.number, NEW)
    assert "New service password begun" in site.get("/activity").page.text


def test_the_counter_asks_for_the_document_first(alice, counter, cast):
    _, _, answer = hand_over(counter, cast, document=None)
    assert answer.status_code == 422
    assert "identity document" in answer.page.errors["document"]


def test_a_masked_customer_gets_no_activation(alice, counter, cast):
    dora = counter()
    url = dora.url("counter.show_customer", customer_id=cast.alice.customer_id)
    sent = {"csrf_token": dora.token(), "reset_line": to_ref(cast.alice.subscription_id), "document": "yes"}
    assert dora.post(url + "/activations", data=sent).status_code == 404


def test_who_has_a_password_of_their_own_proves_it_besides(alice, browser, phone, cast, shift):
    shift(WEEK)
    known = forget(alice, phone, cast.alice.number)
    assert "second proof" not in known.text, "the browser of long ago is enough where there is nothing better"
    set_password(alice)
    shift(WEEK)
    page = forget(alice, phone, cast.alice.number)
    assert "second proof" in page.text
    proof = alice.get(next(link for link in page.links() if link.startswith("/proof?"))).page
    back = alice.post_form(
        proof, next(path for path in map(proof.path_of, proof.root.all("form")) if "/proof/password" in path), password=PASSWORD
    )
    assert back.page.url == "/me/password"
    assert "second proof" not in back.page.text
    assert "is set" in set_anew(alice, back.page).page.text


def test_while_the_sim_is_new_the_code_is_not_believed_and_the_page_says_so(app, alice, browser, phone, cast):
    with app.extensions["portal"].db.writing() as session:
        note_sim_change(session, find_holder(session, cast.alice.number), now=clock.now() - timedelta(minutes=1))
    page = forget(browser(), phone, cast.alice.number)
    assert page.heading == "Confirm that it is you"
    assert "The SIM of this number was changed a short while ago" in page.text
    assert "Come to a hall" in page.text


def test_an_activation_at_the_counter_is_refused_in_words_while_the_sim_is_new(app, alice, counter, cast):
    with app.extensions["portal"].db.writing() as session:
        note_sim_change(session, find_holder(session, cast.alice.number), now=clock.now() - timedelta(minutes=1))
    _, _, answer = hand_over(counter, cast)
    assert answer.status_code == 409
    assert "it is too early" in answer.page.text

"""The page of people: inviting by number, accepting, what a right opens and what it does not, leaving, roles that end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.ids import to_ref
from portal.customers import EVERYTHING, give_role
from tests.cast import NOW
from tests.door import deliver


@pytest.fixture
def alice(sign_in, cast):
    return sign_in(cast.alice)


def messages_to(app, number):
    table = Base.metadata.tables["message"]
    with app.extensions["portal"].db.reading() as session:
        return list(session.scalars(sa.select(table.c.body).where(table.c.number == number, table.c.kind == "notice")))


def invite(alice, number, *rights, role="delegate", **more):
    """Invite as a browser would: every ticked right is a field of its own."""
    page = alice.get("/me/people/invite").page
    token = next(node.get("value") for node in page.form("/me/people/invite").all("input") if node.get("name") == "csrf_token")
    data = {"csrf_token": token, "number": number, "role": role, "rights": list(rights), "line": "", "until": "", **more}
    return alice.post("/me/people/invite", data=data, follow_redirects=True)


def accept(site):
    page = site.get("/me/people").page
    action = next(page.path_of(form) for form in page.root.all("form") if page.path_of(form).endswith("/accept"))
    return site.post_form(page, action)


def act_for(site, person):
    return site.post_form(site.get("/me"), "/me/acting", customer=to_ref(person.customer_id))


def let(app, cast, *rights, until=None):
    """Let Charlie act for Alice without more ado."""
    with app.extensions["portal"].db.writing() as session:
        give_role(session, cast.alice.customer_id, cast.charlie.party_id, "delegate", rights, until=until, now=NOW)


def as_alice(site, cast):
    """Sign Charlie's browser over to Alice's customer."""
    page = site.get("/me").page
    assert site.post_form(page, "/me/acting", button=to_ref(cast.alice.customer_id)).status_code == 200
    return site


def test_an_invited_person_acts_for_who_invited_with_those_rights(app, alice, sign_in, cast):
    sent = invite(alice, cast.charlie.number, "bills", "points")
    assert "message is on its way" in sent.page.text
    assert "137****1234" in sent.page.text
    (body,) = messages_to(app, cast.charlie.number)
    assert "王**" in body
    assert "http" not in body
    charlie = sign_in(cast.charlie)
    shown = charlie.get("/me/people").page
    assert "王** invites you" in shown.text
    assert "See bills and the account" in shown.text
    taken = accept(charlie).page
    assert "You act for 王** now" in taken.text
    assert messages_to(app, cast.alice.number)[-1].startswith("李** accepted")
    home = as_alice(charlie, cast).get("/").page
    assert home.has("card-bills")
    assert home.has("card-points")
    assert not home.has("card-usage")
    assert "李查理" in alice.get("/me/people").page.text


def test_whether_anybody_holds_a_number_is_not_told(alice, app, cast):
    known, unknown = invite(alice, cast.charlie.number, "bills"), invite(alice, "13700000000", "bills")
    first, second = (answer.page.text.replace("137****0000", "137****1234") for answer in (known, unknown))
    assert "message is on its way" in first
    assert "message is on its way" in second
    assert messages_to(app, "13700000000") == [""]


@pytest.mark.parametrize(
    ("right", "open_pages"),
    [("bills", {"/bills"}), ("points", {"/points"}), ("orders", set()), ("lines", set()), ("people", {"/me/people/invite"})],
)
def test_a_right_opens_its_pages_and_no_other(app, sign_in, cast, story, store, right, open_pages):
    let(app, cast, right)
    charlie = as_alice(sign_in(cast.charlie), cast)
    guarded = ("/bills", "/points", "/me/looks", "/me/people/invite")
    assert {path for path in guarded if charlie.get(path).status_code == 200} == open_pages
    home = charlie.get("/").page
    cards = {name for name in ("usage", "bills", "points", "timeline") if home.has(f"card-{name}")}
    assert cards == {"lines": {"usage", "timeline"}, "bills": {"bills"}, "points": {"points"}}.get(right, set())
    links = set(home.links())
    assert ("/bills" in links) == (right == "bills")
    assert ("/points" in links) == (right == "points")


def test_a_delegate_gives_no_right_he_has_not(app, sign_in, cast):
    let(app, cast, "people", "bills")
    charlie = as_alice(sign_in(cast.charlie), cast)
    page = charlie.get("/me/people/invite").page
    offered = {node.get("value") for node in page.root.all("input") if node.get("name") == "rights"}
    assert offered == {"people", "bills"}
    assert invite(charlie, cast.bob.number, "bills", "points").status_code == 404
    assert invite(charlie, cast.bob.number, role="administrator").status_code == 404
    assert "message is on its way" in invite(charlie, cast.bob.number, "bills").page.text


def test_what_is_wrong_stands_beside_the_field_and_the_input_stays(alice, cast):
    for wrong, at in (
        ({"number": "12345"}, "number"), ({"number": cast.alice.number}, "number"), ({"rights": []}, "rights"),
        ({"until": "31.12."}, "until"), ({"until": "2020-01-01"}, "until"), ({"role": "member"}, "line"),
    ):  # fmt: skip
        more = {"number": cast.charlie.number, "rights": ["bills"], **wrong}
        answer = invite(alice, number=more.pop("number"), **more)
        assert answer.status_code == 422, wrong
        assert at in answer.page.errors or at in ("rights", "line"), (wrong, answer.page.errors)
        assert more.get("until", "") in answer.page.html


def test_an_invitation_is_withdrawn_or_declined(app, alice, sign_in, cast):
    page = invite(alice, cast.charlie.number, "bills").page
    withdraw = next(page.path_of(form) for form in page.root.all("form") if page.path_of(form).endswith("/withdraw"))
    charlie = sign_in(cast.charlie)
    stale = charlie.get("/me/people").page
    assert "taken back" in alice.post_form(page, withdraw).page.text
    take = next(stale.path_of(form) for form in stale.root.all("form") if stale.path_of(form).endswith("/accept"))
    assert charlie.post_form(stale, take).status_code == 404
    invite(alice, cast.charlie.number, "bills")
    page = charlie.get("/me/people").page
    decline = next(page.path_of(form) for form in page.root.all("form") if page.path_of(form).endswith("/decline"))
    assert "Declined" in charlie.post_form(page, decline).page.text


def test_an_invitation_needs_a_fresh_proof(alice, shift):
    shift(301)
    assert alice.get("/me/people/invite").headers["Location"].startswith("/proof")


def test_somebody_is_removed_and_sees_nothing_at_the_next_request(app, alice, sign_in, cast):
    let(app, cast, "bills")
    charlie = as_alice(sign_in(cast.charlie), cast)
    page = alice.get(f"/me/people/{to_ref(cast.charlie.party_id)}").page
    assert "Removed" in alice.post_form(page, f"/me/people/{to_ref(cast.charlie.party_id)}/remove").page.text
    answer = charlie.get("/bills", follow_redirects=True)
    assert answer.page.url == "/"
    assert "no longer act for that customer" in answer.page.text
    assert "no longer act" in messages_to(app, cast.charlie.number)[-1]


def test_a_role_that_ended_by_itself_leads_back_to_ones_own_and_does_nothing_there(app, sign_in, cast, shift):
    let(app, cast, *EVERYTHING, until=NOW + timedelta(minutes=2))
    charlie = as_alice(sign_in(cast.charlie), cast)
    assert charlie.get("/bills").status_code == 200
    shift(121)
    answer = charlie.get("/", follow_redirects=True)
    assert "You see your own again" in answer.page.text
    assert "李查理" in answer.page.text
    assert charlie.get("/").status_code == 200


def test_rights_are_changed(app, alice, sign_in, cast):
    let(app, cast, "bills")
    page = alice.get(f"/me/people/{to_ref(cast.charlie.party_id)}").page
    path = f"/me/people/{to_ref(cast.charlie.party_id)}"
    token = next(node.get("value") for node in page.form(path).all("input") if node.get("name") == "csrf_token")
    data = {"csrf_token": token, "role": "delegate", "rights": ["points"], "until": "2026-12-31"}
    assert "Changed" in alice.post(path, data=data, follow_redirects=True).page.text
    charlie = as_alice(sign_in(cast.charlie), cast)
    assert charlie.get("/bills").status_code == 404
    assert charlie.get("/points").status_code == 200
    assert "31 Dec" in charlie.get("/me/people").page.text


def test_one_leaves_by_oneself(app, sign_in, cast):
    let(app, cast, "bills")
    charlie = sign_in(cast.charlie)
    page = charlie.get("/me/people").page
    assert "no longer act" in charlie.post_form(page, "/me/people/leave").page.text
    assert cast.alice.name not in charlie.get("/me/people").page.text


def test_a_member_is_invited_to_a_line_and_signs_in_by_it(app, sign_in, cast):
    alice = sign_in(cast.alice)
    path = f"/me/people/{to_ref(cast.bob.party_id)}"
    alice.post_form(alice.get(path), f"{path}/remove")
    deliver(app)
    line = to_ref(cast.bob.subscription_id)
    assert "message is on its way" in invite(alice, cast.charlie.number, role="member", line=line).page.text
    charlie = sign_in(cast.charlie)
    accept(charlie)
    home = as_alice(charlie, cast).get("/").page
    assert home.has("card-usage")
    assert not home.has("card-bills")

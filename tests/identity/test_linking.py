"""Two logins of one person: linked after a proof on both sides, told to both, undone from either at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.base.errors import Invalid, NotFound, ProofNeeded
from portal.customers import Holder, NotLinkable, find_holder, get_viewer, list_links
from portal.identity import (
    CodeFor,
    CodeRight,
    CodeSent,
    LinkTexts,
    SessionView,
    SimTooNew,
    check_linkable,
    find_guard,
    link_logins,
    note_sim_change,
    set_web_password,
    unlink_logins,
)
from tests.cast import Cast, Person
from tests.identity.door import Browser, Door

TEXTS = LinkTexts("linked here", "linked there")


@pytest.fixture
def alice(door: Door, cast: Cast, now: datetime) -> SessionView:
    return door.enter(cast.alice.number, Browser("home"), now).view


def holder_of(door: Door, person: Person) -> Holder:
    with door.database.reading() as session:
        found = find_holder(session, person.number)
    assert found is not None
    return found


def link(door: Door, view: SessionView, other: Person, now: datetime) -> None:
    holder = holder_of(door, other)
    with door.database.writing() as session:
        link_logins(session, view, holder, texts=TEXTS, now=now)


def guard(door: Door, person: Person, now: datetime) -> Any:
    holder = holder_of(door, person)
    with door.database.reading() as session:
        return find_guard(session, holder, settings=door.settings, now=now)


def linked(door: Door, person: Person, now: datetime) -> list[int]:
    with door.database.reading() as session:
        return [each.party_id for each in list_links(session, person.party_id, now=now)]


def test_a_link_is_told_on_both_timelines_and_to_both_numbers(door: Door, alice: SessionView, cast: Cast, now: datetime) -> None:
    link(door, alice, cast.charlie, now)
    assert linked(door, cast.alice, now) == [cast.charlie.party_id]
    told = {(row["customer_id"], row["params"]["number"]) for row in door.rows("interaction") if row["kind"] == "logins_linked"}
    assert told == {(cast.alice.customer_id, "137****1234"), (cast.charlie.customer_id, "138****1234")}
    assert {(row["number"], row["body"]) for row in door.rows("message")} == {
        (cast.alice.number, "linked here"), (cast.charlie.number, "linked there"),
    }  # fmt: skip


def test_linking_needs_a_proof_of_the_last_five_minutes(door: Door, alice: SessionView, cast: Cast, now: datetime) -> None:
    with pytest.raises(ProofNeeded):
        link(door, alice, cast.charlie, now + timedelta(seconds=301))
    low = door.enter(cast.alice.number, Browser("other"), now, level=1).view
    with pytest.raises(ProofNeeded):
        link(door, low, cast.charlie, now)
    assert linked(door, cast.alice, now) == []


def test_either_side_undoes_it_and_acts_across_no_more(door: Door, alice: SessionView, cast: Cast, now: datetime) -> None:
    link(door, alice, cast.charlie, now)
    charlie = door.enter(cast.charlie.number, Browser("his"), now).view
    later = now + timedelta(minutes=1)
    with door.database.writing() as session:
        unlink_logins(session, charlie, cast.alice.party_id, texts=TEXTS, now=later)
    assert linked(door, cast.alice, later) == []
    with door.database.writing() as session:
        for one, other in ((cast.alice, cast.charlie), (cast.charlie, cast.alice)):
            with pytest.raises(NotFound):
                get_viewer(session, one.party_id, other.customer_id, now=later)
        with pytest.raises(NotFound):
            unlink_logins(session, charlie, cast.alice.party_id, texts=TEXTS, now=later)
    assert sum(row["kind"] == "logins_unlinked" for row in door.rows("interaction")) == 2


def test_nothing_is_merged(door: Door, alice: SessionView, cast: Cast, now: datetime) -> None:
    tables = ("party", "customer", "customer_role", "subscription", "number_holding", "account")
    before = [door.rows(name) for name in tables]
    link(door, alice, cast.charlie, now)
    assert [door.rows(name) for name in tables] == before


def test_what_guards_a_number_is_asked_for_besides_the_code(door: Door, cast: Cast, now: datetime) -> None:
    assert guard(door, cast.charlie, now) is None
    door.set_password(cast.charlie.number, "482917", now)
    assert guard(door, cast.charlie, now) == "service_password"
    charlie = door.enter(cast.charlie.number, Browser("his"), now).view
    with door.database.writing() as session:
        set_web_password(session, charlie, "hash", now=now)
    assert guard(door, cast.charlie, now) == "web_password"


def test_a_new_sim_and_a_company_are_not_linked(door: Door, alice: SessionView, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotLinkable):
        guard(door, cast.erin, now)
    with pytest.raises(NotLinkable):
        link(door, alice, cast.erin, now)
    holder = holder_of(door, cast.charlie)
    with door.database.writing() as session:
        note_sim_change(session, holder, now=now)
    with pytest.raises(SimTooNew):
        guard(door, cast.charlie, now + timedelta(hours=1))


def test_a_number_of_ones_own_is_said_so_before_anything_is_sent(door: Door, alice: SessionView, cast: Cast) -> None:
    with door.database.reading() as session:
        with pytest.raises(Invalid):
            check_linkable(session, alice, cast.alice.number)
        check_linkable(session, alice, cast.charlie.number)
        check_linkable(session, alice, "13700000000")


def test_a_code_for_linking_is_good_for_nothing_else_and_once(door: Door, cast: Cast, now: datetime) -> None:
    bound = CodeFor("flow of a browser", cast.charlie.number, "link")
    assert isinstance(door.send(bound, Browser("home"), now), CodeSent)
    (code,) = door.codes_sent(cast.charlie.number)
    elsewhere = CodeFor("flow of a browser", cast.charlie.number, "step_up")
    assert not isinstance(door.check(elsewhere, Browser("home"), code, now), CodeRight)
    assert isinstance(door.check(bound, Browser("home"), code, now), CodeRight)
    assert not isinstance(door.check(bound, Browser("home"), code, now), CodeRight)

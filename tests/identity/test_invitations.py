"""Invitations: bound to a number, good once, never more than who sends them has; and what hangs on a number when it passes on."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.errors import Invalid, NotFound, ProofNeeded
from portal.customers import (
    NewPerson,
    add_member,
    change_number,
    end_role,
    get_viewer,
    give_role,
    link_parties,
)
from portal.customers.events import NumberFreed
from portal.identity import (
    InvitationView,
    InvitationVoid,
    Limited,
    NewInvitation,
    SessionView,
    TooManyInvitations,
    accept_invitation,
    change_person,
    decline_invitation,
    invite_person,
    leave_customer,
    list_my_invitations,
    list_people_for,
    list_sent_invitations,
    remove_person,
    withdraw_invitation,
)
from portal.identity.handlers import unbind_number
from tests.cast import Cast, Person
from tests.identity.door import Browser, Door
from tests.security.factor_racers import accept_the_invitation
from tests.security.racers import Race, racing

PIN = "482917"
DAY = timedelta(days=1)


@pytest.fixture
def alice(door: Door, cast: Cast, now: datetime) -> SessionView:
    return door.enter(cast.alice.number, Browser("home"), now).view


@pytest.fixture
def charlie(door: Door, cast: Cast, now: datetime) -> SessionView:
    return door.enter(cast.charlie.number, Browser("his"), now).view


def invite(door: Door, view: SessionView, number: str, *rights: str, now: datetime, **more: Any) -> InvitationView:
    new = NewInvitation(number, more.pop("role", "delegate"), frozenset(rights), **more)
    with door.database.writing() as session:
        sent = invite_person(session, view, new, said="you are invited", now=now)
    assert isinstance(sent, InvitationView)
    return sent


def accept(door: Door, view: SessionView, which: InvitationView, now: datetime) -> None:
    with door.database.writing() as session:
        accept_invitation(session, view, which.id, said="taken", now=now)


def rights_at(door: Door, person: Person, customer: Person, now: datetime) -> frozenset[str]:
    with door.database.reading() as session:
        return get_viewer(session, person.party_id, customer.customer_id, now=now).rights


def mine(door: Door, view: SessionView, now: datetime) -> list[int]:
    with door.database.reading() as session:
        return [each.id for each in list_my_invitations(session, view, now=now)]


def work_off(door: Door, now: datetime) -> None:
    """Have identity deal with the numbers that were freed, as the worker would."""
    for row in door.rows("outbox_event"):
        if row["type"] == NumberFreed.type:
            with door.database.writing() as session:
                unbind_number(session, NumberFreed(**row["payload"]), now)


def test_who_is_invited_and_accepts_has_what_was_offered_and_both_timelines_tell_it(
    door: Door, alice: SessionView, charlie: SessionView, cast: Cast, now: datetime
) -> None:
    sent = invite(door, alice, cast.charlie.number, "bills", "points", now=now, until=now + 30 * DAY)
    assert (sent.number, sent.inviter, sent.customer) == ("137****1234", "王**", "王**")
    accept(door, charlie, sent, now)
    assert rights_at(door, cast.charlie, cast.alice, now) == {"bills", "points"}
    with pytest.raises(NotFound):
        rights_at(door, cast.charlie, cast.alice, now + 30 * DAY)
    told = {(row["customer_id"], row["kind"]) for row in door.rows("interaction")}
    assert {
        (cast.alice.customer_id, "person_invited"), (cast.alice.customer_id, "invitation_accepted"),
        (cast.charlie.customer_id, "acting_began"),
    } <= told  # fmt: skip
    assert {(row["number"], row["body"]) for row in door.rows("message")} == {
        (cast.charlie.number, "you are invited"), (cast.alice.number, "taken"),
    }  # fmt: skip


def test_an_invitation_is_good_for_seven_days_and_once(
    door: Door, alice: SessionView, charlie: SessionView, cast: Cast, now: datetime
) -> None:
    old = invite(door, alice, cast.charlie.number, "bills", now=now)
    assert mine(door, charlie, now + 7 * DAY - timedelta(seconds=1)) == [old.id]
    with pytest.raises(NotFound):
        accept(door, charlie, old, now + 7 * DAY)
    accept(door, charlie, old, now)
    with pytest.raises(NotFound):
        accept(door, charlie, old, now)


def test_only_who_holds_the_number_sees_and_answers_it(door: Door, alice: SessionView, cast: Cast, now: datetime) -> None:
    sent = invite(door, alice, cast.charlie.number, "bills", now=now)
    for person in (cast.bob, cast.erin, cast.alice):
        other = door.enter(person.number, Browser("x"), now).view
        assert mine(door, other, now) == []
        with pytest.raises(NotFound):
            accept(door, other, sent, now)
        with door.database.writing() as session, pytest.raises(NotFound):
            decline_invitation(session, other, sent.id, now=now)


def test_a_service_password_alone_accepts_nothing(door: Door, alice: SessionView, cast: Cast, now: datetime) -> None:
    sent = invite(door, alice, cast.charlie.number, "bills", now=now)
    low = door.enter(cast.charlie.number, Browser("his"), now, level=1).view
    with pytest.raises(ProofNeeded):
        accept(door, low, sent, now)


def test_who_gets_the_number_later_does_not_get_the_invitation(door: Door, alice: SessionView, cast: Cast, now: datetime) -> None:
    invite(door, alice, cast.bob.number, "bills", now=now)
    erin, later = cast.erin, now + timedelta(hours=1)
    with door.database.writing() as session:
        add_member(session, cast.alice.customer_id, cast.bob.subscription_id, erin.party_id, now=later)
    assert mine(door, door.enter(cast.bob.number, Browser("new"), later).view, later) == []
    work_off(door, later)
    with door.database.reading() as session:
        assert list_sent_invitations(session, cast.alice.customer_id, now=later) == []


def test_nobody_invites_themselves_nor_a_login_of_their_own(door: Door, alice: SessionView, cast: Cast, now: datetime) -> None:
    with door.database.writing() as session:
        link_parties(session, cast.alice.party_id, cast.charlie.party_id, now=now)
    for number in (cast.alice.number, cast.charlie.number):
        with pytest.raises(Invalid):
            invite(door, alice, number, "bills", now=now)


def test_nobody_gives_what_they_have_not(door: Door, charlie: SessionView, cast: Cast, now: datetime) -> None:
    with door.database.writing() as session:
        give_role(session, cast.alice.customer_id, cast.charlie.party_id, "delegate", {"people", "points"}, until=None, now=now)
        session.execute(sa.update(Base.metadata.tables["login_session"]).values(customer_id=cast.alice.customer_id))
    view = door.finds_again(charlie, now)
    invite(door, view, cast.erin.number, "points", now=now)
    for role, rights in (("delegate", {"bills"}), ("delegate", {"points", "lines"}), ("payer", ()), ("administrator", ()), ("member", ())):
        with pytest.raises(NotFound):
            invite(door, view, cast.erin.number, *rights, role=role, now=now)


def test_who_may_not_look_after_people_does_nothing_of_it(door: Door, cast: Cast, now: datetime) -> None:
    bob = door.enter(cast.bob.number, Browser("his"), now).view
    with door.database.reading() as session:
        assert list_people_for(session, bob, now=now) == []
    with pytest.raises(NotFound):
        invite(door, bob, cast.charlie.number, "bills", now=now)
    with door.database.writing() as session:
        with pytest.raises(NotFound):
            withdraw_invitation(session, bob, 4711, now=now)
        with pytest.raises(NotFound):
            remove_person(session, bob, cast.alice.party_id, "owner", said=None, now=now)


def test_what_was_offered_is_void_once_its_giver_has_lost_it(door: Door, charlie: SessionView, cast: Cast, now: datetime) -> None:
    with door.database.writing() as session:
        give_role(session, cast.alice.customer_id, cast.erin.party_id, "delegate", {"people", "bills"}, until=None, now=now)
        session.execute(sa.update(Base.metadata.tables["login_session"]).values(customer_id=cast.alice.customer_id))
    erin = door.enter(cast.erin.number, Browser("hers"), now).view
    with door.database.writing() as session:
        session.execute(sa.update(Base.metadata.tables["login_session"]).values(customer_id=cast.alice.customer_id))
    sent = invite(door, door.finds_again(erin, now), cast.charlie.number, "bills", now=now)
    with door.database.writing() as session:
        end_role(session, cast.alice.customer_id, cast.erin.party_id, "delegate", now=now)
    with pytest.raises(InvitationVoid):
        accept(door, charlie, sent, now)


def test_the_eleventh_open_invitation_is_refused(door: Door, alice: SessionView, now: datetime) -> None:
    for place in range(10):
        invite(door, alice, f"1360000100{place}", "bills", now=now)
    with pytest.raises(TooManyInvitations):
        invite(door, alice, "13600002000", "bills", now=now)


def test_a_number_is_not_flooded(door: Door, alice: SessionView, cast: Cast, now: datetime) -> None:
    for _ in range(5):
        sent = invite(door, alice, cast.charlie.number, "bills", now=now)
        with door.database.writing() as session:
            withdraw_invitation(session, alice, sent.id, now=now)
    with door.database.writing() as session:
        new = NewInvitation(cast.charlie.number, "delegate", frozenset({"bills"}))
        assert isinstance(invite_person(session, alice, new, said="x", now=now), Limited)


def test_an_owner_is_neither_removed_nor_leaves(door: Door, alice: SessionView, charlie: SessionView, cast: Cast, now: datetime) -> None:
    accept(door, charlie, invite(door, alice, cast.charlie.number, "lines", "bills", "points", "orders", "people", now=now), now)
    with door.database.writing() as session:
        session.execute(sa.update(Base.metadata.tables["login_session"]).values(customer_id=cast.alice.customer_id))
    with door.database.writing() as session, pytest.raises(NotFound):
        remove_person(session, door.finds_again(charlie, now), cast.alice.party_id, "owner", said=None, now=now)
    with door.database.writing() as session, pytest.raises(NotFound):
        leave_customer(session, alice, cast.alice.customer_id, now=now)


def test_rights_are_changed_and_the_person_told(door: Door, alice: SessionView, charlie: SessionView, cast: Cast, now: datetime) -> None:
    accept(door, charlie, invite(door, alice, cast.charlie.number, "bills", now=now), now)
    with door.database.writing() as session:
        change_person(session, alice, cast.charlie.party_id, frozenset({"points"}), until=None, said="changed", now=now)
    assert rights_at(door, cast.charlie, cast.alice, now) == {"points"}
    assert "changed" in {row["body"] for row in door.rows("message")}


def test_six_at_once_accept_once(door: Door, alice: SessionView, charlie: SessionView, cast: Cast, now: datetime, race: Race) -> None:
    sent = invite(door, alice, cast.charlie.number, "bills", now=now)
    url = door.database.url.render_as_string(hide_password=False)
    assert Counter(race.run(accept_the_invitation, url, charlie, sent.id, now)) == {"accepted": 1, "NotFound": 5}


@pytest.fixture(scope="module")
def race() -> Any:
    with racing() as pool:
        yield pool


def test_when_a_line_gets_another_user_the_former_ones_sessions_and_password_are_over(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.bob.number, PIN, now)
    bob = door.enter(cast.bob.number, Browser("his"), now)
    later = now + timedelta(minutes=1)
    with door.database.writing() as session:
        add_member(session, cast.alice.customer_id, cast.bob.subscription_id, NewPerson("赵云"), now=later)
    work_off(door, later)
    assert door.finds(bob.token, "subscriber", later) is None
    assert type(door.give_password(cast.bob.number, Browser("his"), PIN, later)).__name__ == "PasswordWrong"
    assert door.rows("login_session")[-1]["ended_by"] == "number"


def test_a_line_with_another_number_keeps_its_password_and_ends_the_sessions_of_the_old(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.charlie.number, PIN, now)
    charlie = door.enter(cast.charlie.number, Browser("his"), now)
    later = now + timedelta(minutes=1)
    with door.database.writing() as session:
        change_number(session, cast.charlie.customer_id, cast.charlie.subscription_id, "13957100777", now=later)
    work_off(door, later)
    assert door.finds(charlie.token, "subscriber", later) is None
    assert type(door.give_password("13957100777", Browser("his"), PIN, later)).__name__ == "PasswordRight"


def test_news_of_a_number_that_come_late_do_no_harm(door: Door, cast: Cast, now: datetime) -> None:
    later = now + timedelta(minutes=1)
    with door.database.writing() as session:
        add_member(session, cast.alice.customer_id, cast.bob.subscription_id, cast.erin.party_id, now=now)
    door.set_password(cast.bob.number, PIN, later)
    erin = door.enter(cast.bob.number, Browser("hers"), later)
    work_off(door, later)
    assert door.finds(erin.token, "subscriber", later) is not None
    assert type(door.give_password(cast.bob.number, Browser("hers"), PIN, later)).__name__ == "PasswordRight"

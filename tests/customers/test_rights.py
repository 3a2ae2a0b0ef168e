"""Rights by name: what each role gives, what a delegate was given, and that it ends by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.base.db import Database
from portal.base.errors import NotFound
from portal.customers import (
    EVERYTHING,
    NOTHING,
    LastOfThem,
    Viewer,
    add_member,
    change_rights,
    end_role,
    get_viewer,
    give_role,
    list_acting,
    list_role_holders,
)
from tests.cast import Cast


def seen(database: Database, party_id: int, customer_id: int, now: datetime) -> Viewer:
    with database.reading() as session:
        return get_viewer(session, party_id, customer_id, now=now)


def let(database: Database, cast: Cast, now: datetime, role: str, *rights: str, until: datetime | None = None) -> None:
    """Let Charlie act for Alice."""
    with database.writing() as session:
        give_role(session, cast.alice.customer_id, cast.charlie.party_id, role, rights, until=until, now=now)


def test_a_payer_sees_bills_and_no_line(database: Database, cast: Cast, now: datetime) -> None:
    let(database, cast, now, "payer")
    viewer = seen(database, cast.charlie.party_id, cast.alice.customer_id, now)
    assert (viewer.lines, viewer.rights) == (frozenset(), {"bills"})
    assert viewer.money
    assert not viewer.whole


@pytest.mark.parametrize("right", sorted(EVERYTHING))
def test_a_delegate_has_the_rights_that_were_given_and_no_other(database: Database, cast: Cast, now: datetime, right: str) -> None:
    let(database, cast, now, "delegate", right)
    viewer = seen(database, cast.charlie.party_id, cast.alice.customer_id, now)
    assert [name for name in sorted(EVERYTHING) if viewer.may(name)] == [right]
    assert (viewer.lines is None) == (right == "lines")
    assert not viewer.sees_line(None)


def test_a_right_nobody_knows_is_not_kept(database: Database, cast: Cast, now: datetime) -> None:
    let(database, cast, now, "delegate", "bills", "everything", "owner")
    assert seen(database, cast.charlie.party_id, cast.alice.customer_id, now).rights == {"bills"}


def test_a_delegate_who_uses_a_line_sees_that_line_too(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        give_role(session, cast.alice.customer_id, cast.bob.party_id, "delegate", {"points"}, until=None, now=now)
    viewer = seen(database, cast.bob.party_id, cast.alice.customer_id, now)
    assert (viewer.lines, viewer.rights) == ({cast.bob.subscription_id}, {"points"})


def test_a_role_ends_by_itself(database: Database, cast: Cast, now: datetime) -> None:
    until = now + timedelta(days=3)
    let(database, cast, now, "delegate", "bills", until=until)
    seen(database, cast.charlie.party_id, cast.alice.customer_id, until - timedelta(seconds=1))
    with pytest.raises(NotFound):
        seen(database, cast.charlie.party_id, cast.alice.customer_id, until)
    with database.reading() as session:
        assert [each.role for each in list_acting(session, cast.charlie.party_id, now=until)] == ["owner"]
        assert cast.charlie.party_id not in {each.party_id for each in list_role_holders(session, cast.alice.customer_id, now=until)}


def test_rights_are_changed_and_ended_at_once(database: Database, cast: Cast, now: datetime) -> None:
    let(database, cast, now, "delegate", "bills", "points")
    with database.writing() as session:
        change_rights(session, cast.alice.customer_id, cast.charlie.party_id, {"orders"}, until=None, now=now)
        assert get_viewer(session, cast.charlie.party_id, cast.alice.customer_id, now=now).rights == {"orders"}
        end_role(session, cast.alice.customer_id, cast.charlie.party_id, "delegate", now=now)
        with pytest.raises(NotFound):
            get_viewer(session, cast.charlie.party_id, cast.alice.customer_id, now=now)
        with pytest.raises(NotFound):
            change_rights(session, cast.alice.customer_id, cast.charlie.party_id, {"bills"}, until=None, now=now)
        with pytest.raises(NotFound):
            end_role(session, cast.alice.customer_id, cast.charlie.party_id, "delegate", now=now)


def test_a_role_that_ended_can_be_given_again(database: Database, cast: Cast, now: datetime) -> None:
    let(database, cast, now, "delegate", "bills", until=now + timedelta(hours=1))
    let(database, cast, now + timedelta(days=1), "delegate", "points")
    assert seen(database, cast.charlie.party_id, cast.alice.customer_id, now + timedelta(days=2)).rights == {"points"}


def test_the_only_owner_or_administrator_is_not_removed(database: Database, cast: Cast, now: datetime) -> None:
    for whose, who, role in ((cast.alice, cast.alice, "owner"), (cast.acme, cast.erin, "administrator")):
        with database.writing() as session, pytest.raises(LastOfThem):
            end_role(session, whose.customer_id, who.party_id, role, now=now)
    with database.writing() as session:
        give_role(session, cast.acme.customer_id, cast.charlie.party_id, "administrator", None, until=None, now=now)
        end_role(session, cast.acme.customer_id, cast.erin.party_id, "administrator", now=now)
        assert get_viewer(session, cast.charlie.party_id, cast.acme.customer_id, now=now).rights == EVERYTHING


def test_a_payer_becomes_a_member_besides(database: Database, cast: Cast, now: datetime) -> None:
    let(database, cast, now, "payer")
    with database.writing() as session:
        add_member(session, cast.alice.customer_id, cast.bob.subscription_id, cast.charlie.party_id, now=now)
        end_role(session, cast.alice.customer_id, cast.charlie.party_id, "payer", now=now)
    viewer = seen(database, cast.charlie.party_id, cast.alice.customer_id, now)
    assert (viewer.lines, viewer.rights) == ({cast.bob.subscription_id}, NOTHING)


def test_the_people_of_a_customer_are_listed_with_what_they_may(database: Database, cast: Cast, now: datetime) -> None:
    let(database, cast, now, "delegate", "people")
    with database.reading() as session:
        found = list_role_holders(session, cast.alice.customer_id, now=now)
    assert [(each.name, each.role, each.rights) for each in found] == [
        ("王爱丽", "owner", EVERYTHING),
        ("李查理", "delegate", {"people"}),
        ("王博", "member", NOTHING),
    ]
    assert found[2].numbers == (cast.bob.number,)

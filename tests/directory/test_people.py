"""An enterprise's list of people: who is on it comes in, who is not is out, and nobody is taken for anybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.errors import Invalid, NotFound, Refused
from portal.customers import find_holder, list_acting
from portal.directory import (
    NewGroup,
    NewPersonEntry,
    change_group,
    change_person,
    create_directory_token,
    delete_group,
    delete_person,
    end_directory_token,
    find_directory,
    find_person,
    get_person,
    list_directory_tokens,
    list_groups_of,
    list_members,
    put_group,
    put_person,
    touch_directory,
)
from portal.identity import Visitor, find_session, start_session

EMMA = NewPersonEntry("Emma.Wu@acme.example", "Emma Wu", "E-1", ("emma.wu@acme.example",))


@pytest.fixture
def acme(cast):
    return cast.acme.customer_id


@pytest.fixture
def emma(database, acme, now):
    with database.writing() as session:
        return put_person(session, acme, EMMA, now=now)


def roles_of(session, person, now):
    return [(each.customer_id, each.role) for each in list_acting(session, person.party_id, now=now)]


def test_who_is_put_on_the_list_is_an_employee_with_a_party_of_their_own(database, acme, emma, now):
    with database.reading() as session:
        assert roles_of(session, emma, now) == [(acme, "employee")]
        assert get_person(session, acme, emma.id) == emma
        party = Base.metadata.tables["party"]
        name, kind = session.execute(sa.select(party.c.name, party.c.kind).where(party.c.id == emma.party_id)).one()
    assert (name, kind, emma.version, emma.source) == ("Emma Wu", "individual", 1, "scim")
    assert emma.resource == {"emails": [{"value": "emma.wu@acme.example"}]}


def test_a_person_known_elsewhere_is_not_taken_for_the_one_on_the_list(database, cast, acme, now):
    with database.writing() as session:
        entry = put_person(session, acme, NewPersonEntry("alice", "王爱丽"), now=now)
    assert entry.party_id != cast.alice.party_id


def test_one_person_a_name_however_it_is_written(database, acme, emma, now):
    for name in ("EMMA.WU@ACME.EXAMPLE", " emma.wu@acme.example "):
        with pytest.raises(Refused) as refused, database.writing() as session:
            put_person(session, acme, NewPersonEntry(name), now=now)
        assert refused.value.code == "uniqueness"
    with database.writing() as session:
        other = put_person(session, acme, NewPersonEntry("fred"), now=now)
    with pytest.raises(Refused), database.writing() as session:
        change_person(session, acme, other.id, NewPersonEntry("Emma.wu@acme.example"), now=now)
    with database.reading() as session:
        assert get_person(session, acme, other.id) == other, "what was refused changed nothing"


def test_the_same_name_at_another_enterprise_is_another_person(database, cast, acme, emma, now):
    other = Base.metadata.tables["customer"]
    with database.writing() as session:
        session.execute(sa.update(other).where(other.c.customer_id == cast.charlie.customer_id).values(kind="organisation"))
        twin = put_person(session, cast.charlie.customer_id, EMMA, now=now)
        assert twin.party_id != emma.party_id
        assert find_person(session, cast.charlie.customer_id, user_name="emma.wu@acme.example") == twin
        with pytest.raises(NotFound):
            get_person(session, cast.charlie.customer_id, emma.id)


@pytest.mark.parametrize("wanted", [{"user_name": "EMMA.wu@acme.example"}, {"external_id": "E-1"}, {"address": "Emma.Wu@Acme.Example"}])
def test_a_person_is_found_by_name_number_and_address(database, cast, acme, emma, wanted):
    with database.reading() as session:
        assert find_person(session, acme, **wanted) == emma
        assert find_person(session, cast.alice.customer_id, **wanted) is None


def test_an_address_of_two_is_nobodys(database, acme, emma, now):
    with database.writing() as session:
        put_person(session, acme, NewPersonEntry("fred", external_id="e-1", addresses=("emma.wu@acme.example",)), now=now)
        assert find_person(session, acme, address="emma.wu@acme.example") is None
        assert find_person(session, acme, external_id="e-1").user_name == "fred", "numbers are compared letter by letter"


@pytest.mark.parametrize(
    "new",
    [
        NewPersonEntry(""), NewPersonEntry("x" * 256), NewPersonEntry("a\nb"), NewPersonEntry("a", external_id="\x01"),
        NewPersonEntry("a", addresses=("y" * 300,)), NewPersonEntry("a", addresses=tuple(f"{each}@a" for each in range(21))),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(database, acme, now, new):
    with pytest.raises(Invalid), database.writing() as session:
        put_person(session, acme, new, now=now)


def test_only_an_enterprise_has_a_list(database, cast, now):
    with pytest.raises(Refused), database.writing() as session:
        put_person(session, cast.alice.customer_id, EMMA, now=now)
    with pytest.raises(NotFound), database.writing() as session:
        put_person(session, 12, EMMA, now=now)


def sign_in(session, settings, cast, person, now):
    """Have somebody on the list signed in: by a number of another's, for want of a provider here."""
    table = Base.metadata.tables["login_session"]
    visitor = Visitor(device_id="d", known=False, label="", ip="192.0.2.1")
    started = start_session(session, find_holder(session, cast.alice.number), visitor, level=2, settings=settings, now=now)
    changed = {"party_id": person.party_id, "customer_id": person.customer_id, "number": None}
    session.execute(sa.update(table).where(table.c.id == started.view.id).values(changed))
    return started.token


@pytest.mark.parametrize("way", ["inactive", "deleted"])
def test_who_leaves_is_out_at_once_and_the_sites_are_told(database, cast, settings, acme, emma, now, way):
    with database.writing() as session:
        token = sign_in(session, settings, cast, emma, now)
    with database.writing() as session:
        if way == "deleted":
            delete_person(session, acme, emma.id, now=now)
        else:
            change_person(session, acme, emma.id, NewPersonEntry("emma", active=False), now=now)
    with database.reading() as session:
        assert find_session(session, token, "subscriber", now=now) is None
        assert roles_of(session, emma, now) == []
        events = Base.metadata.tables["outbox_event"]
        told = session.scalars(sa.select(events.c.payload).where(events.c.type == "identity.session_ended")).all()
        assert [(each["by"], each["party_id"]) for each in told] == [("employer", emma.party_id)]


def test_who_is_somebody_elsewhere_too_stays_signed_in_there(database, cast, settings, acme, emma, now):
    role = Base.metadata.tables["customer_role"]
    with database.writing() as session:
        row = {"customer_id": cast.alice.customer_id, "party_id": emma.party_id, "role": "payer", "valid_from": now}
        session.execute(sa.insert(role).values(row))
        token = sign_in(session, settings, cast, emma, now)
        change_person(session, acme, emma.id, NewPersonEntry("emma", active=False), now=now)
        assert find_session(session, token, "subscriber", now=now) is not None
        assert [each for each, _ in roles_of(session, emma, now)] == [cast.alice.customer_id]


def test_who_comes_back_is_the_same_party(database, acme, emma, now):
    later = now + timedelta(days=1)
    with database.writing() as session:
        gone = change_person(session, acme, emma.id, NewPersonEntry("emma", "Emma", active=False), now=now)
        back = change_person(session, acme, emma.id, NewPersonEntry("emma", "Emma W", active=True), now=later)
        assert (gone.version, back.version, back.party_id, back.addresses) == (2, 3, emma.party_id, ())
        assert roles_of(session, emma, later) == [(acme, "employee")]
        assert find_person(session, acme, address="emma.wu@acme.example") is None
    with pytest.raises(Refused) as refused, database.writing() as session:
        change_person(session, acme, emma.id, EMMA, version=2, now=later)
    assert refused.value.code == "version"


def test_who_begins_inactive_is_not_let_in(database, acme, now):
    with database.writing() as session:
        entry = put_person(session, acme, NewPersonEntry("soon", active=False), now=now)
        assert roles_of(session, entry, now) == []


def test_groups_hold_people_of_the_same_list_alone(database, cast, acme, emma, now):
    with database.writing() as session:
        group = put_group(session, acme, NewGroup("Sales", "g-1", frozenset({emma.id})), now=now)
        fred = put_person(session, acme, NewPersonEntry("fred"), now=now)
    for strange in (12, cast.alice.party_id):
        with pytest.raises(Invalid), database.writing() as session:
            change_group(session, acme, group.id, NewGroup("Sales", members=frozenset({emma.id, strange})), now=now)
    with database.writing() as session:
        assert [each.person_id for each in list_members(session, acme, [group.id])[group.id]] == [emma.id]
        change_group(session, acme, group.id, NewGroup("Sale", members=frozenset({fred.id})), now=now)
        assert list_groups_of(session, acme, [emma.id, fred.id]).keys() == {fred.id}
        delete_person(session, acme, fred.id, now=now)
        assert list_members(session, acme, [group.id]) == {}
        assert delete_group(session, acme, group.id).display_name == "Sale"
        with pytest.raises(NotFound):
            delete_group(session, acme, group.id)


def test_a_token_is_good_for_one_enterprise_for_its_days_and_until_it_is_ended(database, cast, acme, now):
    with database.writing() as session:
        view, token = create_directory_token(session, acme, " Entra ", days=30, now=now)
        access = find_directory(session, token, now=now)
        assert (view.label, access.customer_id, access.is_stale(now)) == ("Entra", acme, True)
        touch_directory(session, access, now=now)
        assert not find_directory(session, token, now=now).is_stale(now)
        assert find_directory(session, token, now=now + timedelta(days=30)) is None
        assert find_directory(session, token + "x", now=now) is None
        assert [each.id for each in list_directory_tokens(session, acme)] == [view.id]
        assert list_directory_tokens(session, cast.alice.customer_id) == []
        with pytest.raises(NotFound):
            end_directory_token(session, cast.alice.customer_id, view.id, now=now)
        end_directory_token(session, acme, view.id, now=now)
        assert find_directory(session, token, now=now) is None
        assert list_directory_tokens(session, acme) == []
        assert len(list_directory_tokens(session, acme, with_ended=True)) == 1
        rows = str(session.execute(sa.select(Base.metadata.tables["directory_token"])).all())
    assert token not in rows


@pytest.mark.parametrize(("label", "days"), [("", 3), ("x" * 101, 3), ("a", 0), ("a", 367), ("a\nb", 3)])
def test_a_token_without_a_name_or_an_end_is_not_made(database, acme, now, label, days):
    with pytest.raises(Invalid), database.writing() as session:
        create_directory_token(session, acme, label, days=days, now=now)


def test_a_token_for_nobody_is_not_made(database, now):
    with pytest.raises(Invalid), database.writing() as session:
        create_directory_token(session, 12, "x", days=3, now=now)

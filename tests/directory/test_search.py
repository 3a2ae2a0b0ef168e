"""What SQL says of a filter is what RFC 7644 says of it: both ways are asked, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from scim2_models import ScimFilter, SearchRequest

from portal.base.db import Base
from portal.base.errors import Refused
from portal.base.ids import to_ref
from portal.directory import (
    Group,
    NewGroup,
    NewPersonEntry,
    PersonResource,
    groups,
    list_groups,
    list_people,
    put_group,
    put_person,
    search,
    write_person,
)
from portal.directory.filters import narrow_people

NAMES = ("Emma.Wu", "émile", "Fred_100%", "fRED", "王小明", "zoë")


@pytest.fixture
def listed(database, cast, now):
    """Six people, one of them on another list as well, and a group of two."""
    with database.writing() as session:
        made = []
        for number, name in enumerate(NAMES):
            emails = [{"value": f"{name}@Acme.example", "type": "work"}, {"value": f"{name}@home.example", "type": "home"}]
            new = NewPersonEntry(
                name, f"{name} the {number}", f"E-{number}" if number % 2 else None, active=number != 3,
                resource={"emails": emails, "active": number != 3,
                    "title": "Chief" if number < 2 else "", "displayName": f"{name} the {number}"},
            )  # fmt: skip
            made.append(put_person(session, cast.acme.customer_id, new, now=now + timedelta(hours=number)))
        put_group(session, cast.acme.customer_id, NewGroup("Sales", "g1", frozenset(each.id for each in made[:2])), now=now)
        put_group(session, cast.acme.customer_id, NewGroup("sales EMEA"), now=now + timedelta(hours=1))
    return made


FILTERS = (
    'userName eq "emma.wu"', 'userName ne "emma.wu"', 'userName co "M"', 'userName sw "fred"', 'userName ew "0%"', 'userName co "_"',
    'userName gt "f"', 'userName le "fred"', 'userName eq "ÉMILE"', 'userName co "小"', 'externalId eq "E-1"', 'externalId eq "e-1"',
    'externalId ne "E-1"', 'externalId pr', 'not (externalId pr)', 'externalId eq null', 'externalId sw "e"', 'externalId gt "E-1"',
    'not (externalId eq "E-1")', 'active eq true', 'active eq false', 'active ne true', 'not (active eq true)', 'active eq "True"',
    'emails eq "FRED@acme.example"', 'emails.value co "HOME"', 'emails[type eq "work" and value sw "emma"]',
    'emails[value ew "home.example"]',
    'emails.type eq "home"', 'not (emails co "fred")', 'displayName co "THE 4"', 'displayName eq "zoë the 5"',
    'displayName pr', 'title eq "chief"',
    'title eq "chief" and userName sw "e"', 'title eq "chief" or userName sw "f"', 'userName sw "e" or userName sw "f" and active eq false',
    '(userName sw "e" or userName sw "f") and active eq false', 'meta.created gt "2026-11-22T04:00:00Z"',
    'meta.created le "2026-11-22T04:00:00Z"',
    'meta.lastModified ge "2026-11-22T04:00:00Z"', 'meta.resourceType eq "User"', 'id pr', 'id eq "0000000000000"',
    'groups.display eq "sales"', 'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ZOË"', 'name.familyName pr',
    r'userName eq "\ud800"', r'userName co "\u0000"', 'userName eq ""', 'emails.value eq "x\\"y"',
)  # fmt: skip


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_finds_just_who_fits(database, cast, listed, text):
    wanted = ScimFilter[PersonResource](text)
    with database.reading() as session:
        found = list_people(session, cast.acme.customer_id, wanted=wanted)
        of = groups.list_groups_of(session, cast.acme.customer_id, [each.id for each in listed])
        assert list_people(session, cast.alice.customer_id, wanted=wanted).total == 0
    fitting = [each for each in listed if wanted.match(write_person(each, of.get(each.id, ()), ""))]
    assert list(found.entries) == fitting
    assert found.total == len(fitting)


def test_a_group_finds_its_people_and_a_person_the_groups(database, cast, listed):
    emma, fred = listed[0], listed[2]
    with database.reading() as session:
        (sales, emea) = list_groups(session, cast.acme.customer_id).entries

        def found(text):
            return [each.id for each in list_groups(session, cast.acme.customer_id, wanted=ScimFilter[Group](text)).entries]

        assert found('displayName sw "SALES"') == [sales.id, emea.id]
        assert found('displayName eq "sales"') == [sales.id]
        assert found(f'members eq "{to_ref(emma.id)}"') == [sales.id]
        assert found(f'members[value eq "{to_ref(emma.id)}"] and id eq "{to_ref(sales.id)}"') == [sales.id]
        assert found(f'members.value eq "{to_ref(fred.id)}"') == []
        assert found('members.value sw "0" and externalId eq "g1"') == [sales.id]
        in_sales = list_people(session, cast.acme.customer_id, wanted=ScimFilter[PersonResource](f'groups eq "{to_ref(sales.id)}"'))
        assert [each.id for each in in_sales.entries] == [each.id for each in listed[:2]]


@pytest.mark.parametrize("by", ["userName", "displayName", "meta.created", "externalId", "emails", "id", "title"])
@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_a_list_is_in_the_order_that_was_asked_for(database, cast, listed, by, order):
    asked = SearchRequest[PersonResource](sort_by=by, sort_order=order)
    with database.reading() as session:
        found = list_people(session, cast.acme.customer_id, order=asked)
    values = [asked.sort_value(write_person(each, (), "")) for each in found.entries]
    expected = asked.sort([write_person(each, (), "") for each in listed])
    assert values == [asked.sort_value(each) for each in expected]


def test_pages_are_parts_of_one_list(database, cast, listed):
    with database.reading() as session:
        pages = [list_people(session, cast.acme.customer_id, start=start, count=4) for start in (1, 5, 9)]
        assert [len(each.entries) for each in pages] == [4, 2, 0]
        assert [each.total for each in pages] == [6, 6, 6]
        assert [each for page in pages for each in page.entries] == listed
        none = list_people(session, cast.acme.customer_id, count=0)
        assert (none.total, none.entries) == (6, ())
        looked = list_people(session, cast.acme.customer_id, wanted=ScimFilter[PersonResource]("emails pr"), start=5, count=4)
        assert (looked.total, list(looked.entries)) == (6, listed[4:])


def test_what_would_take_too_long_to_look_at_is_refused(database, cast, listed, monkeypatch):
    monkeypatch.setattr(search, "MAX_LOOKED_AT", 5)
    with database.reading() as session:
        with pytest.raises(Refused) as refused:
            list_people(session, cast.acme.customer_id, wanted=ScimFilter[PersonResource]("title pr"))
        assert refused.value.code == "too_many_to_look_at"
        narrowed = ScimFilter[PersonResource]('title pr and userName sw "e"')
        assert list_people(session, cast.acme.customer_id, wanted=narrowed).total == 1


def test_what_directories_ask_most_is_looked_up_and_not_searched_for(database, cast, listed):
    with database.reading() as session:
        for text, index in (('userName eq "fred"', "user_name"), ('externalId eq "E-1"', "external")):
            condition = narrow_people(ScimFilter[PersonResource](text)).condition
            table = Base.metadata.tables["directory_person"]
            asked = sa.select(table.c.id).where(table.c.customer_id == cast.acme.customer_id, condition)
            if database.is_sqlite:
                compiled = asked.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
                plan = str(session.execute(sa.text(f"EXPLAIN QUERY PLAN {compiled}")).all())
                assert index in plan, plan
            assert "coalesce" not in str(asked)

"""However many directories speak at the same moment: real processes, on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portal.directory import NewGroup, NewPersonEntry, get_person, list_members, list_people, put_group, put_person
from tests.directory.racers import add, change, join
from tests.security.racers import RACERS, Race, racing


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    with racing() as pool:
        yield pool


@pytest.fixture
def url(database):
    return database.url.render_as_string(hide_password=False)


def test_a_name_that_six_put_on_the_list_at_once_is_on_it_once(database, url, cast, now, race):
    told = race.run(add, url, cast.acme.customer_id, now)
    assert sorted(told) == ["added"] + ["uniqueness"] * (RACERS - 1)
    with database.reading() as session:
        assert list_people(session, cast.acme.customer_id).total == 1


def test_of_six_who_join_a_group_at_once_none_is_lost(database, url, cast, now, race):
    with database.writing() as session:
        people = [put_person(session, cast.acme.customer_id, NewPersonEntry(f"p{each}"), now=now).id for each in range(RACERS)]
        group = put_group(session, cast.acme.customer_id, NewGroup("Sales"), now=now)
    assert race.run(join, url, cast.acme.customer_id, group.id, people, now) == ["joined"] * RACERS
    with database.reading() as session:
        members = list_members(session, cast.acme.customer_id, [group.id])[group.id]
    assert sorted(each.person_id for each in members) == sorted(people)


def test_of_six_who_change_one_version_one_does(database, url, cast, now, race):
    with database.writing() as session:
        emma = put_person(session, cast.acme.customer_id, NewPersonEntry("emma"), now=now)
    told = race.run(change, url, cast.acme.customer_id, emma.id, now)
    assert sorted(told) == ["changed"] + ["version"] * (RACERS - 1)
    with database.reading() as session:
        assert get_person(session, cast.acme.customer_id, emma.id).version == 2

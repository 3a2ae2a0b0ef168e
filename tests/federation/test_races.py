"""What comes back from a company's provider is good once, however many bring it at the same moment: real processes, both engines."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.federation import Ourselves, Said, start_upstream, take_journey, take_posted, wait_at_the_door
from tests.federation.race import arrive, come_back, come_back_unguarded, enter, show
from tests.federation.saml_company import OURS, Answer, post, read_request, sign
from tests.security.racers import RACERS, Race, racing

FLOW = "this browser's"
OIDC_US = Ourselves("https://localhost/login/company/acme/back")
SAML_US = Ourselves(f"{OURS}/acs", f"{OURS}/metadata")


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    """Give six processes, started once for the file."""
    with racing() as pool:
        yield pool


@pytest.fixture
def url(database):
    return database.url.render_as_string(hide_password=False)


@pytest.fixture
def state(database, acme, keys, now):
    """Somebody is on the way to Acme's provider."""
    with database.writing() as session:
        address = start_upstream(session, keys, acme, OIDC_US, flow_id=FLOW, next="/points", now=now)
    return parse_qs(urlsplit(address).query)["state"][0]


@pytest.fixture
def asked(database, globex, keys, now):
    """Somebody is on the way back from Globex's provider: the answer was posted, and its question used up."""
    with database.writing() as session:
        _, state = read_request(start_upstream(session, keys, globex, SAML_US, flow_id=FLOW, next=None, now=now))
        return take_posted(session, keys, globex, state, now=now)


def count(database, name):
    with database.reading() as session:
        return session.execute(sa.select(sa.func.count()).select_from(Base.metadata.tables[name])).scalar_one()


def test_a_state_that_six_bring_back_at_once_lets_one_in(database, race, url, acme, state, keys, now):
    assert sorted(race.run(come_back, url, acme.id, state, FLOW, now)) == [False] * (RACERS - 1) + [True]
    with database.writing() as session:
        assert take_journey(session, keys, acme, state, flow_id=FLOW, now=now) is None
    assert count(database, "upstream_request") == 0


def test_the_race_tells_one_that_only_looks_first(race, url, acme, state, now):
    assert race.run(come_back_unguarded, url, acme.id, state, FLOW, now).count(True) > 1


def test_six_other_browsers_with_the_right_state_use_nothing_up(race, url, acme, state, now):
    assert race.run(come_back, url, acme.id, state, "another browser's", now) == [False] * RACERS
    assert race.run(come_back, url, acme.id, state, FLOW, now).count(True) == 1


def test_a_saml_response_that_six_show_at_once_is_taken_once(database, race, url, globex, asked, now):
    posted = post(sign(Answer(now, asked.request_id).tree()))
    answers = race.run(show, url, globex.id, SAML_US, asked, posted, now)
    assert sorted(answers) == ["grace@globex.example"] + ["replayed"] * (RACERS - 1)
    assert count(database, "saml_assertion_use") == 1


def test_what_waits_at_the_door_is_given_to_one_of_six(database, race, url, globex, asked, keys, now):
    with database.writing() as session:
        name = wait_at_the_door(session, keys, asked, {"subject": "grace"}, now=now)
    assert sorted(race.run(enter, url, globex.id, name, FLOW, now)) == [False] * (RACERS - 1) + [True]


def test_who_arrives_for_the_first_time_six_times_at_once_is_one_person(database, race, url, globex, now):
    said = Said("grace-1", None, "Grace Hu", "grace@globex.example", None, None)
    before = count(database, "party")
    arrived = race.run(arrive, url, globex.id, said, now)
    assert len(set(arrived)) == 1, arrived
    assert arrived[0].isdigit(), arrived
    assert (count(database, "party") - before, count(database, "upstream_identity"), count(database, "directory_person")) == (1, 1, 1)

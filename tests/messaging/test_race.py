"""Six workers at one queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from portal.base.db import Database
from portal.messaging import queue_message
from tests.security.racers import RACERS, Race, claim, claim_unguarded, racing


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    with racing() as pool:
        yield pool


@pytest.fixture
def url(database: Database, now: datetime) -> str:
    with database.writing() as session:
        for index in range(30):
            queue_message(session, f"138000000{index:02d}", "hi", kind="notice", secret=False, now=now + timedelta(milliseconds=index))
    return database.url.render_as_string(hide_password=False)


def test_six_workers_never_claim_the_same_message(url: str, race: Race, now: datetime) -> None:
    claims = race.run(claim, url, now + timedelta(seconds=1), 5)
    taken = [message_id for each in claims for message_id in each]
    assert len(taken) == len(set(taken))
    assert len(taken) <= 5 * RACERS
    rest = race.run(claim, url, now + timedelta(seconds=1), 30)
    assert sorted(taken + [message_id for each in rest for message_id in each]) == sorted(set(taken) | {i for each in rest for i in each})
    assert len(taken) + sum(map(len, rest)) == 30


def test_the_race_tells_workers_that_look_first_and_mark_later(url: str, race: Race, now: datetime) -> None:
    claims = race.run(claim_unguarded, url, now + timedelta(seconds=1), 5)
    taken = [message_id for each in claims for message_id in each]
    assert len(taken) > len(set(taken))

"""Keys are published before they sign, sign for their time, and are known for as long as what they signed may be shown."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.errors import NotFound, Unavailable
from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.openid import SIGNING_ALGORITHMS, list_keys_wanted, list_signing_keys, load_key_ring, rotate_keys, withdraw_key
from tests.conftest import TEST_SECRET
from tests.openid.rotating import rotate, rotate_unguarded

DAY = timedelta(days=1)
TABLE = Base.metadata.tables["signing_key"]


def signer(database, keys, now, alg="ES256"):
    """Give the name of the key that signs."""
    with database.reading() as session:
        ring = load_key_ring(session, keys, now=now)
    header = ring.sign({"exp": 0}, typ="JWT", alg=alg).split(".")[0]
    return json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]


def published(database, keys, now):
    with database.reading() as session:
        return {each["kid"] for each in load_key_ring(session, keys, now=now).jwks()["keys"] if each["alg"] == "ES256"}


def turn(database, keys, now, pairs=()):
    with database.writing() as session:
        return rotate_keys(session, keys, now=now, ready=pairs)


def test_the_very_first_keys_sign_at_once_and_one_is_made_for_each_algorithm(database, keys, now, pairs):
    with database.reading() as session:
        assert list_keys_wanted(session, keys, now=now) == list(SIGNING_ALGORITHMS)
    assert turn(database, keys, now, pairs) == 3
    assert turn(database, keys, now) == 0, "nothing is wanted twice"
    with database.reading() as session:
        assert list_keys_wanted(session, keys, now=now) == []
        assert [each.alg for each in list_signing_keys(session)] == sorted(SIGNING_ALGORITHMS)
    assert all(signer(database, keys, now, alg) for alg in SIGNING_ALGORITHMS)


def test_a_key_is_published_a_day_before_it_signs_and_a_month_after(database, keys, now, ring):
    first = signer(database, keys, now)
    for day in range(1, 88):
        assert turn(database, keys, now + day * DAY) == 0
    assert turn(database, keys, now + 88 * DAY) == 3
    (second,) = published(database, keys, now + 88 * DAY) - {first}
    for hours in (0, 24, 47):
        moment = now + 88 * DAY + timedelta(hours=hours)
        assert signer(database, keys, moment) == first
        assert published(database, keys, moment) == {first, second}
    assert signer(database, keys, now + 90 * DAY) == second
    assert published(database, keys, now + 120 * DAY - timedelta(seconds=1)) == {first, second}
    assert published(database, keys, now + 120 * DAY) == {second}
    turn(database, keys, now + 120 * DAY)
    with database.reading() as session:
        assert first not in {each.kid for each in list_signing_keys(session)}, "its private part is gone for good"


def test_what_a_former_key_signed_is_good_until_it_is_published_no_more(database, keys, now, ring):
    until = int((now + 200 * DAY).timestamp())
    token = ring.sign({"exp": until}, typ="JWT")
    turn(database, keys, now + 89 * DAY)
    with database.reading() as session:
        assert load_key_ring(session, keys, now=now + 100 * DAY).verify(token, typ="JWT", now=now + 100 * DAY) == {"exp": until}
        assert load_key_ring(session, keys, now=now + 121 * DAY).verify(token, typ="JWT", now=now + 121 * DAY) is None


def test_a_worker_that_was_away_for_months_still_publishes_a_day_ahead(database, keys, now, ring):
    first, late = signer(database, keys, now), now + 400 * DAY
    assert signer(database, keys, late) == first, "an old key is better than none"
    assert turn(database, keys, late) == 3
    assert signer(database, keys, late + timedelta(hours=23)) == first
    assert signer(database, keys, late + DAY) != first


def test_a_clock_that_is_put_back_leaves_a_key_to_sign_with(database, keys, now, ring):
    assert signer(database, keys, now - 15 * DAY) == signer(database, keys, now)


def test_private_keys_lie_encrypted_and_public_ones_hold_nothing_private(database, keys, now, ring):
    with database.reading() as session:
        rows = session.execute(sa.select(TABLE.c.public, TABLE.c.private)).all()
    for public, private in rows:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(public)
        assert public["x" if "x" in public else "n"] not in private
    assert not any({"d", "p", "q", "k"} & set(each) for each in ring.jwks()["keys"])
    assert {(each["alg"], each["use"]) for each in ring.jwks()["keys"]} == {(alg, "sig") for alg in SIGNING_ALGORITHMS}
    assert "'d'" not in repr(rows[0].public)


def test_a_former_secret_still_opens_the_keys_and_a_lost_one_has_new_keys_made(database, keys, now, ring, pairs):
    settings = Settings(env="test", secret_key="another secret, long enough for it", old_secret_keys=TEST_SECRET)  # type: ignore[arg-type]
    first = signer(database, keys, now)
    assert signer(database, make_keys(settings), now) == first
    lost = make_keys(Settings(env="test", secret_key="a third secret that knows of no other"))  # type: ignore[arg-type]
    with database.reading() as session, pytest.raises(Unavailable):
        load_key_ring(session, lost, now=now).sign({}, typ="JWT")
    assert turn(database, lost, now) == 3
    assert signer(database, lost, now) != first, "it signs at once"
    assert first in published(database, lost, now), "what was signed before can still be checked"


def test_a_withdrawn_key_is_good_for_nothing_at_once_and_another_signs(database, keys, now, ring):
    first, token = signer(database, keys, now), ring.sign({"exp": int(now.timestamp()) + 60}, typ="JWT")
    with database.writing() as session:
        withdraw_key(session, keys, first, now=now)
    with database.reading() as session:
        after = load_key_ring(session, keys, now=now)
    assert after.verify(token, typ="JWT", now=now) is None
    assert first not in published(database, keys, now)
    assert signer(database, keys, now) != first
    with database.writing() as session, pytest.raises(NotFound):
        withdraw_key(session, keys, first, now=now)


def test_a_key_that_waits_signs_at_once_when_the_one_before_it_is_withdrawn(database, keys, now, ring):
    first, moment = signer(database, keys, now), now + 88 * DAY
    turn(database, keys, moment)
    (second,) = published(database, keys, moment) - {first}
    with database.writing() as session:
        withdraw_key(session, keys, first, now=moment)
    assert signer(database, keys, moment) == second
    assert published(database, keys, moment) == {second}


def made_by_racers(race, racer, database, now):
    race.run(racer, database.engine.url.render_as_string(hide_password=False), now)
    with database.reading() as session:
        return session.execute(sa.select(sa.func.count()).where(TABLE.c.alg == "ES256")).scalar_one()


def test_of_six_that_rotate_at_once_one_makes_the_keys(database, keys, now, race):
    assert made_by_racers(race, rotate, database, now) == 1


def test_the_race_would_be_seen(database, keys, now, race):
    assert made_by_racers(race, rotate_unguarded, database, now) == 6

"""What is over is cleared away in bites; what is good stays, and what is refused stays refused."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.openid import Granted, TokenRefused, check_proof, sweep_openid
from tests.cast import Cast
from tests.openid.desk import Desk
from tests.openid.test_dpop import URL, prove

TABLES = ("oauth_grant", "authorization_code", "refresh_token", "revoked_token", "pushed_request", "oauth_used_once")
OFFLINE = "openid offline_access"


def sweep(desk: Desk, now: datetime, limit: int = 500) -> int:
    """Sweep once."""
    with desk.database.writing() as session:
        return sweep_openid(session, now=now, limit=limit)


def fill(desk: Desk, cast: Cast, now: datetime, key: object) -> None:
    """Leave a row in each table."""
    client = desk.client(now)
    granted = desk.granted(client, cast.alice, now)
    desk.revoke(client, desk.mint(granted, now).access_token, now)
    desk.push(client, now)
    with desk.database.writing() as session:
        assert isinstance(check_proof(session, prove(key, now), method="POST", url=URL, now=now), str)


def test_nothing_that_is_still_good_goes(desk: Desk, cast: Cast, now: datetime, client_key: object) -> None:
    fill(desk, cast, now, client_key)
    assert sweep(desk, now) == 0
    assert all(desk.count(table) == 1 for table in TABLES)


def test_what_is_over_goes_kind_by_kind(desk: Desk, cast: Cast, now: datetime, client_key: object) -> None:
    fill(desk, cast, now, client_key)
    sweep(desk, now + timedelta(hours=2))
    assert [desk.count(table) for table in TABLES] == [1, 0, 1, 0, 0, 0]
    sweep(desk, now + timedelta(hours=14))
    assert [desk.count(table) for table in TABLES] == [0] * 6


def test_much_goes_in_bites(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    for _ in range(5):
        desk.push(client, now)
    late = now + timedelta(hours=2)
    assert [sweep(desk, late, limit=2) for _ in range(3)] == [2, 2, 1]


def test_a_used_refresh_token_is_known_for_a_week_and_unknown_afterwards(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    first = desk.granted(client, cast.alice, now, scope=OFFLINE)
    second = desk.refresh(client, first.refresh_token, now)
    assert isinstance(second, Granted)
    late = now + timedelta(days=8)
    sweep(desk, late)
    assert desk.count("refresh_token") == 1
    assert isinstance(desk.refresh(client, first.refresh_token, late), TokenRefused)
    assert desk.end_of_grant() is None
    assert isinstance(desk.refresh(client, second.refresh_token, late), Granted)

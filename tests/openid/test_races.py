"""What is good once is good once, however many ask at the same moment: real processes, on both engines."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.openid import Granted, TokenRefused
from tests.cast import Cast
from tests.openid.desk import Desk
from tests.openid.race import redeem, redeem_unguarded, refresh, refresh_or_revoke
from tests.security.racers import RACERS, Race

OFFLINE = "openid offline_access"


def test_a_code_redeemed_by_six_at_once_is_redeemed_once_and_what_it_gave_is_revoked(
    desk: Desk, cast: Cast, now: datetime, race: Race
) -> None:
    client = desk.client(now)
    code = desk.code(client, cast.alice, now)
    answers = race.run(redeem, desk.url, client.id, code, now)
    assert sorted(word for word, _ in answers) == ["granted"] + ["invalid_grant"] * (RACERS - 1)
    (token,) = [token for word, token in answers if word == "granted"]
    assert desk.read(token, now) is None
    assert desk.introspect(client, token, now) == {"active": False}
    assert desk.end_of_grant() == "code_reused"
    assert desk.count("refresh_token") == 1


def test_the_race_tells_a_redemption_that_only_looks_first(desk: Desk, cast: Cast, now: datetime, race: Race) -> None:
    client = desk.client(now)
    code = desk.code(client, cast.alice, now)
    answers = race.run(redeem_unguarded, desk.url, client.id, code, now)
    assert [word for word, _ in answers].count("granted") > 1


def test_a_refresh_token_shown_by_six_at_once_has_one_successor(desk: Desk, cast: Cast, now: datetime, race: Race) -> None:
    client = desk.client(now)
    first = desk.granted(client, cast.alice, now, scope=OFFLINE)
    answers = race.run(refresh, desk.url, client.id, first.refresh_token, now)
    assert [word for word, _ in answers] == ["granted"] * RACERS
    (successor,) = {token for _, token in answers}
    assert desk.count("refresh_token") == 2
    assert isinstance(desk.refresh(client, successor, now + timedelta(seconds=1)), Granted)


def test_a_stolen_one_shown_late_by_six_at_once_ends_everything_for_all(desk: Desk, cast: Cast, now: datetime, race: Race) -> None:
    client = desk.client(now)
    first = desk.granted(client, cast.alice, now, scope=OFFLINE)
    second = desk.refresh(client, first.refresh_token, now)
    assert isinstance(second, Granted)
    answers = race.run(refresh, desk.url, client.id, first.refresh_token, now + timedelta(minutes=1))
    assert [word for word, _ in answers] == ["invalid_grant"] * RACERS
    assert isinstance(desk.refresh(client, second.refresh_token, now + timedelta(minutes=1)), TokenRefused)


def test_a_revocation_among_refreshes_leaves_nothing_that_goes_on(desk: Desk, cast: Cast, now: datetime, race: Race) -> None:
    client = desk.client(now)
    first = desk.granted(client, cast.alice, now, scope=OFFLINE)
    answers = race.run(refresh_or_revoke, desk.url, client.id, first.refresh_token, now)
    assert answers[0][0] == "revoked"
    for token in {token for _, token in answers if token} | {first.refresh_token}:
        assert isinstance(desk.refresh(client, token, now + timedelta(seconds=1)), TokenRefused)

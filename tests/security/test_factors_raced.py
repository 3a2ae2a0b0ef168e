"""Six processes with one and the same proof: exactly one of them has proved anything."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest

from portal.identity import (
    PasskeyAsk,
    Visitor,
    add_passkey,
    begin_authenticator,
    confirm_authenticator,
    get_authenticator_offer,
    offer_passkeys,
    offer_registration,
    relying_party,
)
from tests.cast import Cast
from tests.identity.door import Browser, Door
from tests.identity.softkey import SoftKey
from tests.security.factor_racers import confirm_app, make_passkey, use_app, use_passkey, use_recovery_code
from tests.security.racers import Race

SITE_VISITOR = Visitor("home", "203.0.113.7")


@pytest.fixture
def view(door: Door, cast: Cast, now: datetime) -> Any:
    return door.enter(cast.alice.number, Browser("home"), now).view


def address(door: Door) -> str:
    return door.database.url.render_as_string(hide_password=False)


def registration(door: Door, view: Any, now: datetime) -> tuple[SoftKey, str]:
    site = relying_party(door.settings)
    key = SoftKey(site.origin)
    with door.database.writing() as session:
        return key, key.create(offer_registration(session, site, view, PasskeyAsk("flow", "register"), now=now))


def begun_app(door: Door, view: Any, now: datetime) -> pyotp.TOTP:
    with door.database.writing() as session:
        begin_authenticator(session, door.keys, view, now=now)
        return pyotp.TOTP(get_authenticator_offer(session, door.keys, view, issuer="OneHall").secret)


def test_one_passkey_answer_signs_in_once(door: Door, view: Any, race: Race, now: datetime) -> None:
    site = relying_party(door.settings)
    key, made = registration(door, view, now)
    with door.database.writing() as session:
        add_passkey(session, site, view, PasskeyAsk("flow", "register"), answer=made, name="Phone", now=now)
        options: Any = offer_passkeys(session, site, PasskeyAsk("flow", "sign_in"), SITE_VISITOR, now=now)
    got = Counter(race.run(use_passkey, address(door), site, key.get(options), now))
    assert got == {"PasskeyRight": 1, "PasskeyRefused": 5}


def test_one_registration_makes_one_passkey(door: Door, view: Any, race: Race, now: datetime) -> None:
    _, made = registration(door, view, now)
    got = Counter(race.run(make_passkey, address(door), relying_party(door.settings), view, made, now))
    assert got == {"PasskeyView": 1, "PasskeyRefused": 5}
    assert len(door.rows("passkey")) == 1


def test_one_code_of_an_app_proves_it_once(door: Door, view: Any, race: Race, now: datetime) -> None:
    app = begun_app(door, view, now)
    with door.database.writing() as session:
        confirm_authenticator(session, door.keys, view, code=app.at(now), now=now)
    later = now + timedelta(minutes=1)
    got = Counter(race.run(use_app, address(door), view, app.at(later), later))
    assert got == {"FactorRight": 1, "FactorWrong": 5}


def test_an_app_is_confirmed_once_and_the_codes_shown_are_those_that_are_kept(door: Door, view: Any, race: Race, now: datetime) -> None:
    app = begun_app(door, view, now)
    got = race.run(confirm_app, address(door), view, app.at(now), now)
    assert Counter(got)["NotFound"] == 5
    assert len(door.rows("recovery_code")) == 10
    (shown,) = [each for each in got if each != "NotFound"]
    assert Counter(race.run(use_recovery_code, address(door), view, shown, now)) == {True: 1, False: 5}

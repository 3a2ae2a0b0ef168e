"""Whoever tries the demo finds every login listed, and each of them works."""

from __future__ import annotations

import json
import stat
from datetime import datetime
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa

from portal.base.db import Database
from portal.base.errors import NotFound
from portal.base.keys import Keys
from portal.base.settings import Settings
from portal.customers import find_holder, get_viewer, list_acting
from portal.demo import Options, create_logins, load_demo, read_file, write_file
from portal.demo.cast import LOGINS, STAFF
from portal.identity import clean_pin, make_hasher, password_faults, policy_faults, verify
from tests.demo.rows import ZONE


@pytest.fixture
def loaded(database: Database, now: datetime) -> Database:
    load_demo(database, Options(4, processes=0), zone=ZONE, currency="CNY", now=now)
    return database


def test_listed_passwords_are_the_ones_stored_and_nobody_elses_is_hashed(
    loaded: Database, settings: Settings, keys: Keys, now: datetime
) -> None:
    hasher = make_hasher(settings)
    found = create_logins(loaded, settings, keys, hasher, now=now)
    with loaded.reading() as session:
        hashes = {row.subscription_id: row.hash for row in session.execute(sa.text("SELECT subscription_id, hash FROM service_password"))}
        assert len(hashes) == len(found["subscribers"]) == 4
        for login in found["subscribers"]:
            holder = find_holder(session, login["number"])
            assert holder is not None
            assert verify(hashes[holder.subscription_id], clean_pin(login["service_password"]), hasher)
        staff = {row.login: row for row in session.execute(sa.text("SELECT login, password_hash, totp_secret, role FROM staff"))}
    for member in found["staff"]:
        row = staff[member["login"]]
        assert verify(row.password_hash, member["password"], hasher)
        assert keys.decrypt(row.totp_secret) == member["totp_key"]
        assert pyotp.parse_uri(member["totp_uri"]).secret == member["totp_key"]
        assert row.role == member["role"]


def test_listed_passwords_keep_to_the_rules_for_everybodys(loaded: Database) -> None:
    for login in LOGINS:
        assert policy_faults(login.service_password, number=login.number, birth_date=None) == []
    for member in STAFF:
        assert password_faults("quiet-hall-one-desk", login=member.login, name=member.name) == []


def test_made_again_after_a_kill_the_logins_are_the_listed_ones(loaded: Database, settings: Settings, keys: Keys, now: datetime) -> None:
    hasher = make_hasher(settings)
    create_logins(loaded, settings, keys, hasher, now=now)
    again = create_logins(loaded, settings, keys, hasher, now=now)
    with loaded.reading() as session:
        secrets = [keys.decrypt(row.totp_secret) for row in session.execute(sa.text("SELECT totp_secret FROM staff ORDER BY login"))]
    assert secrets == [member["totp_key"] for member in sorted(again["staff"], key=lambda one: one["login"])]


def test_bob_acts_for_alices_account_with_his_line_alone_and_erin_for_acme(loaded: Database, now: datetime) -> None:
    with loaded.reading() as session:
        alice, bob, charlie, erin = (find_holder(session, login.number) for login in LOGINS)
        assert alice
        assert bob
        assert charlie
        assert erin
        sight = get_viewer(session, bob.party_id, alice.customer_id, now=now)
        assert (sight.lines, sight.money) == (frozenset({bob.subscription_id}), False)
        assert get_viewer(session, alice.party_id, alice.customer_id, now=now).lines is None
        with pytest.raises(NotFound):
            get_viewer(session, charlie.party_id, alice.customer_id, now=now)
        assert [acting.role for acting in list_acting(session, erin.party_id, now=now)] == ["administrator"]


def test_the_list_is_readable_by_its_owner_alone_and_replaces_an_older_one(
    loaded: Database, settings: Settings, keys: Keys, now: datetime, tmp_path: Path
) -> None:
    logins = create_logins(loaded, settings, keys, make_hasher(settings), now=now)
    folder = tmp_path / "instance"
    folder.mkdir()
    (folder / "demo.json").write_text("{}")
    (folder / "demo.json").chmod(0o644)
    path = write_file(folder, None, logins)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in folder.iterdir()] == ["demo.json"]
    found = read_file(folder)
    assert found == json.loads(path.read_text("utf-8"))
    for login in found["subscribers"]:
        assert {"number", "service_password", "code", "address", "tray"} <= set(login)
        assert login["address"].startswith(settings.base_url)
        assert login["number"] not in login["tray"]  # an address holds no bare number
    assert {"login", "password", "totp_key", "address"} <= set(found["staff"][0])
    assert len(found["enterprise"]["employees"]) == 5


def test_without_a_load_there_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_file(tmp_path)

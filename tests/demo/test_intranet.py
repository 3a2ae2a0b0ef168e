"""The demo's intranet: its key is its own, its store is Acme's, and all may be done again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from portal.base.db import Database
from portal.base.errors import NotFound
from portal.catalog import STANDARD, list_offers
from portal.demo import Options, load_demo, open_intranet, write_intranet
from portal.identity import list_embed_keys
from portal.ministores import get_ministore
from tests.cast import NOW
from tests.cli.conftest import Run, run_on
from tests.ministores.company import EVERYBODY

__all__ = ["run_on"]  # a fixture
ORIGIN = "http://127.0.0.1:8001"


@pytest.fixture
def loaded(database: Database, settings) -> Database:
    load_demo(database, Options(2, 2, processes=0), zone=settings.zone, currency="CNY", now=NOW)
    return database


def opened(database: Database, folder: Path, origin: str = ORIGIN):
    with database.writing() as session:
        return open_intranet(session, folder, origin=origin, currency="CNY", now=NOW)


def test_acme_pays_less_than_everybody_for_every_handset(loaded, tmp_path):
    store = opened(loaded, tmp_path)
    with loaded.reading() as session:
        own = {each.code: each.amount for each in list_offers(session, store.price_list, EVERYBODY, kinds={"device"}, unit="CNY", now=NOW)}
        usual = {each.code: each.amount for each in list_offers(session, STANDARD, EVERYBODY, kinds={"device"}, unit="CNY", now=NOW)}
    assert set(own) == set(usual)
    assert len(own) >= 3
    assert all(0 < own[code] < usual[code] for code in own)


def test_the_key_is_made_once_and_readable_by_its_owner_alone(loaded, tmp_path):
    store = opened(loaded, tmp_path)
    key = tmp_path / "intranet" / "key.pem"
    before = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    opened(loaded, tmp_path, "http://127.0.0.1:9001")
    assert key.read_bytes() == before
    with loaded.reading() as session:
        (held,) = list_embed_keys(session, store.client_id)
        assert get_ministore(session, "acme").origins == ("http://127.0.0.1:9001",), "where it runs now"
    assert held.kid == ECKey.import_key(before).thumbprint()


def test_another_instance_of_the_intranet_brings_a_key_of_its_own(loaded, tmp_path):
    store = opened(loaded, tmp_path / "one")
    opened(loaded, tmp_path / "two")
    with loaded.reading() as session:
        assert len(list_embed_keys(session, store.client_id)) == 2


def test_what_is_written_down_for_the_intranet_holds_no_secret(loaded, tmp_path):
    path = write_intranet(tmp_path, opened(loaded, tmp_path), origin=ORIGIN, portal="http://localhost:8000", script="<script></script>")
    facts = json.loads(path.read_text("utf-8"))
    assert (facts["store"], facts["origin"], facts["portal"]) == ("acme", ORIGIN, "http://localhost:8000")
    assert len(facts["employees"]) == 2
    assert "PRIVATE" not in path.read_text("utf-8")


def test_without_the_demo_there_is_no_acme(database, tmp_path):
    with pytest.raises(NotFound):
        opened(database, tmp_path)


def test_a_fresh_load_makes_room_for_a_new_store(loaded, tmp_path, settings):
    first = opened(loaded, tmp_path)
    load_demo(loaded, Options(2, 2, processes=0), zone=settings.zone, currency="CNY", fresh=True, now=NOW)
    with loaded.reading() as session, pytest.raises(NotFound):
        get_ministore(session, "acme")
    again = opened(loaded, tmp_path)
    assert again.slug == first.slug
    with loaded.reading() as session:
        assert list_offers(session, again.price_list, EVERYBODY, kinds={"device"}, unit="CNY", now=NOW)


def test_the_command_does_all_of_it(loaded, run_on: Callable[[Database], Run]):
    run = run_on(loaded)
    for _ in range(2):
        done = run("demo", "intranet", "--origin", ORIGIN)
        assert done.exit_code == 0, done.output
        assert ORIGIN in done.output
    assert run("demo", "intranet", "--origin", "http://intranet.example").exit_code == 2

"""`flask ministore`: a store opened in a minute, its keys changed without a pause, and the snippet that is printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from joserfc.jwk import ECKey

from portal.base.audit import AuditEntry
from portal.base.db import Database
from portal.catalog import list_offers
from portal.faces.component import newest, releases
from portal.identity import AssertionRefused, SignedAssertion, list_embed_keys, read_assertion
from portal.ministores import get_ministore
from tests.cast import NOW, Cast
from tests.cli.conftest import Run
from tests.ministores.company import EVERYBODY, MATE, NOTE, Intranet

ORIGIN = "https://intranet.acme.example"


@pytest.fixture
def run(database: Database, run_on: Callable[[Database], Run]) -> Run:
    return run_on(database)


@pytest.fixture
def key(tmp_path: Path) -> ECKey:
    made = ECKey.generate_key("P-256")
    (tmp_path / "pub.pem").write_bytes(made.as_pem(private=False))
    (tmp_path / "private.pem").write_bytes(made.as_pem(private=True))
    return made


def create(run: Run, cast: Cast, tmp_path: Path, *more: str, file: str = "pub.pem") -> object:
    return run(
        *("ministore", "create", "acme", "--customer", str(cast.acme.customer_id), "--title", "Acme staff store", "--origin", ORIGIN),
        *("--price", f"{MATE}=4839.00", "--price", f"{NOTE}=967", "--colour", "#1d4ed8", "--key", str(tmp_path / file), *more),
    )


def test_a_store_is_opened_by_one_command_which_prints_the_snippet(run, cast, tmp_path, key, database):
    done = create(run, cast, tmp_path, "--title-zh", "Acme 员工商店", "--welcome", "Hello")
    assert done.exit_code == 0, done.output
    with database.reading() as session:
        store = get_ministore(session, "acme")
        prices = {
            each.code: each.amount for each in list_offers(session, store.price_list, EVERYBODY, kinds={"device"}, unit="CNY", now=NOW)
        }
        (held,) = list_embed_keys(session, store.client_id)
        entries = session.execute(sa.select(AuditEntry.action, AuditEntry.customer_id)).all()
        signed = Intranet("acme", store.customer_id, store.client_id, held.kid, key).sign()
        assert isinstance(read_assertion(session, signed, now=NOW), SignedAssertion)
    assert prices == {MATE: 483_900, NOTE: 96_700}
    assert store.name == {"zh": "Acme 员工商店", "en": "Acme staff store"}
    assert store.welcome == {"zh": "Hello", "en": "Hello"}
    assert ("ministore.created", cast.acme.customer_id) in [tuple(entry) for entry in entries]
    for told in (store.client_id, held.kid, newest().integrity, newest().name, 'store="acme"'):
        assert told in done.output
    assert run("ministore", "snippet", "acme").output.strip() in done.output
    assert re.search(r"acme +open +https://intranet", run("ministore", "list").output)


@pytest.mark.parametrize("price", [f"{MATE}=-1", f"{MATE}=", f"{MATE}=1.2345", f"{MATE} 100", "=100", f"{MATE}=1e5", f"{MATE}=NaN"])
def test_a_price_that_is_none_opens_nothing(run, cast, tmp_path, key, price):
    done = create(run, cast, tmp_path, "--price", price)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "0 listed" in run("ministore", "list").output


def test_what_cannot_be_is_refused_in_a_line(run, cast, tmp_path, key):
    (tmp_path / "text.pem").write_text("not a key")
    nowhere = [run("ministore", *each, "nowhere", *more) for *each, more in (
        ("snippet", ()), ("keys", ()), ("close", ()), ("end", ()), ("retire-key", ("k",)), ("origins", ("--origin", ORIGIN)),
    )]  # fmt: skip
    wrong = [("--origin", "http://acme.example"), ("--colour-dark", "#000000"), ("--price", "device_none=1")]
    others = [create(run, cast, tmp_path, file="private.pem"), create(run, cast, tmp_path, file="text.pem")]
    for refused in (*nowhere, *others, *(create(run, cast, tmp_path, *each) for each in wrong)):
        assert refused.exit_code == 2, refused.output
        assert "Traceback" not in refused.output + refused.stderr
    assert "0 listed" in run("ministore", "list").output, "nothing half opened is left"


def test_a_key_is_changed_without_a_pause(run, cast, tmp_path, key, database):
    create(run, cast, tmp_path)
    (tmp_path / "new.pem").write_bytes(ECKey.generate_key("P-256").as_pem(private=False))
    assert run("ministore", "add-key", "acme", "--key", str(tmp_path / "new.pem"), "--kid", "2027-01").exit_code == 0
    listed = run("ministore", "keys", "acme").output
    assert listed.count("since") == 2
    old = next(line.split()[0] for line in listed.splitlines() if "2027-01" not in line)
    assert run("ministore", "retire-key", "acme", old).exit_code == 0
    assert run("ministore", "keys", "acme").output.startswith("2027-01")
    assert run("ministore", "retire-key", "acme", old).exit_code == 2


def test_a_store_is_moved_closed_and_opened_again(run, cast, tmp_path, key, database):
    create(run, cast, tmp_path)
    assert run("ministore", "origins", "acme", "--origin", "https://a.example", "--origin", "https://b.example").exit_code == 0
    assert run("ministore", "close", "acme").output == "acme is closed.\n"
    with database.reading() as session:
        store = get_ministore(session, "acme")
    assert (store.origins, store.is_open) == (("https://a.example", "https://b.example"), False)
    assert run("ministore", "close", "acme", "--reopen").output == "acme is open.\n"
    assert newest() in releases().values()


def test_an_ended_store_takes_nothing_any_more(run, cast, tmp_path, key, database):
    create(run, cast, tmp_path)
    assert run("ministore", "end", "acme").output == "acme has ended.\n"
    assert run("ministore", "end", "acme").exit_code == 2
    assert run("ministore", "add-key", "acme", "--key", str(tmp_path / "pub.pem"), "--kid", "new").exit_code == 2
    with database.reading() as session:
        store = get_ministore(session, "acme")
        (held,) = list_embed_keys(session, store.client_id)
        refused = read_assertion(session, Intranet("acme", store.customer_id, store.client_id, held.kid, key).sign(), now=NOW)
    assert refused == AssertionRefused("assertion_key")
    assert not store.is_open

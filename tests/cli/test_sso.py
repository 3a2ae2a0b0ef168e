"""`flask sso`: a site let in by one command, its secret changed without a pause, keys looked after, tokens given and ended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields

import pytest
import sqlalchemy as sa
from joserfc.jwk import ECKey

from portal.base import clock
from portal.base.audit import AuditEntry, verify
from portal.base.db import Database
from portal.openid import (
    ClientView,
    Registered,
    authenticate_client,
    get_client,
    list_clients,
    list_keys_wanted,
    list_signing_keys,
    register_client,
)
from tests.cli.conftest import Run
from tests.openid.registered import BACK, TOKEN


@pytest.fixture
def run(database: Database, run_on: Callable[[Database], Run]) -> Run:
    return run_on(database)


def told(done, what):
    """Give what a command has said after `what`."""
    return re.search(rf"^{what}: (.+)$", done.output, re.MULTILINE)[1]


def add(run, *more, name="Shop"):
    return run("sso", "client", "add", name, "--redirect", BACK, *more)


def opens(database, client_id, secret):
    with database.writing() as session:
        return isinstance(authenticate_client(session, {}, (client_id, secret), token_endpoint=TOKEN, now=clock.now()), ClientView)


def audited(database, keys):
    with database.snapshot() as session:
        assert list(verify(session, keys.audit)) == []
        return [(row.action, row.subject) for row in session.execute(sa.select(AuditEntry).order_by(AuditEntry.at)).scalars()]


def test_a_site_is_let_in_by_one_command_which_shows_its_secret_once(run, database, keys):
    done = add(run, "--scope", "openid", "--scope", "profile", "--ours")
    assert done.exit_code == 0, done.output
    client_id, secret = told(done, "client_id"), told(done, "client_secret")
    assert opens(database, client_id, secret)
    with database.reading() as session:
        client = get_client(session, client_id)
    assert (client.name, client.scopes, client.first_party) == ("Shop", ("openid", "profile"), True)
    assert client.grant_types == ("authorization_code", "refresh_token")
    listed, shown = run("sso", "client", "list").output, run("sso", "client", "show", client_id).output
    assert f"{client_id}   client_secret_basic  Shop  ours" in listed
    assert "1 listed." in listed
    assert BACK in shown
    assert secret not in listed + shown
    assert audited(database, keys) == [("sso.client_created", f"client:{client_id}")]


def test_an_app_a_machine_and_a_bank_are_let_in_each_by_its_own_proof(run, database, cast, tmp_path):
    (tmp_path / "keys.json").write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=False)))
    app = run("sso", "client", "add", "App", "--app", "--auth", "none", "--redirect", "com.example.app:/back")
    machine = run("sso", "client", "add", "Till", "--grant", "client_credentials", "--scope", "customer")
    bank = add(
        run,
        *("--auth", "private_key_jwt", "--keys", str(tmp_path / "keys.json"), "--require-par", "--require-dpop", "--pairwise"),
        *("--tell-logout", "https://shop.example/out", "--customer", str(cast.acme.customer_id), "--alg", "EdDSA"),
    )
    for done in (app, machine, bank):
        assert done.exit_code == 0, done.output + done.stderr
    assert "client_secret:" not in app.output + bank.output
    with database.reading() as session:
        held = get_client(session, told(bank, "client_id"))
        assert get_client(session, told(machine, "client_id")).grant_types == ("client_credentials",)
    assert (held.is_fapi, held.sector, held.customer_id, held.backchannel_session_required) == (
        True,
        "shop.example",
        cast.acme.customer_id,
        True,
    )
    shown = run("sso", "client", "show", held.id).output
    assert "(unnamed)" in shown


def test_what_cannot_be_is_refused_in_a_line_and_leaves_nothing(run, database, tmp_path):
    (tmp_path / "private.json").write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=True)))
    (tmp_path / "text.json").write_text("no keys")
    (tmp_path / "list.json").write_text("[]")
    key = ("--auth", "private_key_jwt", "--keys")
    for refused in (
        run("sso", "client", "add", "Shop", "--redirect", "http://shop.example/"),
        run("sso", "client", "add", "Shop"),
        run("sso", "client", "add", " ", "--redirect", BACK),
        *(add(run, *key, str(tmp_path / name)) for name in ("private.json", "text.json", "list.json")),
        add(run, "--auth", "private_key_jwt"),
        add(run, "--customer", "12345"),
        add(run, "--scope", "offline_access", "--grant", "authorization_code"),
        *(run("sso", "client", *each, "nobody") for each in (("show",), ("end",), ("secret",))),
        run("sso", "keys", "withdraw", "none", "--yes"),
        run("sso", "token", "end", "none"),
        run("sso", "token", "add", "x", "--clients", "0"),
        run("sso", "token", "add", "x", "--days", "1000"),
        run("sso", "token", "add", "x", "--customer", "12345"),
    ):
        assert refused.exit_code == 2, refused.output
        assert refused.stderr.count("\n") == 1
        assert "Traceback" not in refused.output + refused.stderr
    with database.reading() as session:
        assert list_clients(session, with_ended=True) == []


def test_localhost_is_let_in_where_one_tries_things_out(run):
    assert run("sso", "client", "add", "Try", "--redirect", "http://localhost:3000/back").exit_code == 0


def test_what_is_said_anew_is_changed_and_nothing_else(run, database, keys, tmp_path):
    (tmp_path / "keys.json").write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=False)))
    done = add(run, "--ours", "--require-par", "--scope", "openid", "--scope", "phone", "--after-logout", "https://shop.example/bye")
    client_id, secret = told(done, "client_id"), told(done, "client_secret")
    with database.reading() as session:
        before = get_client(session, client_id)
    more = ("--redirect", BACK + "2", "--redirect", BACK + "3", "--keys", str(tmp_path / "keys.json"))
    assert run("sso", "client", "change", client_id, "--name", "Mall", *more).output == "Mall is changed.\n"
    with database.reading() as session:
        after = get_client(session, client_id)
    changed = {each.name for each in fields(after) if getattr(before, each.name) != getattr(after, each.name)}
    assert changed == {"name", "redirect_uris", "jwks", "changed_at"}
    assert after.redirect_uris == (BACK + "2", BACK + "3")
    assert opens(database, client_id, secret)
    assert run("sso", "client", "change", client_id, "--redirect", "http://evil.example/").exit_code == 2
    assert run("sso", "client", "change", "nobody", "--name", "x").exit_code == 2
    assert audited(database, keys)[1:] == [("sso.client_changed", f"client:{client_id}")]


def test_a_secret_is_changed_without_a_pause_and_a_stolen_one_is_dead_at_once(run, database, keys):
    done = add(run)
    client_id, first = told(done, "client_id"), told(done, "client_secret")
    second = told(run("sso", "client", "secret", client_id), "client_secret")
    assert [opens(database, client_id, each) for each in (first, second)] == [True, True]
    third = told(run("sso", "client", "secret", client_id, "--at-once"), "client_secret")
    assert [opens(database, client_id, each) for each in (first, second, third)] == [False, False, True]
    assert [action for action, _ in audited(database, keys)] == ["sso.client_created", "sso.secret_changed", "sso.secret_changed"]
    with database.reading() as session:
        details = str(session.execute(sa.select(AuditEntry.detail)).all())
    assert not any(each in details for each in (first, second, third))


def test_an_ended_site_proves_nothing_and_stays_on_the_list_of_all(run, database, keys):
    done = add(run)
    client_id = told(done, "client_id")
    assert run("sso", "client", "end", client_id).output == "Shop has ended.\n"
    assert not opens(database, client_id, told(done, "client_secret"))
    assert "0 listed" in run("sso", "client", "list").output
    assert re.search(rf"{client_id} .*Shop  ended", run("sso", "client", "list", "--all").output)
    assert ("sso.client_ended", f"client:{client_id}") in audited(database, keys)


def test_keys_are_made_listed_and_withdrawn(run, database, keys):
    assert run("sso", "keys", "rotate").output == "3 made.\n"
    assert run("sso", "keys", "rotate").output == "0 made.\n"
    listed = run("sso", "keys", "list").output
    assert "3 listed" in listed
    with database.reading() as session:
        kid = next(each.kid for each in list_signing_keys(session) if each.alg == "ES256")
    assert run("sso", "keys", "withdraw", kid, input="n\n").exit_code == 1
    assert run("sso", "keys", "withdraw", kid, "--yes").exit_code == 0
    with database.reading() as session:
        left = list_signing_keys(session)
        assert list_keys_wanted(session, keys, now=clock.now()) == []
    assert len(left) == 3
    assert kid not in {each.kid for each in left}
    assert audited(database, keys) == [("sso.key_withdrawn", f"key:{kid}")]


def test_sites_register_by_a_token_until_it_is_ended(run, database, keys):
    done = run("sso", "token", "add", "partners", "--clients", "2", "--days", "3")
    token = told(done, "registration token")
    with database.writing() as session:
        assert isinstance(register_client(session, token, {"redirect_uris": [BACK]}, now=clock.now()), Registered)
    listed = run("sso", "token", "list").output
    assert re.search(r"partners +1 left", listed)
    assert token not in listed
    assert run("sso", "token", "end", "partners").output == "1 ended.\n"
    assert run("sso", "token", "list").output == "0 listed.\n"
    with database.writing() as session:
        assert not isinstance(register_client(session, token, {"redirect_uris": [BACK]}, now=clock.now()), Registered)
    assert [action for action, _ in audited(database, keys)] == ["sso.token_created", "sso.token_ended"]

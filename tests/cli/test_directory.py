"""`flask directory`: a company's directory is let in, and shut out, in one command."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from portal.base import clock
from portal.base.audit import AuditEntry
from portal.base.db import Database
from portal.directory import NewPersonEntry, find_directory, put_person
from tests.cast import NOW
from tests.cli.conftest import Run


@pytest.fixture
def run(database: Database, run_on: Callable[[Database], Run]) -> Run:
    return run_on(database)


def test_a_token_is_added_listed_and_ended(run, cast, database):
    acme = str(cast.acme.customer_id)
    made = run("directory", "token", "add", "--customer", acme, "--label", "Entra", "--days", "90")
    assert made.exit_code == 0, made.output
    token = made.output.partition("token: ")[2].split()[0]
    with database.reading() as session:
        access = find_directory(session, token, now=clock.now())
    assert access.customer_id == cast.acme.customer_id
    listed = run("directory", "token", "list", "--customer", acme).output
    assert "Entra" in listed
    assert "not used yet" in listed
    assert token not in listed
    foreign = run("directory", "token", "end", str(access.token_id), "--customer", str(cast.alice.customer_id))
    assert foreign.exit_code == 2
    assert run("directory", "token", "end", str(access.token_id), "--customer", acme).exit_code == 0
    assert run("directory", "token", "end", str(access.token_id), "--customer", acme).exit_code == 2
    assert "0 listed" in run("directory", "token", "list", "--customer", acme).output
    assert "ended" in run("directory", "token", "list", "--customer", acme, "--all").output
    with database.reading() as session:
        assert find_directory(session, token, now=clock.now()) is None
        rows = session.execute(sa.select(AuditEntry.action, AuditEntry.customer_id).order_by(AuditEntry.seq)).all()
    assert [each.action for each in rows] == ["directory.token_added", "directory.token_ended"]
    assert token not in str(rows)


@pytest.mark.parametrize("wrong", [("--customer", "12", "--label", "x"), ("--label", ""), ("--label", "x", "--days", "400")])
def test_a_token_that_cannot_be_is_refused_in_a_line(run, cast, wrong):
    refused = run("directory", "token", "add", "--customer", str(cast.acme.customer_id), *wrong)
    assert refused.exit_code == 2
    assert refused.stderr.count("\n") == 1


def test_who_is_on_the_list_is_shown(run, cast, database):
    with database.writing() as session:
        put_person(session, cast.acme.customer_id, NewPersonEntry("emma@acme.example"), now=NOW)
    shown = run("directory", "people", "--customer", str(cast.acme.customer_id)).output
    assert "emma@acme.example" in shown
    assert "1 of 1 listed" in shown

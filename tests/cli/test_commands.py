"""The other commands: what they do, and how they refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa
from pydantic import ValidationError

import portal
from portal.base import clock
from portal.base.audit import AuditEntry
from portal.base.db import Base, Database
from portal.base.events import DEAD, OutboxEvent
from portal.base.ledger import Account, LedgerAccount, transfer
from portal.base.settings import Settings
from portal.catalog import list_offerings
from portal.customers import find_holder
from portal.faces.cli.database import compile_languages
from portal.faces.cli.settings import explain_settings, list_set
from portal.messaging import claim_due, mark_uncertain, queue_message
from portal.migrations import commands as migrations
from tests.cast import NOW
from tests.cli.conftest import Run
from tests.events.facts import happen

PASSWORD = "tall oak by the harbour"


def test_setup_migrates_an_empty_database_and_may_be_repeated(fresh: Database, run_on: Callable[[Database], Run]) -> None:
    run = run_on(fresh)
    first, second = run("setup"), run("setup")
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    assert "(was empty)" in first.output
    assert "(was empty)" not in second.output
    assert migrations.is_at_head(fresh)


def test_setup_adds_the_rules_of_earning_and_leaves_what_the_operator_has_made_of_them(
    fresh: Database, run_on: Callable[[Database], Run]
) -> None:
    run = run_on(fresh)
    run("setup")
    rules = Base.metadata.tables["earning_rule"]
    with fresh.writing() as session:
        session.execute(sa.update(rules).where(rules.c.code == "visit").values(points=7))
        session.execute(sa.delete(rules).where(rules.c.code == "payment"))
    run("setup")
    with fresh.reading() as session:
        found = {row.code: row.points for row in session.execute(sa.select(rules.c.code, rules.c.points))}
    assert found == {"visit": 7, "payment": 1, "counter_payment": 1}


def test_setup_fills_an_empty_catalogue_and_touches_no_other(fresh: Database, run_on: Callable[[Database], Run]) -> None:
    run = run_on(fresh)
    run("setup")
    prices = Base.metadata.tables["offering_price"]
    coffee = prices.c.offering_code == "gift_coffee"
    with fresh.writing() as session:
        session.execute(sa.update(prices).where(coffee).values(amount=333))
    run("setup")
    with fresh.reading() as session:
        assert session.execute(sa.select(prices.c.amount).where(coffee)).scalar_one() == 333
        assert {each.kind for each in list_offerings(session)} >= {"plan", "gift", "device"}


def test_a_database_without_tables_is_said_to_be_without_tables(fresh: Database, run_on: Callable[[Database], Run]) -> None:
    done = run_on(fresh)("staff", "list")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "flask db upgrade" in done.stderr


def test_db_check_says_whether_the_database_fits(fresh: Database, run_on: Callable[[Database], Run]) -> None:
    run = run_on(fresh)
    assert run("db", "check").exit_code == 1
    assert run("db", "upgrade").exit_code == 0
    assert run("db", "check").exit_code == 0
    with fresh.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_outbox_event_due")
    done = run("db", "check")
    assert done.exit_code == 1
    assert "ix_outbox_event_due" in done.output


def test_db_downgrade_asks_first(migrated: Database, run: Run) -> None:
    assert run("db", "downgrade", "base", input="n\n").exit_code == 1
    assert migrations.is_at_head(migrated)
    assert run("db", "downgrade", "base", "--yes").exit_code == 0
    assert migrations.present_revision(migrated) is None


def test_languages_are_compiled_once_and_again_after_a_change(tmp_path: Path) -> None:
    folder = tmp_path / "zh_Hans_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "messages.po"
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Home"\nmsgstr "首页"\n', encoding="utf-8")
    assert (compile_languages(tmp_path), compile_languages(tmp_path)) == (1, 0)
    assert "首页".encode() in (folder / "messages.mo").read_bytes()
    source.write_text(source.read_text(encoding="utf-8").replace("首页", "主页"), encoding="utf-8")
    later = (folder / "messages.mo").stat().st_mtime + 5
    import os

    os.utime(source, (later, later))
    assert compile_languages(tmp_path) == 1


def create_dora(run: Run, **other: str) -> object:
    options = {"name": "Dora", "role": "clerk", "outlet": "西湖厅", "password": PASSWORD} | other
    return run("staff", "create", "dora", *(part for key, value in options.items() for part in (f"--{key}", value)))


def test_staff_are_let_in_with_a_second_factor_shown_once(migrated: Database, run: Run) -> None:
    done = create_dora(run)
    assert done.exit_code == 0, done.output
    (uri,) = [line for line in done.output.splitlines() if line.startswith("otpauth://")]
    assert pyotp.parse_uri(uri).name == "dora"
    assert "Dora, 西湖厅  second factor not used yet" in run("staff", "list").output
    assert pyotp.parse_uri(uri).secret not in run("staff", "list").output


@pytest.mark.parametrize("password", ["short", "12345678", "password", "dora dora"])
def test_staff_need_a_password_that_is_none_of_the_usual(run: Run, password: str) -> None:
    done = create_dora(run, password=password)
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: Something is missing or not right; each place says what. password:")
    assert "0 listed" in run("staff", "list").output


def test_a_login_is_given_once(run: Run) -> None:
    create_dora(run)
    done = create_dora(run)
    assert done.exit_code == 2
    assert "login" in done.stderr


def test_staff_who_left_are_listed_only_when_asked_for(run: Run) -> None:
    create_dora(run)
    assert run("staff", "end", "dora").exit_code == 0
    assert "0 listed" in run("staff", "list").output
    assert "left" in run("staff", "list", "--all").output
    assert run("staff", "end", "dora").exit_code == 2
    assert run("staff", "end", "nobody").exit_code == 2


def test_a_lost_second_factor_is_made_anew_and_a_password_set(run: Run) -> None:
    first = create_dora(run).output  # type: ignore[attr-defined]
    second = run("staff", "second-factor", "dora")
    assert second.exit_code == 0
    assert pyotp.parse_uri(first.splitlines()[1]).secret not in second.output
    assert run("staff", "password", "dora", "--password", "another fine long one").exit_code == 0
    assert run("staff", "password", "dora", "--password", "short").exit_code == 2


def test_an_enterprise_gets_an_administrator_who_can_sign_in(migrated: Database, run: Run) -> None:
    done = run("enterprise", "create", "Acme Ltd", "--admin-name", "Erin Zhou", "--admin-number", "+86 139-0571-0001")
    assert done.exit_code == 0, done.output
    assert "13905710001" not in done.output
    with migrated.reading() as session:
        assert find_holder(session, "13905710001") is not None
    again = run("enterprise", "create", "Acme", "--admin-name", "Erin", "--admin-number", "13905710001")
    assert again.exit_code == 2
    assert run("enterprise", "create", "Acme", "--admin-name", "Erin", "--admin-number", "12").exit_code == 2


def test_what_an_operator_does_by_hand_stands_in_the_audit_log(migrated: Database, run: Run) -> None:
    create_dora(run)
    run("enterprise", "create", "Acme Ltd", "--admin-name", "Erin Zhou", "--admin-number", "13905710001")
    run("staff", "end", "dora")
    with migrated.reading() as session:
        actions = set(session.scalars(sa.select(AuditEntry.action)))
    assert {"staff.created", "enterprise.created", "staff.ended"} <= actions
    assert run("audit", "verify").exit_code == 0


def bury(database: Database) -> int:
    happen(database, "a", 1, 2, now=NOW)
    with database.writing() as session:
        event_id = session.scalars(sa.select(sa.func.min(OutboxEvent.id))).one()
        session.execute(sa.update(OutboxEvent).where(OutboxEvent.id == event_id).values(status=DEAD, attempts=8, last_error="no"))
    return event_id


def test_the_outbox_is_listed_shown_and_replayed(migrated: Database, run: Run) -> None:
    assert run("outbox", "dead").exit_code == 0
    event_id = bury(migrated)
    assert "1 waiting, 1 dead." in run("outbox", "list").output
    assert run("outbox", "dead").exit_code == 1
    shown = run("outbox", "show", str(event_id))
    assert "test.happened" in shown.output
    assert "nobody yet" in shown.output
    assert run("outbox", "replay", str(event_id)).exit_code == 0
    assert run("outbox", "dead").exit_code == 0
    assert run("outbox", "replay", str(event_id)).exit_code == 2
    assert run("outbox", "show", "99999").exit_code == 2


def test_a_dead_event_is_given_up_with_a_reason(migrated: Database, run: Run) -> None:
    event_id = bury(migrated)
    assert run("outbox", "skip", str(event_id)).exit_code == 2
    assert run("outbox", "skip", str(event_id), "--reason", "gone").exit_code == 0
    assert "given up: gone" in run("outbox", "show", str(event_id)).output


def test_messages_are_listed_without_their_numbers_and_texts_and_sent_again(migrated: Database, run: Run) -> None:
    with migrated.writing() as session:
        queue_message(session, "13857101234", "see you at nine", kind="notice", secret=False, now=NOW)
        (claimed,) = claim_due(session, now=NOW, limit=5)
        mark_uncertain(session, claimed.id, "no answer", now=NOW + timedelta(seconds=5))
    listed = run("messages", "list")
    assert f"{claimed.id}  uncertain" in listed.output
    assert "138****1234" in listed.output
    assert "nine" not in listed.output
    assert run("messages", "requeue", str(claimed.id)).exit_code == 0
    assert run("messages", "requeue", str(claimed.id)).exit_code == 2
    assert str(claimed.id) in run("messages", "list", "--status", "queued").output


def test_the_books_are_checked(migrated: Database, run: Run) -> None:
    with migrated.writing() as session:
        transfer(session, "t:1", Account("a", "x", "CNY"), Account("b", "x", "CNY"), 5, now=NOW)
    assert run("ledger", "check").exit_code == 0
    with migrated.writing() as session:
        session.execute(sa.update(LedgerAccount).values(balance=LedgerAccount.balance + 1))
    done = run("ledger", "check")
    assert done.exit_code == 1
    assert "its balance is" in done.stderr


def test_the_worker_does_once_what_is_due(migrated: Database, run: Run) -> None:
    with migrated.writing() as session:
        queue_message(session, "13857101234", "hello", kind="notice", secret=False, now=clock.now())
    done = run("worker", "once", "--jobs")
    assert done.exit_code == 0, done.output
    assert "1 messages sent" in done.output


def test_the_manual_explains_every_setting(run: Run) -> None:
    page = run("settings", "manual").output
    assert all(f"## PORTAL_{name.upper()}\n" in page for name in Settings.model_fields)


def test_the_settings_in_the_docs_are_those_there_are(run: Run) -> None:
    assert (Path(portal.__file__).parents[1] / "docs" / "settings.md").read_text() == run("settings", "manual").output


def test_what_is_set_is_listed_without_its_secrets() -> None:
    settings = Settings(env="test", secret_key="s" * 40, metrics_token="hush", database_url="postgresql://me:pw@host/db", brand="Ours")
    said = "\n".join(list_set(settings))
    assert "PORTAL_BRAND = Ours" in said
    assert "PORTAL_METRICS_TOKEN = (set)" in said
    assert not any(secret in said for secret in ("ssss", "hush", "pw"))


def test_settings_that_cannot_be_used_are_named_each_on_its_line_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PORTAL_SECRET_KEY": "short", "PORTAL_PORT": "ninety", "PORTAL_CURRENCY": "yuan"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    said = explain_settings(caught.value)
    assert "PORTAL_PORT: " in said
    assert "PORTAL_CURRENCY: " in said
    assert "ninety" not in said
    assert "yuan" not in said


def test_a_default_secret_is_refused_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_ENV", "production")
    monkeypatch.setenv("PORTAL_SECRET_KEY", "dev")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert explain_settings(caught.value).startswith("PORTAL_SECRET_KEY: production needs a secret")

"""The migrations lead to what the models say, and back; the audit log's guard comes with them."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

import portal
from portal.base.audit import CHAINS, START, Entry, list_heads, record, verify
from portal.base.db import Base, Database
from portal.base.keys import Keys
from portal.base.settings import ROOT
from portal.migrations import commands as migrations
from portal.migrations import newest_revision, revise
from portal.migrations.commands import FOLDER
from portal.migrations.tables import TABLES
from tests.cast import NOW


def tables(database: Database) -> set[str]:
    return set(sa.inspect(database.engine).get_table_names()) - {"alembic_version"}


def run(database: Database, statement: str) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_there_is_one_newest_revision() -> None:
    assert list(migrations.list_heads()) == [newest_revision()]


def test_a_migrated_database_is_what_the_models_say(fresh: Database) -> None:
    migrations.upgrade(fresh)
    assert migrations.difference(fresh) == []
    assert tables(fresh) == set(Base.metadata.tables)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE party ADD COLUMN shoe_size INTEGER",
        "DROP TABLE tray_message",
        "DROP INDEX ix_interaction_timeline",
        "DROP INDEX ix_outbox_event_due",
        "CREATE INDEX ix_extra ON party (name)",
    ],
)
def test_a_database_that_is_not_what_the_models_say_is_found_out(fresh: Database, change: str) -> None:
    migrations.upgrade(fresh)
    run(fresh, change)
    assert migrations.difference(fresh) != []


def test_an_index_in_the_wrong_direction_is_found_out(fresh: Database) -> None:
    migrations.upgrade(fresh)
    run(fresh, "DROP INDEX ix_interaction_timeline")
    run(fresh, "CREATE INDEX ix_interaction_timeline ON interaction (customer_id, at, id)")
    assert migrations.difference(fresh) != []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_tests_own_tables_are_those_of_the_migrations(database: Database) -> None:
    assert migrations.difference(database) == []


def test_up_down_and_up_again_leaves_nothing_behind_and_ends_where_it_should(fresh: Database) -> None:
    migrations.upgrade(fresh)
    migrations.downgrade(fresh, "base")
    assert tables(fresh) == set()
    assert migrations.present_revision(fresh) is None
    if not fresh.is_sqlite:
        with fresh.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM pg_proc WHERE proname LIKE 'refuse_%%'").scalar() == 0
    migrations.upgrade(fresh)
    assert migrations.is_at_head(fresh)
    assert migrations.difference(fresh) == []


def test_migrating_twice_changes_nothing(fresh: Database, keys: Keys) -> None:
    migrations.upgrade(fresh)
    with fresh.writing() as session:
        record(session, keys.audit[0], Entry("staff:1", "tried", "test"), now=NOW)
    migrations.upgrade(fresh)
    with fresh.reading() as session:
        assert sum(length for _, length, _ in list_heads(session)) == 1


def test_two_nodes_that_start_at_once_migrate_once(fresh: Database) -> None:
    url = fresh.url.render_as_string(hide_password=False)
    program = (
        "import sys; from portal.migrations.commands import upgrade; from portal.base.db import Database; upgrade(Database(sys.argv[1]))"
    )
    nodes = [subprocess.Popen([sys.executable, "-c", program, url], cwd=ROOT) for _ in range(2)]
    assert [node.wait(60) for node in nodes] == [0, 0]
    assert migrations.difference(fresh) == []


def test_an_empty_database_is_not_at_head(fresh: Database) -> None:
    assert migrations.present_revision(fresh) is None
    assert not migrations.is_at_head(fresh)


def test_a_revision_of_a_later_release_is_not_known() -> None:
    assert migrations.is_known("0001")
    assert not migrations.is_known("9999")


def test_the_audit_chains_stand_ready_after_migrating(fresh: Database, keys: Keys) -> None:
    migrations.upgrade(fresh)
    with fresh.snapshot() as session:
        assert list_heads(session) == [(chain, 0, START) for chain in range(CHAINS)]
        assert list(verify(session, keys.audit)) == []


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET actor = 'nobody'", "DELETE FROM audit_entry"])
def test_the_database_itself_refuses_to_change_an_audit_entry(fresh: Database, keys: Keys, statement: str) -> None:
    migrations.upgrade(fresh)
    with fresh.writing() as session:
        record(session, keys.audit[0], Entry("staff:1", "customer.opened", "counter", customer_id=9), now=NOW)
    with pytest.raises(DBAPIError, match="never changed"):
        run(fresh, statement)
    with fresh.snapshot() as session:
        assert list(verify(session, keys.audit)) == []
        assert sum(length for _, length, _ in list_heads(session)) == 1


def test_every_module_of_tables_is_known_to_the_migrations() -> None:
    names = {module.name for module in pkgutil.walk_packages(portal.__path__, "portal.") if module.name.endswith(".models")}
    ground = Path(portal.__path__[0], "base").glob("*.py")
    names |= {f"portal.base.{path.stem}" for path in ground if "__tablename__" in path.read_text(encoding="utf-8")}
    assert {module.__name__ for module in TABLES} == {importlib.import_module(name).__name__ for name in names}


def test_every_table_says_how_it_grows() -> None:
    assert {
        name for name, table in Base.metadata.tables.items() if table.info.get("kind") not in ("customer", "reference", "global")
    } == set()


def test_the_newest_revision_is_what_is_proposed_for_the_models(tmp_path: Path) -> None:
    """If this fails: `python -m portal.migrations.revise --again NAME && ruff format portal/migrations`, and read it."""
    made = [path for path in sorted((FOLDER / "versions").glob("*.py")) if "portal.migrations.revise" in path.read_text("utf-8")]
    newest = made[-1]  # a revision written by hand moves data, and leaves the tables as they are
    proposed = revise.write(newest.stem.partition("_")[2], again=True, folder=tmp_path)
    assert proposed.name == newest.name
    assert _meaning(proposed) == _meaning(newest)


def test_nothing_is_proposed_where_nothing_has_changed(tmp_path: Path) -> None:
    code = revise.write("nothing", again=False, folder=tmp_path).read_text(encoding="utf-8")
    assert "op." not in code.partition("def upgrade")[2]


def _meaning(path: Path) -> str:
    return ast.dump(ast.parse(path.read_text(encoding="utf-8")))

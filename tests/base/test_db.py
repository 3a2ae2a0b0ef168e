"""The two ways into the database."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from portal.base.db import Base, Database, UtcDateTime
from portal.customers.models import Party, SearchKey


def party(number: int, now: datetime, name: str = "张三") -> Party:
    return Party(id=number, kind="individual", name=name, gender=None, birth_date=None, language=None, created_at=now)


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Party)) or 0


def test_returning_commits(database: Database, now: datetime) -> None:
    with database.writing() as session:
        session.add(party(1, now))
    assert count(database) == 1


def test_raising_rolls_back(database: Database, now: datetime) -> None:
    with suppress(RuntimeError), database.writing() as session:
        session.add(party(1, now))
        session.flush()
        raise RuntimeError
    assert count(database) == 0


def test_after_a_failure_the_next_writer_gets_in(database: Database, now: datetime) -> None:
    for _ in range(3):
        with pytest.raises(sa.exc.IntegrityError), database.writing() as session:
            session.execute(sa.insert(Party), [{"id": 1, "kind": "individual", "name": "x", "created_at": now}] * 2)
    with database.writing() as session:
        session.add(party(2, now))
    assert count(database) == 1


def test_a_reader_sees_what_was_committed_and_nothing_else(database: Database, now: datetime) -> None:
    with database.writing() as session:
        session.add(party(1, now))
        session.flush()
        assert count(database) == 0
    assert count(database) == 1


def test_a_snapshot_sees_one_moment_throughout(database: Database, now: datetime) -> None:
    with database.snapshot() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(Party))
        with database.writing() as other:
            other.add(party(1, now))
        after = session.scalar(sa.select(sa.func.count()).select_from(Party))
    assert (before, after) == (0, 0)
    assert count(database) == 1


def test_a_moment_comes_back_aware_and_the_same(database: Database) -> None:
    moment = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=ZoneInfo("Asia/Shanghai"))
    with database.writing() as session:
        session.add(party(1, moment))
    with database.reading() as session:
        found = session.scalar(sa.select(Party.created_at))
    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC or found.utcoffset() == UTC.utcoffset(None)


def test_a_moment_without_its_zone_is_a_mistake() -> None:
    naive = datetime(2026, 11, 22)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(naive, sa.create_engine("sqlite://").dialect)


def test_foreign_keys_hold_on_both_engines(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.writing() as session:
        session.execute(
            sa.text("INSERT INTO account (customer_id, id, currency, payment_method, paperless) VALUES (1, 1, 'CNY', 'x', true)")
        )


def test_keys_sort_byte_by_byte_on_both_engines(database: Database) -> None:
    keys = ["a", "B", "é", "z", "王", "\uffee", "\U00020000", "a b", "ab", "-"]
    with database.writing() as session:
        session.execute(sa.insert(SearchKey), [{"kind": "x", "key": key, "customer_id": 1} for key in keys])
        found = session.scalars(sa.select(SearchKey.key).order_by(SearchKey.key)).all()
    assert found == sorted(keys, key=lambda key: key.encode())


def test_writers_at_once_all_get_through_and_none_is_lost(database: Database, now: datetime) -> None:
    with database.writing() as session:
        session.add(party(1, now, "0"))

    def add_one(_: int) -> None:
        with database.writing() as session:
            name = session.scalar(sa.select(Party.name).where(Party.id == 1).with_for_update())
            session.execute(sa.update(Party).where(Party.id == 1).values(name=str(int(name or 0) + 1)))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add_one, range(30)))
    with database.reading() as session:
        assert session.scalar(sa.select(Party.name).where(Party.id == 1)) == "30"


def test_readers_do_not_wait_for_a_writer(database: Database, now: datetime) -> None:
    inside, done = threading.Event(), threading.Event()

    def write() -> None:
        with database.writing() as session:
            session.add(party(1, now))
            session.flush()
            inside.set()
            done.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert inside.wait(10)
        assert count(database) == 0
        assert not done.is_set()
    finally:
        done.set()
        writer.join()
    assert count(database) == 1


def _add_from_another_process(url: str, first: int) -> None:
    database = Database(url)
    for number in range(first, first + 10):
        with database.writing() as session:
            session.execute(sa.insert(Party), [{"id": number, "kind": "individual", "name": "x", "created_at": datetime.now(UTC)}])
    database.close()


def test_writers_in_several_processes_stand_in_line(database: Database) -> None:
    if not database.is_sqlite:
        return  # PostgreSQL is a server: its own tests cover that
    context = multiprocessing.get_context("spawn")
    url = database.url.render_as_string(hide_password=False)
    workers = [context.Process(target=_add_from_another_process, args=(url, place * 10)) for place in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert count(database) == 30


def test_a_sqlite_database_is_made_with_the_folder_it_lies_in(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/deep/down/portal.db")
    with database.writing() as session:
        assert session.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(sa.text("PRAGMA foreign_keys")) == 1
        assert session.scalar(sa.text("PRAGMA synchronous")) == 2  # FULL: what is acknowledged is on the disk
    database.close()


def test_every_table_says_how_it_grows() -> None:
    for table in Base.metadata.sorted_tables:
        assert table.info.get("kind") in {"customer", "reference", "global"}, table.name
        if table.info["kind"] == "customer":
            assert next(iter(table.primary_key)).name == "customer_id", table.name

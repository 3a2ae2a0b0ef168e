"""Bulk loading: what is written reads back as what was meant, and the engine is left as it was found."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, date, datetime, timedelta, timezone

import psycopg
import pytest
import sqlalchemy as sa

from portal.base.bulk import BulkTransaction, BulkWriter
from portal.base.db import Base, Database
from portal.migrations.commands import upgrade

PARTY = ["id", "kind", "name", "birth_date", "created_at"]
CUSTOMER = ["customer_id", "party_id", "kind", "status", "tier", "since", "search_text", "created_at"]
MADE = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture
def database(fresh: Database) -> Database:
    """Give a database of this test's own: a load that fails leaves its keys away for the next load to put back."""
    upgrade(fresh)
    return fresh


def table(name: str) -> sa.Table:
    return Base.metadata.tables[name]


def party(bulk: BulkWriter, number: int, name: str = "王爱丽", born: date | None = None) -> tuple[object, ...]:
    return number, "individual", name, bulk.day(born), bulk.moment(MADE)


def customer(bulk: BulkWriter, number: int, party_id: int) -> tuple[object, ...]:
    return number, party_id, "individual", "active", "gold", bulk.day(date(2024, 2, 29)), "", bulk.moment(MADE)


def count(database: Database, name: str) -> int:
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table(name))) or 0


def shape(database: Database) -> dict[str, object]:
    """Give the secondary indexes and foreign keys of the tables under test."""
    inspector = sa.inspect(database.engine)
    return {
        name: (
            sorted(str(index["name"]) for index in inspector.get_indexes(name)),
            sorted(str(key["name"]) for key in inspector.get_foreign_keys(name)),
        )
        for name in ("party", "customer", "number_holding")
    }


def test_what_is_written_in_bulk_reads_back_as_what_was_meant(database: Database) -> None:
    bulk = BulkWriter(database.engine)
    odd = 'tab\there, "quotes", back\\slash, \\N, line\nbreak, 龘'
    assert bulk.write(table("party"), PARTY, [party(bulk, 1, odd, date(1988, 4, 17)), party(bulk, 2)]) == 2
    with database.reading() as session:
        rows = session.execute(sa.select(*(table("party").c[name] for name in PARTY)).order_by(sa.text("id"))).all()
    assert tuple(rows[0]) == (1, "individual", odd, date(1988, 4, 17), MADE.astimezone(UTC))
    assert rows[1].birth_date is None


def test_documents_and_flags_read_back(database: Database) -> None:
    bulk = BulkWriter(database.engine)
    name = {"zh": "光纤宽带", "en": 'Fibre "fast"'}
    bulk.write(
        table("offering"),
        ["code", "kind", "name", "monthly_price_minor", "allowances"],
        [("f", "internet", bulk.document(name), 5000, bulk.document({"data": 5}))],
    )
    with database.reading() as session:
        row = session.execute(sa.select(table("offering"))).one()
    assert (row.name, row.allowances, row.monthly_price_minor) == (name, {"data": 5}, 5000)


def test_rows_are_streamed_from_a_generator(database: Database) -> None:
    bulk = BulkWriter(database.engine)
    assert bulk.write(table("party"), PARTY, (party(bulk, number) for number in range(1, 5001))) == 5000
    assert count(database, "party") == 5000


def test_a_write_is_kept_whole_or_not_at_all(database: Database) -> None:
    bulk = BulkWriter(database.engine)
    bulk.write(table("party"), PARTY, [party(bulk, 7)])
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        bulk.write(table("party"), PARTY, [party(bulk, 5), party(bulk, 6), party(bulk, 7)])
    assert count(database, "party") == 1
    assert bulk.write(table("party"), PARTY, [party(bulk, 8)]) == 1


def test_a_generator_that_fails_leaves_nothing(database: Database) -> None:
    bulk = BulkWriter(database.engine)

    def rows():
        yield party(bulk, 1)
        raise OSError("the source went away")

    with pytest.raises(OSError, match="went away"):
        bulk.write(table("party"), PARTY, rows())
    assert count(database, "party") == 0


def test_during_a_large_load_indexes_and_keys_are_away_and_after_it_they_are_back(database: Database) -> None:
    bulk = BulkWriter(database.engine)
    before = shape(database)
    with bulk.large_load([table("customer"), table("party")]):
        assert shape(database)["customer"][0] == []  # type: ignore[index]
        bulk.write(table("customer"), CUSTOMER, [customer(bulk, 1, 10)])  # before its party
        bulk.write(table("party"), PARTY, [party(bulk, 10)])
    assert shape(database) == before
    assert count(database, "customer") == 1


def test_a_row_that_points_nowhere_shows_at_the_end_of_a_large_load(database: Database) -> None:
    bulk = BulkWriter(database.engine)
    with (
        pytest.raises((sa.exc.IntegrityError, psycopg.IntegrityError), match=r"points at no party|foreign key"),
        bulk.large_load([table("customer")]),
    ):
        bulk.write(table("customer"), CUSTOMER, [customer(bulk, 1, 999)])


def test_after_a_large_load_the_database_checks_again(database: Database) -> None:
    bulk = BulkWriter(database.engine)
    with bulk.large_load([table("customer"), table("party")]):
        bulk.write(table("party"), PARTY, [party(bulk, 10)])
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)foreign key"), database.writing() as session:
        session.execute(
            sa.insert(table("customer")).values(
                customer_id=1, party_id=999, kind="i", status="a", tier="g", since=date(2024, 1, 1), search_text="", created_at=MADE
            )
        )
    if database.is_sqlite:
        with database.reading() as session:
            assert session.scalar(sa.text("PRAGMA synchronous")) == 2
            assert session.scalar(sa.text("PRAGMA foreign_keys")) == 1


def test_a_large_load_that_fails_puts_indexes_back(database: Database) -> None:
    before = shape(database)
    bulk = BulkWriter(database.engine)
    with pytest.raises(OSError, match="no more"), bulk.large_load([table("customer"), table("party")]):
        raise OSError("no more")
    assert shape(database) == before


def test_what_a_killed_load_left_missing_the_next_one_makes_again(database: Database) -> None:
    before = shape(database)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_customer_party")
        if not database.is_sqlite:
            connection.exec_driver_sql("ALTER TABLE customer DROP CONSTRAINT fk_customer_party_id_party")
    with BulkWriter(database.engine).large_load([table("customer")]):
        pass
    assert shape(database) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_loading_is_quick(database: Database) -> None:
    """Far below the 800,000 rows a second of an idle machine, and far above one insert at a time."""
    bulk = BulkWriter(database.engine)
    rows = [("n", f"{number:08d}", number) for number in range(100_000)]
    started = time.process_time()
    with bulk.large_load([table("search_key")]):
        bulk.write(table("search_key"), ["kind", "key", "customer_id"], rows)
    assert time.process_time() - started < 2


def test_rows_written_within_a_transaction_are_kept_with_it_or_not_at_all(database: Database) -> None:
    def write(*numbers: int, then: Exception | None = None) -> None:
        with database.writing() as session:
            bulk = BulkTransaction(session)
            session.execute(sa.insert(table("party")).values(id=numbers[0], kind="individual", name="王", created_at=MADE))
            rows = [(number, "individual", "李", bulk.day(None), bulk.moment(MADE)) for number in numbers[1:]]
            assert bulk.write(table("party"), PARTY, iter(rows)) == len(rows)
            assert session.scalar(sa.select(sa.func.count()).select_from(table("party"))) >= len(numbers), "seen within it"
            if then is not None:
                raise then

    with pytest.raises(OSError, match="no more"):
        write(1, 2, 3, then=OSError("no more"))
    assert count(database, "party") == 0
    write(1, 2, 3)
    assert count(database, "party") == 3


def test_what_the_database_refuses_within_a_transaction_ends_all_of_it(database: Database) -> None:
    def write() -> None:
        with database.writing() as session:
            bulk = BulkTransaction(session)
            bulk.write(table("party"), PARTY, [(1, "individual", "王", None, bulk.moment(MADE))])
            bulk.write(
                table("customer"), CUSTOMER, [(1, 999, "individual", "active", "gold", bulk.day(MADE.date()), "", bulk.moment(MADE))]
            )

    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)foreign key"):
        write()
    assert count(database, "party") == 0


def test_a_transaction_leaves_indexes_and_keys_where_they_are(database: Database) -> None:
    before = shape(database)
    with database.writing() as session:
        BulkTransaction(session).write(table("search_key"), ["kind", "key", "customer_id"], [("n", "1", 1), ("n", "2", 1)])
        if database.is_sqlite:
            assert session.scalar(sa.text("PRAGMA foreign_keys")) == 1
    assert shape(database) == before

"""The straight way to the driver gives what SQLAlchemy's own way gives, and fails as that fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.base.db import Base, Database, Id
from portal.base.driver import FrequentQuery, FrequentStatement
from tests.cast import Cast
from tests.statements import statements

_event = Base.metadata.tables["outbox_event"]
_by_name = sa.select(_event).where(_event.c.type == sa.bindparam("type"), _event.c.occurred_at <= sa.bindparam("at")).order_by(_event.c.id)


def both(database: Database, query: sa.Select[Any], values: dict[str, Any]) -> tuple[Any, Any]:
    """Ask one question both ways."""
    with database.reading() as session:
        return FrequentQuery(query).first(session, values), session.connection().execute(query, values).first()


def test_a_row_is_the_same_by_either_way_documents_and_moments_included(database: Database, now: datetime) -> None:
    with database.writing() as session:
        for number in range(3):
            row = {
                "id": number + 1, "aggregate": f"a:{number}", "type": "T", "payload": {"刘": [number, None]}, "status": "pending",
                "attempts": 0, "occurred_at": now + timedelta(seconds=number), "available_at": now,
            }  # fmt: skip
            session.connection().execute(sa.insert(_event), row)
    elsewhere = now.astimezone(timezone(timedelta(hours=8)))
    straight, usual = both(database, _by_name, {"type": "T", "at": elsewhere})
    assert tuple(straight) == tuple(usual)
    assert (straight.payload, straight.occurred_at, straight.occurred_at.tzinfo) == ({"刘": [0, None]}, now, UTC)


def test_no_row_is_none_and_a_percent_sign_is_a_percent_sign(database: Database, cast: Cast) -> None:
    party = Base.metadata.tables["party"]
    like = sa.select(party.c.name).where(party.c.id == sa.bindparam("id"), party.c.name.like("王%"))
    assert both(database, like, {"id": 0}) == (None, None)
    straight, usual = both(database, like, {"id": cast.alice.party_id})
    assert tuple(straight) == tuple(usual) == ("王爱丽",)


def test_a_value_the_database_refuses_raises_what_sqlalchemy_raises(database: Database) -> None:
    sum_of = sa.select((sa.bindparam("one", type_=Id) + sa.bindparam("other", type_=Id)).label("sum"))
    given = {"one": (1 << 63) - 1, "other": 1}
    if database.is_sqlite:  # which gives a float
        assert both(database, sum_of, given)[0].sum == both(database, sum_of, given)[1].sum
        return
    with database.reading() as session, pytest.raises(DBAPIError, match="out of range"):
        FrequentQuery(sum_of).first(session, given)


def test_a_question_asked_this_way_is_one_statement(database: Database, now: datetime) -> None:
    query = FrequentQuery(_by_name)
    with statements(database) as seen, database.reading() as session:
        assert query.first(session, {"type": "T", "at": now}) is None
        assert query.first(session, {"type": "T", "at": now}) is None
    assert len(seen) == 2


def test_a_change_is_the_same_by_either_way_lists_documents_and_nothing_included(database: Database, now: datetime) -> None:
    add = FrequentStatement(sa.insert(_event))
    wake = FrequentStatement(
        sa.update(_event)
        .where(_event.c.aggregate == sa.bindparam("of"), _event.c.status.in_(("pending", "dead")))
        .values(status="done", last_error=None, done_at=sa.bindparam("at"))
    )
    see = FrequentStatement(sa.select(_event).where(_event.c.aggregate == sa.bindparam("of")).order_by(_event.c.id))
    rows = [
        {
            "id": number, "aggregate": "a:1", "type": "T", "payload": {"刘": [number, None]}, "status": status, "attempts": 0,
            "occurred_at": now, "available_at": now, "last_error": "away", "done_at": None,
        }
        for number, status in ((1, "pending"), (2, "dead"), (3, "done"))
    ]  # fmt: skip
    with database.writing() as session:
        assert [add.change(session, row) for row in rows[:2]] == [1, 1]
        add.change_all(session, rows[2:])
        assert wake.change(session, {"of": "a:1", "at": now}) == 2
        assert wake.change(session, {"of": "a:1", "at": now}) == 0
        assert wake.change(session, {"of": "a:2", "at": now}) == 0
    with database.reading() as session:
        found = see.rows(session, {"of": "a:1"})
        usual = session.connection().execute(sa.select(_event).order_by(_event.c.id)).all()
        assert [tuple(each) for each in found] == [tuple(each) for each in usual]
        assert [(each.status, each.last_error, each.done_at, each.payload) for each in found] == [
            ("done", None, now, {"刘": [1, None]}),
            ("done", None, now, {"刘": [2, None]}),
            ("done", "away", None, {"刘": [3, None]}),
        ]
        assert see.scalar(session, {"of": "a:1"}) == 1
        assert (see.scalar(session, {"of": "a:2"}), see.first(session, {"of": "a:2"})) == (None, None)


def test_a_second_note_of_the_same_raises_what_sqlalchemy_raises(database: Database, now: datetime) -> None:
    key = sa.insert(Base.metadata.tables["ledger_movement"])
    add = FrequentStatement(key)
    row = {"reference": "r", "fingerprint": "f", "at": now}
    with database.writing() as session:
        add.change(session, row)
    with database.writing() as session, pytest.raises(IntegrityError):
        add.change(session, row)

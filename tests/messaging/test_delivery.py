"""Messages leave once, in order, in time; and where nobody can know, a person is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.messaging import (
    Claimed,
    NotRepeatable,
    Outcome,
    SmsRefused,
    SmsUnavailable,
    SmsUncertain,
    carry,
    claim_due,
    list_messages,
    list_tray,
    mark_failed,
    mark_retry,
    mark_sent,
    mark_uncertain,
    note_receipt,
    put_in_tray,
    queue_message,
    requeue,
    settle_message,
    tidy_messages,
)
from portal.messaging.delivery import LEASE
from portal.messaging.service import MAX_ATTEMPTS

ALICE, BOB = "13857101234", "13857105678"


@pytest.fixture(autouse=True)
def noise(database: Database, now: datetime) -> None:
    """Messages of other times and ends, which nobody may touch."""
    with database.writing() as session:
        for minute, status in enumerate(("sent", "failed", "discarded", "uncertain")):
            made = queue_message(session, "13600000001", "old", kind="notice", secret=False, now=now - timedelta(hours=minute + 2))
            session.execute(sa.update(Base.metadata.tables["message"]).where(sa.text(f"id = {made}")).values(status=status))


def row(database: Database, message_id: int) -> dict[str, Any]:
    message = Base.metadata.tables["message"]
    with database.reading() as session:
        return dict(session.execute(sa.select(message).where(message.c.id == message_id)).mappings().one())


def queued(database: Database, now: datetime, number: str = ALICE, body: str = "hello", **options: Any) -> int:
    with database.writing() as session:
        merged: dict[str, Any] = {"kind": "notice", "secret": False} | options
        return queue_message(session, number, body, now=now, **merged)


def claimed(database: Database, now: datetime, limit: int = 10) -> list[Claimed]:
    with database.writing() as session:
        return list(claim_due(session, now=now, limit=limit))


def settle(database: Database, message: Claimed, outcome: Outcome, now: datetime, *, repeatable: bool = False) -> None:
    with database.writing() as session:
        settle_message(session, message, outcome, repeatable=repeatable, now=now)


def test_a_queued_message_is_claimed_once(database: Database, now: datetime) -> None:
    message_id = queued(database, now, body="您好")
    (one,) = claimed(database, now)
    assert (one.id, one.number, one.body, one.kind, one.attempts) == (message_id, ALICE, "您好", "notice", 1)
    assert claimed(database, now) == []
    assert ALICE not in repr(one)
    assert "您好" not in repr(one)


def test_a_message_is_not_claimed_before_its_time(database: Database, now: datetime) -> None:
    queued(database, now + timedelta(minutes=1))
    assert claimed(database, now) == []
    assert len(claimed(database, now + timedelta(minutes=1))) == 1


def test_no_more_are_claimed_than_asked_for(database: Database, now: datetime) -> None:
    for index in range(5):
        queued(database, now + timedelta(milliseconds=index), number=f"1380000000{index}")
    assert [message.number[-1] for message in claimed(database, now + timedelta(seconds=1), 2)] == ["0", "1"]
    assert len(claimed(database, now + timedelta(seconds=1), 10)) == 3


def test_a_numbers_messages_go_one_after_the_other_and_do_not_hold_up_other_numbers(database: Database, now: datetime) -> None:
    first = queued(database, now, body="1")
    second = queued(database, now + timedelta(seconds=1), body="2")
    others = queued(database, now + timedelta(seconds=2), number=BOB)
    later = now + timedelta(seconds=3)
    one, other = claimed(database, later)
    assert (one.id, other.id) == (first, others)
    settle(database, one, Outcome("unavailable", "throttled"), later)
    assert claimed(database, later) == []
    again = later + timedelta(seconds=2)
    (one,) = claimed(database, again)
    assert one.id == first
    settle(database, one, Outcome("sent", "ref"), again)
    assert [message.id for message in claimed(database, again)] == [second]


def test_a_code_does_not_wait_for_a_notice_that_is_stuck(database: Database, now: datetime) -> None:
    queued(database, now)
    code = queued(database, now + timedelta(seconds=1), kind="code", secret=True)
    later = now + timedelta(seconds=2)
    notice = claimed(database, now)[0]
    settle(database, notice, Outcome("unavailable", "throttled"), now)
    assert code in [message.id for message in claimed(database, later)]


def test_a_secret_text_is_blank_once_it_has_left_and_another_stays(database: Database, now: datetime) -> None:
    secret = queued(database, now, body="123456", secret=True, kind="code")
    plain = queued(database, now, body="your bill", number=BOB)
    for message in claimed(database, now):
        settle(database, message, Outcome("sent", f"ref-{message.id}"), now)
    assert (row(database, secret)["status"], row(database, secret)["body"]) == ("sent", "")
    assert (row(database, plain)["status"], row(database, plain)["body"]) == ("sent", "your bill")
    assert row(database, secret)["sent_at"] == now


@pytest.mark.parametrize("end", ["refused", "late"])
def test_a_secret_text_is_blank_when_it_never_leaves(database: Database, now: datetime, end: str) -> None:
    secret = queued(database, now, body="123456", secret=True, expires_at=now + timedelta(minutes=10))
    if end == "refused":
        settle(database, claimed(database, now)[0], Outcome("refused", "unknown number"), now)
    else:
        with database.writing() as session:
            assert tidy_messages(session, repeatable=False, now=now + timedelta(minutes=10)).expired == 1
    assert (row(database, secret)["status"], row(database, secret)["body"]) == ("failed", "")


def test_a_message_past_its_time_is_not_sent(database: Database, now: datetime) -> None:
    queued(database, now, expires_at=now + timedelta(minutes=10))
    assert claimed(database, now + timedelta(minutes=10)) == []


def test_a_discarded_message_never_leaves_and_holds_no_text(database: Database, now: datetime) -> None:
    made = queued(database, now, body="123456", deliver=False)
    assert claimed(database, now + timedelta(hours=1)) == []
    assert (row(database, made)["status"], row(database, made)["body"]) == ("discarded", "")


def test_a_worker_that_died_leaves_a_repeatable_message_queued_again(database: Database, now: datetime) -> None:
    made = queued(database, now)
    claimed(database, now)
    with database.writing() as session:
        assert tidy_messages(session, repeatable=True, now=now + LEASE - timedelta(seconds=1)).requeued == 0
        assert tidy_messages(session, repeatable=True, now=now + LEASE).requeued == 1
    (again,) = claimed(database, now + LEASE)
    assert (again.id, again.attempts) == (made, 2)


def test_a_worker_that_died_leaves_any_other_message_uncertain_until_somebody_decides(database: Database, now: datetime) -> None:
    made = queued(database, now)
    claimed(database, now)
    with database.writing() as session:
        assert tidy_messages(session, repeatable=False, now=now + LEASE).uncertain == 1
    assert claimed(database, now + LEASE) == []
    with database.reading() as session:
        seen = list_messages(session, "uncertain")
    assert made in [message.id for message in seen]
    assert seen[0].number_masked == "138****1234"
    with database.writing() as session:
        requeue(session, made, now=now + LEASE)
    assert [message.id for message in claimed(database, now + LEASE)] == [made]


def test_the_truth_counts_more_than_a_lease_that_ran_out(database: Database, now: datetime) -> None:
    made = queued(database, now)
    slow = claimed(database, now)[0]
    with database.writing() as session:
        tidy_messages(session, repeatable=True, now=now + LEASE)
    settle(database, slow, Outcome("sent", "ref"), now + LEASE)
    assert claimed(database, now + LEASE) == []
    assert row(database, made)["status"] == "sent"


def test_an_end_that_comes_late_does_not_undo_a_message_that_was_sent(database: Database, now: datetime) -> None:
    made = queued(database, now)
    claimed(database, now)
    with database.writing() as session:
        mark_sent(session, made, "ref", now=now)
        mark_failed(session, made, "late", now=now)
        mark_retry(session, made, "late", now=now)
        mark_uncertain(session, made, "late", now=now)
    assert (row(database, made)["status"], row(database, made)["last_error"]) == ("sent", None)


def test_a_busy_centre_is_tried_again_ever_more_slowly_and_not_for_ever(database: Database, now: datetime) -> None:
    made = queued(database, now)
    moment, waits = now, []
    for _ in range(MAX_ATTEMPTS):
        (message,) = claimed(database, moment)
        settle(database, message, Outcome("unavailable", "throttled"), moment)
        waits.append((row(database, made)["available_at"] - moment).total_seconds())
        moment = row(database, made)["available_at"]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 0]
    assert (row(database, made)["status"], row(database, made)["last_error"]) == ("failed", "throttled")


@pytest.mark.parametrize(("repeatable", "status"), [(True, "queued"), (False, "uncertain")])
def test_an_unclear_end_is_repeated_only_where_that_does_no_harm(database: Database, now: datetime, repeatable: bool, status: str) -> None:
    made = queued(database, now)
    settle(database, claimed(database, now)[0], Outcome("uncertain", "no answer"), now, repeatable=repeatable)
    assert row(database, made)["status"] == status


def test_what_was_sent_or_waits_or_lost_its_text_is_not_queued_again(database: Database, now: datetime) -> None:
    waiting, sent = queued(database, now + timedelta(hours=1)), queued(database, now, number=BOB)
    secret = queued(database, now, number="13600000002", secret=True)
    late = queued(database, now, number="13600000003", expires_at=now + timedelta(minutes=1))
    for message in claimed(database, now):
        settle(database, message, Outcome("sent" if message.id == sent else "refused", "x"), now)
    for made in (waiting, sent, secret, 12345):
        with pytest.raises(NotRepeatable), database.writing() as session:
            requeue(session, made, now=now)
    with pytest.raises(NotRepeatable), database.writing() as session:
        requeue(session, late, now=now + timedelta(minutes=1))
    with database.writing() as session:
        requeue(session, late, now=now)


def test_an_uncertain_code_loses_its_text_when_its_time_is_over(database: Database, now: datetime) -> None:
    made = queued(database, now, body="123456", secret=True, expires_at=now + timedelta(minutes=10))
    settle(database, claimed(database, now)[0], Outcome("uncertain", "no answer"), now)
    with database.writing() as session:
        tidy_messages(session, repeatable=False, now=now + timedelta(minutes=9))
    assert row(database, made)["body"] == "123456"
    with database.writing() as session:
        tidy_messages(session, repeatable=False, now=now + timedelta(minutes=10))
    assert row(database, made)["body"] == ""


def test_a_receipt_is_kept_with_its_message_and_one_too_early_is_for_later(database: Database, now: datetime) -> None:
    made = queued(database, now)
    message = claimed(database, now)[0]
    with database.writing() as session:
        assert not note_receipt(session, "000a", "DELIVRD")
    settle(database, message, Outcome("sent", "000a"), now)
    with database.writing() as session:
        assert note_receipt(session, "000a", "DELIVRD")
    assert row(database, made)["receipt"] == "DELIVRD"


class Raising:
    """A sender that ends as told."""

    repeatable = False

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def send(self, message_id: int, number: str, body: str) -> str:
        if self.error is not None:
            raise self.error
        return f"{message_id}:{number}:{body}"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, Outcome("sent", "7:138:hi")),
        (SmsRefused("no such number"), Outcome("refused", "no such number")),
        (SmsUnavailable("throttled"), Outcome("unavailable", "throttled")),
        (SmsUncertain("no answer"), Outcome("uncertain", "no answer")),
        (KeyError("123456 is the code"), Outcome("uncertain", "KeyError")),
    ],
)
def test_every_way_a_sender_can_end_has_an_outcome_and_a_surprise_tells_no_text(error: Exception | None, outcome: Outcome) -> None:
    assert carry(Raising(error), Claimed(7, "138", "hi", "code", 1)) == outcome


def test_the_tray_shows_a_numbers_messages_the_newest_first_and_each_once(database: Database, now: datetime) -> None:
    with database.writing() as session:
        put_in_tray(session, 1, ALICE, "first", now=now)
        put_in_tray(session, 2, ALICE, "second", now=now + timedelta(seconds=1))
        put_in_tray(session, 2, ALICE, "second again", now=now + timedelta(seconds=9))
        put_in_tray(session, 3, BOB, "bob's", now=now)
    with database.reading() as session:
        tray = list_tray(session, ALICE)
    assert [(view.message_id, view.body, view.received_at) for view in tray] == [
        (2, "second", now + timedelta(seconds=1)),
        (1, "first", now),
    ]


def test_the_tray_keeps_to_the_last_twenty(database: Database, now: datetime) -> None:
    with database.writing() as session:
        for index in range(25):
            put_in_tray(session, index, ALICE, str(index), now=now + timedelta(seconds=index))
    with database.reading() as session:
        assert [view.body for view in list_tray(session, ALICE)] == [str(index) for index in range(24, 4, -1)]


def test_polling_reads_an_index_that_holds_only_what_waits(database: Database, now: datetime) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL's planner chooses by the table's size")
    from portal.messaging.delivery import _due

    statement = str(_due.compile(database.engine, compile_kwargs={"render_postcompile": True}))
    with database.reading() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("2026", "2026", 10, 0)).all()
    used = " ".join(str(step[-1]) for step in plan)
    assert "ix_message_due" in used
    assert "ix_message_waiting" in used

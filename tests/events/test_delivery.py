"""Delivery: once to each handler, in order for each aggregate; failures wait, die, hold up their own, and come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base import outbox
from portal.base.db import Database
from portal.base.errors import NotFound, Refused
from portal.base.events import DEAD, DONE, PENDING, HandledEvent, Handlers, OutboxEvent, emit
from portal.base.outbox import MAX_ATTEMPTS, delay_after
from portal.faces.worker.deliver import Delivery
from tests.events.facts import HandlerFailed, Happened, Unheard, both, count, effects, greet, happen, refusing


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def deliver(database: Database, clock: Clock) -> Callable[[Handlers], int]:
    return lambda handlers: Delivery(database, handlers, clock).run()


def statuses(database: Database, thing: str) -> list[str]:
    with database.reading() as session:
        return list(
            session.scalars(sa.select(OutboxEvent.status).where(OutboxEvent.aggregate == f"thing:{thing}").order_by(OutboxEvent.id))
        )


def first_id(database: Database, thing: str) -> int:
    with database.reading() as session:
        return session.scalars(sa.select(sa.func.min(OutboxEvent.id)).where(OutboxEvent.aggregate == f"thing:{thing}")).one()


def failing(*numbers: int) -> Handlers:
    handlers = Handlers()
    handlers.on(Happened, greet)
    handlers.on(Happened, refusing(set(numbers)))
    handlers.on(Happened, count)
    return handlers


def fail_until_dead(deliver: Callable[[Handlers], int], clock: Clock, handlers: Handlers) -> None:
    for _ in range(MAX_ATTEMPTS):
        deliver(handlers)
        clock.pass_by(hours=1, seconds=1)


def test_every_handler_hears_of_every_event_once_and_in_order(database: Database, deliver, clock: Clock) -> None:
    happen(database, "a", 1, 2, 3, now=clock.now)
    happen(database, "b", 9, now=clock.now)
    assert deliver(both()) == 8
    assert deliver(both()) == 0
    assert effects(database, "greet", "a") == effects(database, "count", "a") == [1, 2, 3]
    assert effects(database, "greet", "b") == [9]
    assert statuses(database, "a") == [DONE] * 3


def test_an_event_that_was_rolled_back_never_happened(database: Database, deliver, clock: Clock) -> None:
    def emit_and_fail() -> None:
        with database.writing() as session:
            emit(session, Happened("a", 1), now=clock.now)
            raise HandlerFailed

    with pytest.raises(HandlerFailed):
        emit_and_fail()
    assert deliver(both()) == 0


def test_emitting_asks_for_the_worker(database: Database, clock: Clock) -> None:
    with database.writing() as session:
        assert "emitted" not in session.info
        emit(session, Happened("a", 1), now=clock.now)
        assert session.info["emitted"] is True


def test_an_event_nobody_wants_is_done(database: Database, deliver, clock: Clock) -> None:
    with database.writing() as session:
        emit(session, Unheard("a"), now=clock.now)
    deliver(both())
    assert statuses(database, "a") == [DONE]


def test_a_field_that_went_away_since_is_left_out(database: Database, deliver, clock: Clock) -> None:
    happen(database, "a", 1, now=clock.now)
    with database.writing() as session:
        session.execute(sa.update(OutboxEvent).values(payload={"thing": "a", "number": 1, "colour": "red"}))
    assert deliver(both()) == 2


def test_a_failing_handler_undoes_its_work_and_keeps_that_of_those_before_it(database: Database, deliver, clock: Clock) -> None:
    happen(database, "a", 1, now=clock.now)
    deliver(failing(1))
    assert effects(database, "greet", "a") == [1]
    assert effects(database, "refuse", "a") == []
    assert effects(database, "count", "a") == []
    assert statuses(database, "a") == [PENDING]


def test_a_failed_event_is_tried_again_after_its_wait_and_not_before(database: Database, deliver, clock: Clock) -> None:
    happen(database, "a", 1, 2, now=clock.now)
    deliver(failing(1))
    clock.pass_by(seconds=delay_after(1).total_seconds() - 0.1)
    assert deliver(both()) == 0
    clock.pass_by(seconds=0.2)
    assert deliver(failing()) == 5  # greet had dealt with the first already
    assert effects(database, "greet", "a") == effects(database, "count", "a") == [1, 2]


def test_the_wait_grows_to_an_hour_and_no_further() -> None:
    waits = [delay_after(attempts).total_seconds() for attempts in range(1, MAX_ATTEMPTS + 1)]
    assert waits == sorted(waits)
    assert waits[0] == 4
    assert waits[-1] == 3600


def test_a_failing_event_holds_up_its_own_aggregate_and_no_other(database: Database, deliver, clock: Clock) -> None:
    happen(database, "a", 1, 2, now=clock.now)
    happen(database, "b", 3, 4, now=clock.now)
    deliver(failing(1))
    assert effects(database, "greet", "a") == [1]
    assert effects(database, "count", "b") == [3, 4]
    assert statuses(database, "a") == [PENDING, PENDING]


def test_an_event_that_fails_eight_times_is_dead_and_holds_up_its_own_aggregate_only(database: Database, deliver, clock: Clock) -> None:
    happen(database, "a", 1, 2, now=clock.now)
    fail_until_dead(deliver, clock, failing(1))
    assert statuses(database, "a") == [DEAD, PENDING]
    happen(database, "a", 3, now=clock.now)
    happen(database, "b", 4, now=clock.now)
    clock.pass_by(days=30)
    deliver(both())
    assert effects(database, "count", "a") == []
    assert effects(database, "count", "b") == [4]


def test_a_dead_event_says_what_happened_without_numbers_and_codes(database: Database, deliver, clock: Clock) -> None:
    happen(database, "a", 1, now=clock.now)
    fail_until_dead(deliver, clock, failing(1))
    with database.reading() as session:
        (event,) = outbox.list_events(session, status=DEAD)
    assert event.attempts == MAX_ATTEMPTS
    assert event.last_error == "HandlerFailed: not 1, says 138****1234 with code ******"


def test_a_replayed_event_goes_to_those_alone_that_have_not_dealt_with_it(database: Database, deliver, clock: Clock) -> None:
    happen(database, "a", 1, 2, now=clock.now)
    fail_until_dead(deliver, clock, failing(1))
    with database.writing() as session:
        outbox.replay(session, first_id(database, "a"), now=clock.now)
    deliver(failing())
    assert effects(database, "greet", "a") == effects(database, "refuse", "a") == effects(database, "count", "a") == [1, 2]
    assert statuses(database, "a") == [DONE, DONE]


def test_a_dead_event_that_is_given_up_lets_those_behind_it_go_on(database: Database, deliver, clock: Clock) -> None:
    happen(database, "a", 1, 2, now=clock.now)
    fail_until_dead(deliver, clock, failing(1))
    with database.writing() as session:
        outbox.skip(session, first_id(database, "a"), "the thing is gone", now=clock.now)
    deliver(both())
    assert effects(database, "count", "a") == [2]
    with database.reading() as session:
        assert outbox.get_event(session, first_id(database, "a")).last_error.startswith("given up: the thing is gone")  # type: ignore[union-attr]


def test_only_dead_events_are_replayed_or_given_up(database: Database, clock: Clock) -> None:
    happen(database, "a", 1, now=clock.now)
    event_id = first_id(database, "a")
    with pytest.raises(Refused), database.writing() as session:
        outbox.replay(session, event_id, now=clock.now)
    with pytest.raises(Refused), database.writing() as session:
        outbox.skip(session, event_id, "no", now=clock.now)
    with pytest.raises(NotFound), database.writing() as session:
        outbox.replay(session, event_id + 1000, now=clock.now)


def test_a_failure_is_counted_once_for_each_claim(database: Database, clock: Clock) -> None:
    happen(database, "a", 1, now=clock.now)
    with database.writing() as session:
        claimed = outbox.claim_next(session, now=clock.now)
    assert claimed is not None
    for _ in range(3):
        with database.writing() as session:
            outbox.note_failure(session, claimed, "late", now=clock.now)
    with database.reading() as session:
        assert outbox.get_event(session, claimed.id).attempts == 1


def test_events_emitted_behind_a_dead_one_are_put_out_of_sight(database: Database, deliver, clock: Clock) -> None:
    happen(database, "a", 1, now=clock.now)
    fail_until_dead(deliver, clock, failing(1))
    happen(database, "a", 2, 3, now=clock.now)
    with database.writing() as session:
        outbox.put_off_stuck(session, now=clock.now)
    with database.reading() as session:
        waiting = [event for event in outbox.list_events(session) if event.status == PENDING]
    assert [event.available_at > clock.now for event in waiting] == [True, True]


def test_counting_what_waits(database: Database, deliver, clock: Clock) -> None:
    happen(database, "a", 1, 2, now=clock.now)
    fail_until_dead(deliver, clock, failing(1))
    happen(database, "b", 3, now=clock.now)
    with database.reading() as session:
        assert outbox.count_waiting(session) == {PENDING: 2, DEAD: 1}


def test_delivered_events_are_deleted_after_their_time_with_the_notes_of_their_handlers(database: Database, deliver, clock: Clock) -> None:
    happen(database, "old", 1, now=clock.now)
    deliver(both())
    clock.pass_by(days=7, seconds=1)
    happen(database, "new", 2, now=clock.now)
    deliver(both())
    happen(database, "waiting", 3, now=clock.now - timedelta(days=30))
    with database.writing() as session:
        assert outbox.delete_done_before(session, clock.now - timedelta(days=7)) == 1
    assert statuses(database, "old") == []
    assert statuses(database, "new") == [DONE]
    assert statuses(database, "waiting") == [PENDING]
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(HandledEvent)) == 2


def test_delivery_stops_between_two_steps_when_told_to(database: Database, clock: Clock) -> None:
    happen(database, "a", 1, 2, 3, now=clock.now)
    looks = iter([False, False, False, True])
    assert Delivery(database, both(), clock).run(lambda: next(looks)) == 3
    assert effects(database, "greet", "a") == [1, 2]
    assert effects(database, "count", "a") == [1]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_connection_that_is_cut_is_no_failure_of_the_event(database: Database, deliver, clock: Clock) -> None:
    def cut(session: Session, event: Happened, now: datetime) -> None:
        greet(session, event, now)
        session.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))

    handlers = Handlers()
    handlers.on(Happened, cut)
    happen(database, "a", 1, now=clock.now)
    with pytest.raises(sa.exc.OperationalError):
        deliver(handlers)
    with database.reading() as session:
        assert outbox.get_event(session, first_id(database, "a")).attempts == 0
    assert deliver(both()) == 2
    assert effects(database, "greet", "a") == [1]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_event_another_worker_holds_is_passed_over_and_so_is_the_one_behind_it(database: Database, clock: Clock) -> None:
    happen(database, "a", 1, 2, now=clock.now)
    happen(database, "b", 3, now=clock.now)
    with database.writing() as holder:
        held = outbox.claim_next(holder, now=clock.now)
        assert held is not None
        assert held.payload == {"thing": "a", "number": 1}
        with database.writing() as other:
            claimed = outbox.claim_next(other, now=clock.now)
            assert claimed is not None
            assert claimed.payload == {"thing": "b", "number": 3}
    assert Delivery(database, both(), clock).run() == 6


def test_looking_costs_an_index_and_no_more_however_many_events_were_delivered(database: Database, clock: Clock) -> None:
    with database.writing() as session:
        done = {"type": "t", "payload": {}, "occurred_at": clock.now, "available_at": clock.now, "status": DONE, "attempts": 0}
        session.execute(sa.insert(OutboxEvent), [{**done, "aggregate": f"x:{number}"} for number in range(3000)])
    happen(database, "a", 1, now=clock.now)
    seen: list[str] = []
    with database.reading() as session:
        if not database.is_sqlite:
            session.execute(sa.text("ANALYZE outbox_event"))
        for statement in (outbox._due, outbox._claim):
            asked = statement._of(session.connection()).params(now=clock.now)
            compiled = str(asked.compile(database.engine, compile_kwargs={"literal_binds": True}))
            explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
            seen += [str(row[-1]) for row in session.connection().exec_driver_sql(explain + compiled.replace("%", "%%"))]
    plan = "\n".join(seen)
    assert "ix_outbox_event_due" in plan
    assert "Seq Scan" not in plan
    assert "SCAN outbox_event\n" not in plan + "\n"

"""Points as they are read: by whom, in how many statements, and whether the books agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.clock import today
from portal.base.db import Base, Database
from portal.base.errors import NotFound
from portal.base.jobs import Jobs
from portal.base.keys import Keys
from portal.customers import Viewer, get_viewer
from portal.faces.worker.periodic import register_jobs
from portal.points import check_points, list_points_movements, points_card, sees_points
from tests.cast import Cast
from tests.points.purse import Purses, owner
from tests.statements import statements


def change(database: Database, table: str, customer_id: int, **values: Any) -> None:
    """Write what no service would."""
    where = Base.metadata.tables[table]
    with database.writing() as session:
        session.execute(sa.update(where).where(where.c.customer_id == customer_id).values(**values))


def wrong(database: Database) -> list[str]:
    with database.reading() as session:
        return [each.what for each in check_points(session)]


def test_a_card_with_nothing_on_it(alice: Purses) -> None:
    card = alice.card()
    assert (card.available, card.held, card.service, card.expiring, card.lots) == (0, 0, 0, (), 0)


def test_the_card_says_what_runs_out_next_until_when(alice: Purses) -> None:
    for amount, days in ((5, 90), (1, 30), (2, 30), (3, 60), (9, 120)):
        alice.give(amount, days=days, reason=f"r{amount}")
    day = today(alice.now)
    assert [(each.amount, each.on) for each in alice.card().expiring] == [
        (3, day + timedelta(days=29)), (3, day + timedelta(days=59)), (5, day + timedelta(days=89)),
    ]  # fmt: skip


def test_the_card_is_one_statement(alice: Purses, database: Database) -> None:
    for days in range(1, 40):
        alice.give(10, days=days)
    alice.give(9, purse="service")
    alice.hold(15)
    with database.reading() as session, statements(database) as sent:
        card = points_card(session, owner(alice.customer_id), now=alice.now)
    assert len(sent) == 1
    assert (card.available, card.held, card.service, card.lots) == (375, 15, 9, 38)


def test_the_card_leaves_out_what_is_past_its_day_before_it_is_booked(alice: Purses) -> None:
    alice.give(10, days=5)
    alice.give(20, days=9)
    assert (alice.card(on=5).available, alice.card(on=5).lots) == (20, 1)
    alice.expire(on=5)
    assert (alice.card(on=5).available, alice.books()["points"]) == (20, 20)


def test_who_sees_no_money_sees_no_points(alice: Purses, database: Database, cast: Cast) -> None:
    alice.give(10)
    with database.reading() as session:
        bob = get_viewer(session, cast.bob.party_id, alice.customer_id, now=alice.now)
        mine = get_viewer(session, cast.alice.party_id, alice.customer_id, now=alice.now)
        assert (sees_points(bob), sees_points(mine)) == (False, True)
        assert points_card(session, mine, now=alice.now).available == 10
        for read in (points_card, lambda session, viewer, now: list_points_movements(session, viewer)):
            with pytest.raises(NotFound):
                read(session, bob, now=alice.now)


def test_a_member_who_may_see_money_sees_points(alice: Purses, database: Database) -> None:
    alice.give(10)
    viewer = Viewer("subscriber", "party:1", alice.customer_id, lines=frozenset({1}))
    with database.reading() as session:
        assert points_card(session, viewer, now=alice.now).available == 10


# history


def test_the_history_tells_what_came_and_went(alice: Purses, database: Database) -> None:
    alice.give(100, reason="payment", reference="p:1", days=5)
    alice.give(50, reason="visit", reference="2026-11-22:web")
    alice.hold(120, "order:42")
    alice.release("order:42")
    alice.expire(on=6)
    with database.reading() as session:
        page = list_points_movements(session, owner(alice.customer_id))
    told = [(each.kind, each.reason, each.reference, each.amount, each.available_after) for each in page.movements]
    lot = next(row["id"] for row in alice.rows("points_lot") if row["reason"] == "payment")
    assert told == [
        ("expired", None, f"{lot}:2026-11-28", -100, 50),
        ("released", None, "order:42", 120, 150),
        ("held", None, "order:42", -120, 30),
        ("earned", "visit", "2026-11-22:web", 50, 150),
        ("earned", "payment", "p:1", 100, 100),
    ]
    assert page.older is None


def test_the_history_goes_back_page_by_page(alice: Purses, database: Database) -> None:
    for amount in range(1, 8):
        alice.give(amount)
    seen: list[int] = []
    before = None
    with database.reading() as session:
        for _ in range(4):
            page = list_points_movements(session, owner(alice.customer_id), before=before, limit=3)
            seen += [each.amount for each in page.movements]
            before = page.older
            if before is None:
                break
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_the_history_of_the_other_purse_is_its_own(alice: Purses, database: Database) -> None:
    alice.give(1)
    alice.give(2, purse="service")
    with database.reading() as session, statements(database) as sent:
        page = list_points_movements(session, owner(alice.customer_id), purse="service")
    assert ([each.amount for each in page.movements], len(sent)) == ([2], 1)


@pytest.mark.parametrize(("limit", "shown"), [(-3, 1), (0, 1), (2, 2), (10**9, 3)])
def test_a_page_has_a_sensible_size(alice: Purses, database: Database, limit: int, shown: int) -> None:
    for amount in (1, 2, 3):
        alice.give(amount)
    with database.reading() as session:
        assert len(list_points_movements(session, owner(alice.customer_id), limit=limit).movements) == shown


# whether the books agree


def test_sound_books_have_nothing_to_say(alice: Purses, database: Database) -> None:
    alice.give(100, days=5)
    alice.give(20, purse="service")
    for number in (1, 2, 3):
        alice.hold(10, f"order:{number}")
    alice.spend("order:1")
    alice.release("order:2")
    alice.expire(on=6)
    assert wrong(database) == []


def test_a_lot_that_says_more_than_the_ledger_is_found(alice: Purses, database: Database) -> None:
    alice.give(100)
    alice.hold(10)
    change(database, "points_lot", alice.customer_id, remaining=91)
    assert wrong(database) == ["its lots hold 91 channel_points, the ledger says 90 in points"]
    change(database, "points_lot", alice.customer_id, remaining=90)


def test_a_hold_that_ended_without_the_ledger_is_found(alice: Purses, database: Database) -> None:
    alice.give(100)
    alice.hold(10)
    change(database, "points_hold", alice.customer_id, status="released")
    assert wrong(database) == ["its open holds hold 0 channel_points, the ledger says 10 in points_held"]
    change(database, "points_hold", alice.customer_id, status="held")


def test_a_hold_that_took_less_from_the_lots_than_it_holds_is_found(alice: Purses, database: Database) -> None:
    alice.give(100)
    alice.hold(10)
    change(database, "points_lot_use", alice.customer_id, amount=9)
    (said,) = wrong(database)
    assert said.endswith("holds 10, it took 9 from lots")
    change(database, "points_lot_use", alice.customer_id, amount=10)


def test_points_in_the_ledger_that_lie_in_no_lot_are_found(alice: Purses, database: Database) -> None:
    alice.give(100)
    lots = alice.rows("points_lot")
    table = Base.metadata.tables["points_lot"]
    with database.writing() as session:
        session.execute(sa.delete(table).where(table.c.customer_id == alice.customer_id))
    assert wrong(database) == ["its lots hold 0 channel_points, the ledger says 100 in points"]
    with database.writing() as session:
        session.execute(sa.insert(table), lots)


def test_the_worker_logs_what_does_not_agree(alice: Purses, database: Database, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    jobs = Jobs()
    register_jobs(jobs, database, keys)
    job = next(each for each in jobs.all if each.name == "check_points")
    alice.give(100)
    job.action(alice.now)
    said = capsys.readouterr()
    assert "points_checked" in said.out + said.err
    assert "points_differ" not in said.out + said.err
    change(database, "points_lot", alice.customer_id, remaining=91)
    job.action(alice.now)
    said = capsys.readouterr()
    assert "points_differ" in said.out + said.err
    assert f"customer:{alice.customer_id}" in said.out + said.err
    change(database, "points_lot", alice.customer_id, remaining=100)

"""Kills the end of an order with `kill -9` at its kth step, for every k, and looks at what is left; then it is done again.

For processes of their own (saga.py, recall_race.py); steps as in tests/events/killing.py.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from portal.base.books import check_books
from portal.base.db import Database
from tests.events.killing import Steps, in_child

MOST_STEPS = 200
Work = Callable[[Database], None]


def kill_at_every_step(
    database: Database, prepare: Callable[[int], tuple[int, Work]], look: Callable[[Database, int], Any], whole: Any, *, apart: bool
) -> dict[str, Any]:
    """Bring an order to its end for each k, killed at step k; then do the same again.

    `prepare(k)` gives the order and the work; `look` what stands in the books, `whole` when all of it is done; `apart`: as the
    mutant. Gives after how many steps it was through, where something stood half done, and where doing it again was not enough.
    """
    found: dict[str, Any] = {"steps": 0, "half": [], "not_one": [], "faults": []}
    for last in range(1, MOST_STEPS):
        order_id, work = prepare(last)
        doomed = money_apart(work) if apart else work

        def end(database: Database, last: int = last, doomed: Work = doomed) -> None:
            Steps(database, last)
            doomed(database)

        before = look(database, order_id)
        ended = in_child(database, end)
        if look(database, order_id) not in (before, whole):
            found["half"].append(last)
        work(database)
        if look(database, order_id) != whole:
            found["not_one"].append(last)
        with database.reading() as session:
            found["faults"] += [each.what for each in check_books(session)]
        if ended == 0 or (apart and found["half"]):
            found["steps"] = last - 1
            return found
        assert ended == -signal.SIGKILL, ended
    raise AssertionError("the work never came to its end")


def money_apart(work: Work) -> Work:
    """The mutant: the money goes back in a transaction of its own."""

    def done(database: Database) -> None:
        from portal.orders import cancelling

        kept: list[tuple[Any, Any]] = []
        pay_back = vars(cancelling)["_give_back_money"]
        vars(cancelling)["_give_back_money"] = lambda _, *given, **named: kept.append((given, named))
        try:
            work(database)
            for given, named in kept:
                with database.writing() as session:
                    pay_back(session, *given, **named)
        finally:
            vars(cancelling)["_give_back_money"] = pay_back

    return done

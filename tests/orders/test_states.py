"""The state machine: every step from every state, by everybody; what is allowed is what the table says, and nothing else."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.errors import NotFound
from portal.orders import STATES, TASKS, TRANSITIONS, AlreadyTaken, OrderClosed
from portal.orders.states import check_role, role_of
from tests.orders.till import COFFEE, THERMOS, Till

ALLOWED = {
    **{(status, "take"): status for status in ("accepted", "paid", "reserved", "provisioned")},
    **{(status, "fulfil"): "completed" for status in ("reserved", "provisioned")},
    **{(status, "cancel"): "cancelled" for status in ("accepted", "paid", "reserved", "provisioned")},
}
REPEATED = {("completed", "fulfil"), ("cancelled", "cancel")}
"""Done before: nothing happens, and nobody is bothered."""
VERBS = ("take", "fulfil", "cancel")


def do(till: Till, verb: str, order_id: int, staff_id: int) -> Any:
    if verb == "take":
        return till.take(order_id, staff_id)
    if verb == "fulfil":
        return till.fulfil(order_id, f"staff:{staff_id}")
    return till.cancel(order_id, f"staff:{staff_id}")


def put_into(till: Till, order_id: int, status: str, staff_id: int) -> None:
    """Bring a reserved order into a state: by the services, or by hand where a priced order alone comes."""
    if status == "reserved":
        return
    if status == "completed":
        till.fulfil(order_id, f"staff:{staff_id}")
    elif status == "cancelled":
        till.cancel(order_id, f"staff:{staff_id}")
    else:
        tables = Base.metadata.tables
        order, work = tables["customer_order"], tables["order_work"]
        role = "order_desk" if status in ("accepted", "paid", "provisioned") else "carrier"
        with till.database.writing() as session:
            session.execute(sa.update(order).where(order.c.id == order_id).values(status=status))
            session.execute(sa.update(work).where(work.c.order_id == order_id).values(role=role))


def test_the_table_speaks_of_every_state_and_step() -> None:
    for verb, step in TRANSITIONS.items():
        assert {*step.sources} <= {*STATES}, verb
        assert step.target is None or step.target in STATES
        assert step.roles <= {"system", "desk", "customer"}
    reached = {step.target for step in TRANSITIONS.values() if step.target}
    assert reached | {"accepted"} == {*STATES}, "every state is reached"


def test_every_open_state_has_somebody_responsible_and_a_time_limit_and_a_way_out() -> None:
    for code, state in STATES.items():
        ways_out = {step.target for step in TRANSITIONS.values() if code in step.sources and step.target} - {code}
        assert state.is_open == (state.responsible is not None) == (state.limit is not None)
        assert state.is_open == bool(ways_out - {"returned"})
    assert STATES["reserved"].responsible == "desk"
    assert STATES["reserved"].limit is not None
    assert STATES["reserved"].limit.total_seconds() == 48 * 3600
    assert all(task.limit.total_seconds() > 0 and task.role for task in TASKS.values())


def test_whatever_leads_to_the_end_begins_where_something_is_open() -> None:
    for verb, step in TRANSITIONS.items():
        if step.target is not None and verb != "return":
            assert all(STATES[source].is_open for source in step.sources), verb


@pytest.mark.parametrize(("status", "verb"), list(product(STATES, VERBS)))
def test_a_step_leads_where_the_table_says_or_nowhere(till: Till, clerks: tuple[int, int], status: str, verb: str) -> None:
    placed = till.place(THERMOS)
    put_into(till, placed.order_id, status, clerks[0])
    before = till.everything()
    if (status, verb) in ALLOWED:
        assert do(till, verb, placed.order_id, clerks[0]) is True
        after = till.look(placed.order_id).summary
        assert after.status == ALLOWED[status, verb]
        assert (after.ended_at is None) == STATES[after.status].is_open
        return
    if (status, verb) in REPEATED:
        assert do(till, verb, placed.order_id, clerks[0]) is False
    else:
        with pytest.raises((OrderClosed, NotFound)) as refusal:
            do(till, verb, placed.order_id, clerks[0])
        if isinstance(refusal.value, OrderClosed):
            assert refusal.value.stands == status
    assert till.everything() == before


@pytest.mark.parametrize(
    ("verb", "actor", "role"),
    [
        ("take", "staff:7", "desk"),
        ("fulfil", "staff:7", "desk"),
        ("fulfil", "system", "system"),
        ("withdraw", "party:9", "customer"),
        ("withdraw", "employee:E-1", "customer"),
        ("cancel", "staff:7", "desk"),
        ("cancel", "system:expiry", "system"),
    ],
)
def test_whoever_may_take_a_step_may(verb: Any, actor: str, role: str) -> None:
    assert check_role(verb, actor) == role


@pytest.mark.parametrize(("verb", "actor"), [("take", "party:9"), ("fulfil", "party:9"), ("fulfil", "employee:E-1"), ("take", "system")])
def test_whoever_may_not_is_our_mistake(till: Till, verb: Any, actor: str) -> None:
    with pytest.raises(PermissionError):
        check_role(verb, actor)
    if verb == "fulfil":
        placed = till.place(COFFEE)
        before = till.everything()
        with pytest.raises(PermissionError):
            till.fulfil(placed.order_id, actor)
        assert till.everything() == before


@pytest.mark.parametrize("actor", ["", "nobody", "customer:9", "Staff:7"])
def test_somebody_of_no_kind_acts_as_nothing(actor: str) -> None:
    with pytest.raises(ValueError, match="nobody acts as"):
        role_of(actor)


def test_the_customer_may_cancel_until_the_desk_has_taken_the_order(till: Till, clerks: tuple[int, int]) -> None:
    first, second = till.place(THERMOS), till.place(THERMOS)
    assert till.look(first.order_id).summary.can_cancel
    till.take(second.order_id, clerks[0])
    assert not till.look(second.order_id).summary.can_cancel
    assert till.cancel(first.order_id)
    before = till.everything()
    with pytest.raises(AlreadyTaken):
        till.cancel(second.order_id)
    assert till.everything() == before
    assert till.cancel(second.order_id, f"staff:{clerks[1]}"), "the desk may, whoever took it"


def test_an_order_is_taken_by_one(till: Till, clerks: tuple[int, int]) -> None:
    placed = till.place(THERMOS)
    assert till.take(placed.order_id, clerks[0])
    before = till.everything()
    assert till.take(placed.order_id, clerks[0]) is False, "the same person again"
    with pytest.raises(AlreadyTaken):
        till.take(placed.order_id, clerks[1])
    assert till.everything() == before


@pytest.mark.parametrize("verb", VERBS)
def test_an_order_of_somebody_else_or_of_nobody_is_not_found(till: Till, clerks: tuple[int, int], cast: Any, verb: str) -> None:
    placed = till.place(THERMOS)
    stranger = Till(till.database, cast.charlie, till.keys, till.now)
    before = till.everything()
    for who, order_id in ((till, 4711), (stranger, placed.order_id)):
        if verb == "take" and who is stranger:
            continue  # the desk takes anybody's
        with pytest.raises(NotFound):
            do(who, verb, order_id, clerks[0])
    assert till.everything() == before

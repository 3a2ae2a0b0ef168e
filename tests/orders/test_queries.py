"""Reading orders: the card, the list, one order, the desk's queue; and how much of it whom is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.base.errors import Invalid, NotFound
from portal.customers import NOTHING, Viewer
from portal.orders import STATES, find_work, get_order, get_work_order, list_orders, list_work, orders_card
from tests.cast import Cast
from tests.orders.till import COFFEE, DATA, HOME, THERMOS, Till
from tests.statements import statements


def later(till: Till, minutes: int) -> Till:
    return replace(till, now=till.now + timedelta(minutes=minutes))


def card(till: Till, **sight: Any) -> list[str]:
    with till.database.reading() as session:
        return [each.reference for each in orders_card(session, replace(till.viewer, **sight), now=till.now).recent]


def test_the_card_shows_the_newest_three_in_one_statement(till: Till) -> None:
    with till.database.reading() as session:
        empty = orders_card(session, till.viewer, now=till.now)
    assert (empty.recent, empty.has_more) == ((), False)
    till.stock("gift_coffee", 10)
    placed = [later(till, minute).place(COFFEE) for minute in range(4)]
    with till.database.reading() as session, statements(till.database) as sent:
        shown = orders_card(session, till.viewer, now=till.now)
    assert len(sent) == 1
    assert "customer_id" in sent[0]
    assert [each.reference for each in shown.recent] == [each.reference for each in reversed(placed[1:])]
    assert shown.has_more


def test_a_card_says_where_an_order_stands_and_until_when(till: Till, clerks: tuple[int, int]) -> None:
    placed = till.place(THERMOS, replace(COFFEE, quantity=2))
    with till.database.reading() as session:
        (shown,) = orders_card(session, till.viewer, now=till.now).recent
    assert (shown.status, shown.state, shown.can_cancel, shown.is_taken) == ("reserved", STATES["reserved"], True, False)
    assert (shown.name["zh"], shown.quantity, shown.more, shown.due_at) == ("保温杯", 3, 1, till.now + timedelta(hours=48))
    till.take(placed.order_id, clerks[0])
    with till.database.reading() as session:
        (shown,) = orders_card(session, till.viewer, now=till.now).recent
    assert (shown.is_taken, shown.can_cancel) == (True, False)


def test_pages_follow_each_other_without_a_gap_or_a_repeat(till: Till) -> None:
    till.stock("gift_coffee", 10)
    same_moment = [till.place(COFFEE).order_id for _ in range(3)]
    others = [later(till, minute).place(COFFEE).order_id for minute in (1, 2)]
    seen: list[int] = []
    before = None
    for _ in range(4):
        with till.database.reading() as session:
            page = list_orders(session, till.viewer, before=before, limit=2)
        seen += [each.id for each in page.orders]
        before = page.older
        if before is None:
            break
    assert seen[:2] == list(reversed(others))
    assert sorted(seen) == sorted([*same_moment, *others])
    assert before is None


@pytest.mark.parametrize("place", ["", "x", "0" * 26 + "!", "z" * 26, "7" * 400])
def test_a_page_that_is_none_is_refused(till: Till, place: str) -> None:
    with till.database.reading() as session, pytest.raises(Invalid):
        list_orders(session, till.viewer, before=place)


def test_a_member_sees_the_orders_for_the_own_line_and_the_own_orders(till: Till, cast: Cast) -> None:
    for_bobs_line = till.place(DATA, subscription_id=cast.bob.subscription_id)
    for_alices = till.place(DATA)
    by_bob = till.place(COFFEE, subscription_id=None, party_id=cast.bob.party_id)
    bob = {"actor": f"party:{cast.bob.party_id}", "lines": frozenset({cast.bob.subscription_id}), "rights": NOTHING}
    assert set(card(till, **bob)) == {for_bobs_line.reference, by_bob.reference}
    assert len(card(till)) == 3
    assert till.look(by_bob.order_id, **bob).summary.id == by_bob.order_id
    with pytest.raises(NotFound):
        till.look(for_alices.order_id, **bob)
    with till.database.reading() as session:
        assert len(list_orders(session, replace(till.viewer, **bob)).orders) == 2  # type: ignore[arg-type]


def test_an_employee_sees_what_was_ordered_for_him_or_her_alone(till: Till) -> None:
    mine = till.place(COFFEE, party_id=None, placed_for="E-100", subscription_id=None)
    theirs = till.place(COFFEE, party_id=None, placed_for="E-10", subscription_id=None)
    employee = {"actor": "employee:E-100", "lines": frozenset(), "rights": NOTHING}
    assert card(till, **employee) == [mine.reference]
    with pytest.raises(NotFound):
        till.look(theirs.order_id, **employee)


def test_a_stranger_finds_nothing_of_it(till: Till, cast: Cast) -> None:
    placed = till.place(THERMOS)
    stranger = Viewer("subscriber", f"party:{cast.charlie.party_id}", cast.charlie.customer_id)
    with till.database.reading() as session:
        with pytest.raises(NotFound):
            get_order(session, stranger, placed.order_id)
        with pytest.raises(NotFound):
            get_order(session, till.viewer, 4711)
        assert placed.reference not in repr(orders_card(session, stranger, now=till.now))
        assert placed.reference not in repr(list_orders(session, stranger))


def test_one_order_is_three_statements(till: Till) -> None:
    placed = till.place(THERMOS, COFFEE, DATA)
    with till.database.reading() as session, statements(till.database) as sent:
        get_order(session, till.viewer, placed.order_id, keys=till.keys)
    assert len(sent) == 3


# The desk.


def test_the_queue_shows_what_is_due_first_first(till: Till, clerks: tuple[int, int]) -> None:
    second = later(till, 5).place(THERMOS)
    first = till.place(THERMOS)
    till.take(second.order_id, clerks[0])
    with till.database.reading() as session, statements(till.database) as sent:
        queue = list_work(session, now=till.now)
    assert len(sent) == 1
    assert "customer_order" not in sent[0]
    assert [each.order_id for each in queue if each.order_id in (first.order_id, second.order_id)] == [first.order_id, second.order_id]
    with till.database.reading() as session:
        assert [(each.order_id, each.taken_by) for each in list_work(session, now=till.now, mine=clerks[0])] == [
            (second.order_id, clerks[0])
        ]
        assert list(list_work(session, now=till.now, mine=clerks[1])) == []


def test_what_is_past_its_time_is_late(till: Till) -> None:
    placed = till.place(THERMOS)
    for hours, is_late in ((47, False), (48, False), (49, True)):
        with till.database.reading() as session:
            (work,) = [each for each in list_work(session, now=till.now + timedelta(hours=hours)) if each.order_id == placed.order_id]
        assert work.is_late is is_late


def test_where_goods_go_is_for_who_has_taken_the_order_alone(till: Till, clerks: tuple[int, int]) -> None:
    placed = till.place(THERMOS)

    def seen_by(staff_id: int) -> Any:
        with till.database.reading() as session:
            return get_work_order(session, placed.order_id, staff_id, now=till.now)

    masked = seen_by(clerks[0])
    assert masked.customer_id == till.person.customer_id
    assert masked.order.delivery is not None
    assert (masked.order.delivery.name, masked.order.delivery.phone) == ("王**", "138****1234")
    assert "501 室" not in repr(masked)
    till.take(placed.order_id, clerks[0])
    assert seen_by(clerks[0]).order.delivery == HOME
    assert seen_by(clerks[1]).order.delivery != HOME
    till.fulfil(placed.order_id)
    with pytest.raises(NotFound):
        seen_by(clerks[0])


def test_the_desk_never_reads_a_vouchers_code(till: Till, clerks: tuple[int, int]) -> None:
    placed = till.place(THERMOS, COFFEE)
    till.take(placed.order_id, clerks[0])
    with till.database.reading() as session:
        shown = get_work_order(session, placed.order_id, clerks[0], now=till.now)
    assert "CODE-" not in repr(shown)


def test_an_order_on_the_list_is_found_by_its_reference(till: Till) -> None:
    goods, voucher = till.place(THERMOS), till.place(COFFEE)
    with till.database.reading() as session:
        assert find_work(session, goods.reference) == goods.order_id
        assert find_work(session, voucher.reference) is None
        assert find_work(session, "") is None

"""What a step does: points, stock, vouchers, packs, the desk's list, the history, the timeline and the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.base.errors import NotFound, PortalError
from portal.billing.models import Bucket
from portal.catalog import StockCount
from portal.orders import OrderCancelled, OrderClosed, OrderFulfilled, OrderPlaced, OrderTaken, cancel_order, fulfil_order
from portal.orders.handlers import fulfil_at_once
from tests.cast import Cast
from tests.orders.till import COFFEE, DATA, PHONE, THERMOS, Till

GB = 1024 * 1024


def data_of(till: Till, subscription_id: int) -> int:
    wanted = sa.select(Bucket.allowance).where(
        Bucket.customer_id == till.person.customer_id,
        Bucket.subscription_id == subscription_id,
        Bucket.kind == "data",
        Bucket.cycle_start == date(2026, 11, 1),
    )
    with till.database.reading() as session:
        return session.scalar(wanted) or 0


def test_what_is_fulfilled_is_spent_and_given_out_and_off_the_list(till: Till, clerks: tuple[int, int]) -> None:
    placed = till.place(replace(THERMOS, quantity=2))
    till.take(placed.order_id, clerks[0])
    assert till.fulfil(placed.order_id, f"staff:{clerks[0]}", note="SF1234567890")
    assert till.points() == {"points": 800, "points_held": 0, "points_spent": 1_200}
    assert till.stocked("gift_thermos") == StockCount(1, 1, 2)
    assert placed.order_id not in {work.order_id for work in till.work()}
    order = till.look(placed.order_id)
    assert (order.summary.status, order.summary.ended_at, order.summary.due_at) == ("completed", till.now, None)
    assert [(step.kind, step.actor, step.note) for step in order.steps] == [
        ("accepted", till.actor, None),
        ("reserved", till.actor, None),
        ("taken", f"staff:{clerks[0]}", None),
        ("completed", f"staff:{clerks[0]}", "SF1234567890"),
    ]


def test_what_is_cancelled_comes_back_whole_and_once(till: Till) -> None:
    before = (till.points(), till.stocked("gift_thermos"), till.stocked("gift_coffee"), till.rows("stock_unit"))
    placed = till.place(replace(THERMOS, quantity=2), COFFEE)
    assert till.cancel(placed.order_id)
    assert till.cancel(placed.order_id) is False
    assert till.cancel(placed.order_id, "staff:1") is False
    assert (till.points(), till.stocked("gift_thermos"), till.stocked("gift_coffee"), till.rows("stock_unit")) == before
    assert placed.order_id not in {work.order_id for work in till.work()}
    with pytest.raises(OrderClosed):
        till.fulfil(placed.order_id)
    order = till.look(placed.order_id)
    assert [(step.kind, step.note) for step in order.steps][-1] == ("cancelled", "changed_mind")
    assert order.summary.ended_at == till.now


def test_an_order_for_money_holds_stock_and_no_points(till: Till) -> None:
    first, second = (till.place(PHONE, unit="CNY") for _ in range(2))
    assert till.cancel(first.order_id)
    assert till.fulfil(second.order_id)
    assert till.stocked(PHONE.offering_code) == StockCount(2, 0, 1)
    assert till.points() == {"points": 2_000, "points_held": 0, "points_spent": 0}


def test_every_step_is_told_to_the_customer_and_to_the_outbox(till: Till, clerks: tuple[int, int]) -> None:
    before = till.events()
    first, second = till.place(THERMOS), till.place(COFFEE)
    till.take(first.order_id, clerks[0])
    till.fulfil(first.order_id)
    till.cancel(second.order_id)
    assert till.events()[len(before) :] == [
        (OrderPlaced.type, first.order_id),
        (OrderPlaced.type, second.order_id),
        (OrderTaken.type, first.order_id),
        (OrderFulfilled.type, first.order_id),
        (OrderCancelled.type, second.order_id),
    ]
    thermos, coffee = {"zh": "保温杯", "en": "Thermos flask"}, {"zh": "咖啡券", "en": "Coffee voucher"}
    told = till.told()
    assert [(kind, channel) for kind, channel, _ in told] == [
        ("order_cancelled", "web"),
        ("order_fulfilled", "web"),
        ("order_placed", "web"),
        ("order_placed", "web"),
        ("order_taken", "web"),
    ]
    assert told[0][2] == {"item": coffee, "reference": second.reference}
    assert told[1][2] == {"item": thermos, "reference": first.reference}
    assert told[4][2] == {"reference": first.reference}


def test_no_event_says_what_a_voucher_says_or_where_anybody_lives(till: Till) -> None:
    till.place(THERMOS, COFFEE)
    till.run_worker()
    shown = repr(till.rows("outbox_event"))
    for secret in ("CODE-", "文三路", till.person.number, "gAAAA"):
        assert secret not in shown


# What the worker does by itself.


def test_the_worker_gives_a_voucher_its_codes_which_the_customer_alone_reads(till: Till) -> None:
    placed = till.place(replace(COFFEE, quantity=2))
    till.run_worker()
    order = till.look(placed.order_id)
    assert order.summary.status == "completed"
    assert len(order.items[0].contents) == 2
    assert all(content.startswith("CODE-gift_coffee") for content in order.items[0].contents)
    assert len(set(order.items[0].contents)) == 2
    assert till.look(placed.order_id, audience="staff").items[0].contents == ()
    assert till.look(placed.order_id, full=False).items[0].contents == ()
    assert "CODE-" not in repr(till.rows("order_item"))
    assert order.steps[-1].actor == "system"
    assert till.stocked("gift_coffee") == StockCount(1, 0, 2)


def test_the_worker_adds_a_data_pack_to_the_line_it_is_for_once(till: Till, cast: Cast) -> None:
    placed = till.place(replace(DATA, quantity=2), subscription_id=cast.bob.subscription_id)
    till.run_worker()
    till.run_worker()
    assert till.fulfil(placed.order_id, "system") is False
    assert (data_of(till, cast.bob.subscription_id), data_of(till, cast.alice.subscription_id)) == (10 * GB, 0)
    assert till.points() == {"points": 1_600, "points_held": 0, "points_spent": 400}


def test_goods_wait_for_the_desk_and_so_does_all_that_is_ordered_with_them(till: Till) -> None:
    placed = till.place(THERMOS, COFFEE, DATA)
    till.run_worker()
    assert till.look(placed.order_id).summary.status == "reserved"
    till.fulfil(placed.order_id)
    order = till.look(placed.order_id)
    assert [len(item.contents) for item in order.items] == [0, 1, 0]
    assert data_of(till, till.person.subscription_id) == 5 * GB


def test_an_order_cancelled_before_the_worker_came_stays_cancelled(till: Till) -> None:
    placed = till.place(COFFEE)
    till.cancel(placed.order_id)
    before = till.everything()
    with till.database.writing() as session:
        event = OrderPlaced(till.person.customer_id, placed.order_id, placed.reference, "web", True, 300, 0, "XXX")
        fulfil_at_once(session, event, till.now)
    assert till.everything() == before
    till.run_worker()
    assert till.look(placed.order_id).summary.status == "cancelled"
    assert {row["status"] for row in till.rows("outbox_event") if row["type"] == OrderPlaced.type} == {"done"}


# Where the order is known by its id alone.


def test_the_desk_fulfils_and_cancels_what_is_on_its_list(till: Till) -> None:
    first, second = till.place(THERMOS), till.place(THERMOS)
    with till.database.writing() as session:
        assert fulfil_order(session, first.order_id, actor="staff:1", now=till.now)
        assert cancel_order(session, None, second.order_id, actor="staff:1", reason="no_stock", now=till.now)
    assert [till.look(each.order_id).summary.status for each in (first, second)] == ["completed", "cancelled"]


def test_what_is_not_on_the_desks_list_the_desk_does_not_find(till: Till) -> None:
    placed = till.place(COFFEE)
    with till.database.writing() as session, pytest.raises(NotFound):
        fulfil_order(session, placed.order_id, actor="staff:1", now=till.now)
    with till.database.writing() as session, pytest.raises(NotFound):
        cancel_order(session, None, placed.order_id, actor="staff:1", reason="no_stock", now=till.now)


# Whatever is done, in any order.

STEPS = st.lists(st.tuples(st.sampled_from(["place", "take", "fulfil", "cancel", "work"]), st.integers(0, 3)), min_size=1, max_size=14)
ITEMS = (THERMOS, COFFEE, DATA, replace(COFFEE, quantity=2))


@given(steps=STEPS)
@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_steps_what_is_held_is_what_open_orders_hold(till: Till, clerks: tuple[int, int], steps: list[tuple[str, int]]) -> None:
    orders: list[int] = []
    for verb, number in steps:
        try:
            if verb == "place":
                orders.append(till.place(ITEMS[number]).order_id)
            elif verb == "work":
                till.run_worker()
            elif orders:
                step: Any = {"take": lambda one: till.take(one, clerks[0]), "fulfil": till.fulfil, "cancel": till.cancel}[verb]
                step(orders[number % len(orders)])
        except PortalError:
            continue
    check(till)
    for order_id in orders:
        if till.look(order_id).summary.state.is_open:
            till.cancel(order_id, "staff:1")
    assert check(till) == 0


def check(till: Till) -> int:
    """Assert that orders, points, stock and worklist say the same; give the points held."""
    mine = [row for row in till.rows("customer_order") if row["customer_id"] == till.person.customer_id]
    open_ids = {row["id"] for row in mine if row["status"] == "reserved"}
    points = till.points()
    assert points["points_held"] == sum(row["total_points"] for row in mine if row["id"] in open_ids)
    assert points["points_spent"] == sum(row["total_points"] for row in mine if row["status"] == "completed")
    assert sum(points.values()) == 2_000
    claims = [row for row in till.rows("stock_claim") if int(row["holder"].split(":")[1]) in {row["id"] for row in mine}]
    items = [row for row in till.rows("order_item") if row["customer_id"] == till.person.customer_id and row["fulfilment"] != "data_pack"]
    reserved = sum(row["quantity"] for row in items if row["order_id"] in open_ids)
    assert sum(row["used_at"] is None for row in claims) == reserved
    goods = {row["order_id"] for row in items if row["fulfilment"] == "goods" and row["order_id"] in open_ids}
    assert {row["order_id"] for row in till.rows("order_work") if row["customer_id"] == till.person.customer_id} == goods
    steps = [row for row in till.rows("order_step") if row["customer_id"] == till.person.customer_id]
    for order in mine:
        numbers = sorted(row["number"] for row in steps if row["order_id"] == order["id"])
        assert numbers == list(range(1, len(numbers) + 1))
    return points["points_held"]

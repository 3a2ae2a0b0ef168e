"""What a code wins comes by itself: points to the purse, goods as an order at no price; told twice, it comes once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.events import Handlers
from portal.catalog import add_stock
from portal.codes import NewPrize, PrizeWon
from portal.customers import Viewer, get_viewer
from portal.orders.handlers import register as register_orders
from portal.points import check_points, points_card
from portal.points.handlers import register as register_points
from tests.cast import Cast
from tests.codes.press import Press

OUTBOX, ORDER, ITEM = (Base.metadata.tables[name] for name in ("outbox_event", "customer_order", "order_item"))


def _flask(amount: int = 5) -> NewPrize:
    return NewPrize({"zh": "保温杯", "en": "Thermos flask"}, "offering", 1_000_000, amount=amount, offering_code="gift_thermos")


def _deliver(press: Press, times: int = 1) -> None:
    handlers = Handlers()
    register_points(handlers)
    register_orders(handlers)
    with press.database.reading() as session:
        payloads = session.scalars(sa.select(OUTBOX.c.payload).where(OUTBOX.c.type == PrizeWon.type).order_by(OUTBOX.c.id)).all()
    for _ in range(times):
        for payload in payloads:
            for _name, handle in handlers.wanted(PrizeWon.type):
                with press.database.writing() as session:
                    handle(session, handlers.load(PrizeWon.type, payload), press.now)


def _alice(press: Press, cast: Cast) -> Viewer:
    with press.database.reading() as session:
        return get_viewer(session, cast.alice.party_id, cast.alice.customer_id, now=press.now)


def _orders(press: Press, cast: Cast) -> list[tuple[str, str, int, int]]:
    with press.database.reading() as session:
        rows = session.execute(
            sa.select(ITEM.c.offering_code, ORDER.c.status, ITEM.c.price_minor, ITEM.c.quantity)
            .join(ITEM, sa.and_(ITEM.c.customer_id == ORDER.c.customer_id, ITEM.c.order_id == ORDER.c.id))
            .where(ORDER.c.customer_id == cast.alice.customer_id)
        )
        return [(row.offering_code, row.status, row.price_minor, row.quantity) for row in rows]


def test_points_come_once_however_often_they_are_told(press: Press, cast: Cast) -> None:
    press.redeem(cast.alice, press.code(press.batch(), 1))
    _deliver(press, times=3)
    with press.database.reading() as session:
        card = points_card(session, _alice(press, cast), now=press.now)
        assert list(check_points(session)) == []
    assert card.available == 50


def test_goods_are_ordered_once_at_no_price_and_taken_from_stock(press: Press, cast: Cast) -> None:
    with press.database.writing() as session:
        add_stock(session, "gift_thermos", 1, now=press.now)
    press.redeem(cast.alice, press.code(press.batch(press.new(prizes=(_flask(),))), 1))
    _deliver(press, times=3)
    assert _orders(press, cast) == [("gift_thermos", "reserved", 0, 1)]


@pytest.mark.parametrize("stock", [0, 1])
def test_a_prize_is_owed_though_none_is_left_in_stock(press: Press, cast: Cast, stock: int) -> None:
    if stock:
        with press.database.writing() as session:
            add_stock(session, "gift_thermos", stock, now=press.now)
    batch_id = press.batch(press.new(prizes=(_flask(),)))
    for number in (1, 2):
        press.redeem(cast.alice, press.code(batch_id, number))
    _deliver(press, times=2)
    assert _orders(press, cast) == [("gift_thermos", "reserved", 0, 1)] * 2

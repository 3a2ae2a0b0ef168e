"""A sale from its announcement to its end: places, pieces kept, time that is up, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from portal.catalog import StockCount, add_stock, find_published
from portal.catalog.publishing import publish_document
from portal.customers import keep_papers
from portal.flashsales import NotAdmitted, NotOpen, enter_sale, get_sale, list_draw, settle_sale, verify_draw
from portal.orders import MostReached, PricedItem, PricedOrder, place_priced
from tests.cast import Cast
from tests.flashsales.hall import HOME, PHONE, PRICE, Hall
from tests.statements import statements


def test_pieces_are_set_aside_when_a_sale_is_announced(hall: Hall) -> None:
    hall.announce(stock=8)
    assert (hall.stock(), hall.stock("central")) == (StockCount(5, 0, 0), StockCount(3, 0, 0))


def test_one_enters_within_the_hours_alone_and_once(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce()
    for minutes in (-61, 121):
        hall.at(minutes=minutes)
        with pytest.raises(NotOpen):
            hall.enter(buyers[0])
    hall.at(minutes=-30)
    assert hall.enter(buyers[0], buyers[0]) == [True, False]
    assert hall.entry(buyers[0]).status == "entered"


def test_a_draw_closes_at_its_start(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce(rule="draw")
    hall.at(minutes=0)
    with pytest.raises(NotOpen):
        hall.enter(buyers[0])


def test_entering_asks_for_one_statement_besides_the_sale(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce()
    hall.at(minutes=5)
    with statements(hall.database) as sent:
        hall.enter(buyers[0])
    assert len(sent) == 2


def test_nothing_moves_before_the_start(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce()
    hall.at(minutes=-1)
    hall.enter(*buyers)
    assert not hall.settle().anything
    assert hall.stock() == StockCount(5, 0, 0)


@pytest.mark.parametrize("rule", ["draw", "first_come"])
def test_who_came_before_the_start_is_drawn_and_everybody_can_check_it(hall: Hall, buyers: Sequence[int], rule: str) -> None:
    hall.announce(rule=rule)
    hall.at(minutes=-30)
    hall.enter(*buyers)
    sealed = hall.state().sale
    assert (sealed.seed, bool(sealed.seed_hash)) == (None, True)
    hall.at(minutes=0)
    assert hall.settle().placed == len(buyers)
    with hall.database.reading() as session:
        assert verify_draw(session, hall.sale_id) == []
        drawn = list_draw(session, hall.sale_id)
    assert [each.ticket for each in drawn] == [hall.entry(customer_id).ticket for customer_id in hall.line()]
    assert sorted(each.rank for each in drawn) == [each.rank for each in drawn]


def test_later_ones_stand_behind_in_the_order_of_coming(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce()
    hall.at(minutes=-30)
    hall.enter(*buyers[:3])
    hall.at(minutes=0.1)
    hall.settle()
    hall.enter(*buyers[3:])
    hall.settle()
    assert set(hall.line()[:3]) == set(buyers[:3])
    assert hall.line()[3:] == list(buyers[3:])


def test_as_many_are_let_in_as_there_are_pieces(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce()
    hall.at(minutes=1)
    hall.enter(*buyers)
    hall.settle()
    assert hall.settle().admitted == 0, "again changes nothing"
    assert hall.statuses() == {"admitted": 5, "waiting": len(buyers) - 5}
    assert hall.stock() == StockCount(0, 5, 0)
    first, sixth, seventh = (hall.entry(buyers[index]) for index in (0, 5, 6))
    assert first.holds_piece(hall.now)
    assert (sixth.place, sixth.ahead, seventh.place, seventh.ahead) == (6, 0, 7, 1)


def test_who_is_not_let_in_cannot_order(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce()
    hall.at(minutes=1)
    hall.enter(*buyers)
    hall.settle()
    before = hall.rows("customer_order"), hall.rows("stock_claim")
    for customer_id in (buyers[5], 4711):
        with pytest.raises(NotAdmitted):
            hall.order(customer_id)
    assert (hall.rows("customer_order"), hall.rows("stock_claim")) == before


def test_a_piece_is_ordered_once_at_the_sales_price_and_paid(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce()
    hall.at(minutes=1)
    hall.enter(*buyers)
    hall.settle()
    placed = hall.order(buyers[0])
    assert hall.order(buyers[0]).order_id == placed.order_id
    (order,) = hall.rows("customer_order")
    assert (order["total_minor"], order["pay_by"], order["status"]) == (PRICE, hall.entry(buyers[0]).admitted_until, "accepted")
    assert hall.stock() == StockCount(0, 5, 0)
    hall.pay(buyers[0], placed.order_id)
    hall.run_worker()
    assert hall.entry(buyers[0]).status == "paid"


def test_a_piece_kept_in_vain_goes_to_the_next_in_line(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce(pieces=1)
    hall.at(minutes=1)
    hall.enter(*buyers[:3])
    hall.settle()
    hall.at(minutes=11.1)
    assert hall.state().is_due(hall.now)
    with pytest.raises(NotAdmitted):
        hall.order(buyers[0])
    settled = hall.settle()
    assert (settled.lapsed, settled.admitted) == (1, 1)
    assert [hall.entry(customer_id).status for customer_id in buyers[:3]] == ["lapsed", "admitted", "waiting"]
    assert hall.stock() == StockCount(0, 1, 0)


def test_an_order_that_is_not_paid_in_time_lets_the_next_in_at_once(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce(pieces=1)
    hall.at(minutes=1)
    hall.enter(*buyers[:2])
    hall.settle()
    hall.order(buyers[0])
    hall.at(minutes=11.1)
    assert hall.settle().lapsed == 0, "an order is ended by orders alone"
    assert hall.expire() == 1
    hall.run_worker()
    assert [hall.entry(customer_id).status for customer_id in buyers[:2]] == ["lapsed", "admitted"]
    assert hall.stock() == StockCount(0, 1, 0)


def test_a_cancelled_order_and_a_place_given_up_let_the_next_in(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce(pieces=1)
    hall.at(minutes=1)
    hall.enter(*buyers[:3])
    hall.settle()
    placed = hall.order(buyers[0])
    hall.cancel(buyers[0], placed.order_id)
    hall.run_worker()
    assert hall.entry(buyers[1]).status == "admitted"
    assert (hall.leave(buyers[1]), hall.leave(buyers[1])) == (True, False)
    hall.settle()
    assert [hall.entry(customer_id).status for customer_id in buyers[:3]] == ["lapsed", "gone", "admitted"]


def test_nobody_who_comes_later_takes_a_piece_that_came_back(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce(pieces=1)
    hall.at(minutes=1)
    hall.enter(*buyers[:2])
    hall.settle()
    hall.leave(buyers[0])  # its piece lies free
    hall.enter(buyers[2])
    hall.settle()
    assert (hall.entry(buyers[1]).status, hall.entry(buyers[2]).status) == ("admitted", "waiting")


def test_at_the_end_nobody_else_is_let_in_and_what_is_left_goes_back(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce()
    hall.at(minutes=115)
    hall.enter(*buyers[:2])
    hall.settle()
    placed = hall.order(buyers[0])
    hall.at(minutes=121)
    hall.settle()
    assert hall.state().sale.status == "running", "who was let in keeps the time that was promised"
    hall.pay(buyers[0], placed.order_id)
    hall.run_worker()
    hall.at(minutes=126)
    hall.settle()
    assert hall.state().sale.status == "over"
    assert (hall.stock(), hall.stock("central").free) == (StockCount(0, 1, 0), 4)


def test_a_sale_that_is_settled_elsewhere_is_left_alone(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce()
    hall.at(minutes=1)
    hall.enter(*buyers)
    if hall.database.is_sqlite:
        pytest.skip("one writer at a time")
    with hall.database.writing() as first:
        assert settle_sale(first, hall.keys, hall.sale_id, now=hall.now).admitted == 5
        assert not hall.settle().anything
        hall.now += timedelta(seconds=1)
        assert hall.enter(4711) == [True], "who enters waits for nobody"


# what is written to those who are let in


def test_who_is_let_in_is_written_to_once_in_one_short_message(hall: Hall, cast: Cast) -> None:
    hall.announce(name={"zh": "红米手机秒杀" * 9, "en": "Handset rush"})
    hall.at(minutes=5)
    with hall.database.writing() as session:
        enter_sale(session, hall.keys, get_sale(session, hall.sale_id), cast.alice.customer_id, party_id=cast.bob.party_id, now=hall.now)
    hall.enter(cast.charlie.customer_id)
    hall.settle()
    for _ in range(2):
        hall.run_worker()
    written = {row["number"]: row for row in hall.rows("message")}
    assert sorted(written) == sorted([cast.bob.number, cast.charlie.number]), "whoever entered, else the owner"
    body = written[cast.bob.number]["body"]
    assert "12:15" in body
    assert len(body) <= 70
    assert len(hall.rows("message")) == 2
    assert written[cast.bob.number]["expires_at"] == hall.entry(cast.alice.customer_id).admitted_until


def test_who_has_ordered_or_left_meanwhile_is_not_written_to(hall: Hall, cast: Cast) -> None:
    hall.announce()
    hall.at(minutes=5)
    hall.enter(cast.alice.customer_id, cast.charlie.customer_id)
    hall.settle()
    hall.order(cast.alice.customer_id)
    hall.leave(cast.charlie.customer_id)
    hall.run_worker()
    assert hall.rows("message") == []


def test_a_card_from_a_rush_waits_for_the_papers_a_number_needs(hall: Hall, buyers: Sequence[int]) -> None:
    hall.announce(offering_code="sim_card")
    hall.at(minutes=1)
    hall.enter(*buyers[:2])
    hall.settle()
    with hall.database.writing() as session:
        keep_papers(session, buyers[1], ["id_card"], seen_by="staff:7", now=hall.now)
    for customer_id in buyers[:2]:
        hall.order(customer_id)
    kept = {row["customer_id"]: row["documents"] for row in hall.rows("customer_order")}
    assert [(kept[each]["wanted"], [*kept[each].get("seen", {})]) for each in buyers[:2]] == [(["id_card"], []), (["id_card"], ["id_card"])]


def test_what_somebody_bought_before_counts_towards_what_one_customer_can_have(hall: Hall, buyers: Sequence[int]) -> None:
    with hall.database.writing() as session:
        found = find_published(session, PHONE)
        assert found is not None
        publish_document(session, found[0].model_copy(update={"most_per_customer": 1}), found[1] + 1, now=hall.now)
        add_stock(session, PHONE, 1, now=hall.now)
        bought = PricedItem(PHONE, {"en": "Handset"}, "goods", 1, PRICE, stocked=True)
        place_priced(session, PricedOrder(buyers[0], (bought,), "standard", "CNY", "web", "k-1", delivery=HOME), now=hall.now)
    hall.announce()
    hall.at(minutes=1)
    hall.enter(*buyers[:2])
    hall.settle()
    with pytest.raises(MostReached):
        hall.order(buyers[0])
    assert hall.entry(buyers[0]).holds_piece(hall.now), "nothing was taken; it lapses in time and goes to the next"
    assert hall.order(buyers[1]).is_new

"""A pre-sale from its deposit to its piece: numbers without gaps, invitations in their order, deposits back or kept as announced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.base.errors import Invalid
from portal.catalog import StockCount
from portal.orders import DepositStays, MostReached, NotForYou
from portal.orders.history import count_bought
from portal.presales import (
    Buyer,
    CannotGiveUp,
    NotInvited,
    OwnPresale,
    PresaleFixed,
    PresaleFull,
    PresaleNotOpen,
    announce_presale,
    edit_presale,
    take_place,
)
from tests.cast import Cast
from tests.presales.queue import PHONE, Queue
from tests.ruling import rule
from tests.statements import statements

HOUR = timedelta(hours=1)


def statuses(queue: Queue, buyers: Sequence[int]) -> list[str]:
    return [queue.place(customer_id).status for customer_id in buyers]


def test_a_paid_deposit_gives_the_next_number_and_an_unpaid_one_none(queue: Queue, buyers: Sequence[int]) -> None:
    queue.announce()
    first, _, third = (queue.take(customer_id) for customer_id in buyers[:3])
    queue.pay(buyers[2], third.order_id)
    queue.pay(buyers[0], first.order_id)
    assert [queue.place(customer_id).number for customer_id in buyers[:3]] == [2, None, 1]
    queue.now += timedelta(minutes=31)
    queue.expire()
    assert statuses(queue, buyers[:3]) == ["waiting", "gone", "waiting"]
    assert queue.look().taken == 2
    queue.pay(buyers[3], queue.take(buyers[3]).order_id)
    assert queue.place(buyers[3]).number == 3, "no number is missing"


def test_a_place_is_taken_once_and_again_after_it_was_given_up(queue: Queue, buyers: Sequence[int]) -> None:
    queue.announce()
    first = queue.take(buyers[0])
    assert (queue.take(buyers[0]).order_id, queue.take(buyers[0]).is_new) == (first.order_id, False)
    queue.pay(buyers[0], first.order_id)
    queue.give_up(buyers[0])
    again = queue.take(buyers[0])
    assert again.order_id != first.order_id
    queue.pay(buyers[0], again.order_id)
    assert (queue.place(buyers[0]).number, queue.look().taken) == (2, 1)


def test_no_more_places_are_given_than_there_are(queue: Queue, buyers: Sequence[int]) -> None:
    queue.announce(most=2)
    for customer_id in buyers[:2]:
        queue.take(customer_id)
    before = queue.rows("customer_order"), queue.rows("presale_place")
    with pytest.raises(PresaleFull):
        queue.take(buyers[2])
    assert (queue.rows("customer_order"), queue.rows("presale_place")) == before
    queue.now += timedelta(minutes=31)
    queue.expire()
    assert queue.take(buyers[2]).is_new


def test_a_deposit_is_taken_within_the_hours_alone(queue: Queue, buyers: Sequence[int]) -> None:
    queue.announce(opens_at=queue.now + HOUR)
    with pytest.raises(PresaleNotOpen):
        queue.take(buyers[0])
    queue.now = queue.look().closes_at
    with pytest.raises(PresaleNotOpen):
        queue.take(buyers[0])


@pytest.mark.parametrize(
    ("changed", "why"),
    [({"eligibility": {"age_min": 99}}, ("age",)), ({"eligibility": {"enterprise": True}}, ())],
    ids=["older", "companies"],
)
def test_whom_the_offering_is_not_for_gets_no_place_and_leaves_none_taken(
    queue: Queue, buyers: Sequence[int], changed: dict[str, Any], why: tuple[str, ...]
) -> None:
    queue.announce()
    queue.take(buyers[1])
    rule(queue.database, PHONE, **changed)
    with pytest.raises(NotForYou) as refused:
        queue.take(buyers[0])
    assert (refused.value.barred, queue.look().taken, len(queue.rows("customer_order"))) == (why, 1, 1)


def test_a_deposit_is_no_piece_bought_and_the_piece_counts_once(queue: Queue, buyers: Sequence[int]) -> None:
    queue.announce()
    rule(queue.database, PHONE, most_per_customer=1)
    queue.pay(buyers[0], queue.take(buyers[0]).order_id)
    queue.release(1)
    with queue.database.reading() as session:
        assert count_bought(session, buyers[0], PHONE) == 0
    order_id = queue.order_rest(buyers[0]).order_id
    queue.pay(buyers[0], order_id)
    with queue.database.reading() as session:
        assert count_bought(session, buyers[0], PHONE) == 1
    queue.end()
    queue.announce()
    with pytest.raises(MostReached):
        queue.take(buyers[0])


def test_giving_up_before_the_release_gives_the_deposit_back_once(queue: Queue, buyers: Sequence[int]) -> None:
    queue.announce()
    placed = queue.take(buyers[0])
    queue.pay(buyers[0], placed.order_id)
    queue.give_up(buyers[0])
    with pytest.raises(CannotGiveUp):
        queue.give_up(buyers[0])
    queue.run_worker()
    assert (queue.place(buyers[0]).status, queue.look().taken) == ("given_up", 0)
    assert queue.order(placed.order_id)["status"] == "cancelled"


def test_a_paid_deposit_does_not_go_back_by_way_of_its_order(queue: Queue, buyers: Sequence[int]) -> None:
    queue.announce()
    placed = queue.take(buyers[0])
    queue.pay(buyers[0], placed.order_id)
    with pytest.raises(DepositStays):
        queue.cancel(buyers[0], placed.order_id)
    assert (queue.place(buyers[0]).status, queue.order(placed.order_id)["status"]) == ("waiting", "reserved")
    assert queue.rows("order_work") == [], "a deposit is nobody's task"


def test_who_is_next_by_number_is_invited_as_pieces_come(queue: Queue, buyers: Sequence[int]) -> None:
    queue.announce()
    for customer_id in (buyers[2], buyers[0], buyers[1]):
        queue.pay(customer_id, queue.take(customer_id).order_id)
    queue.release(2)
    assert statuses(queue, buyers[:3]) == ["invited", "waiting", "invited"]
    assert queue.place(buyers[1]).ahead == 0
    with pytest.raises(NotInvited):
        queue.order_rest(buyers[1])
    with pytest.raises(CannotGiveUp):
        queue.give_up(buyers[1])
    queue.release(1)
    assert queue.place(buyers[1]).status == "invited"


def test_the_rest_is_the_price_less_the_deposit_and_buys_the_piece(queue: Queue, buyers: Sequence[int]) -> None:
    queue.announce()
    deposit = queue.take(buyers[0])
    queue.pay(buyers[0], deposit.order_id)
    queue.release(1)
    rest = queue.order_rest(buyers[0])
    assert queue.order_rest(buyers[0]).order_id == rest.order_id
    assert queue.order(rest.order_id)["total_minor"] == 100_000
    assert queue.order(rest.order_id)["pay_by"] == queue.place(buyers[0]).invited_until
    queue.pay(buyers[0], rest.order_id)
    assert queue.place(buyers[0]).status == "bought"
    assert queue.order(deposit.order_id)["status"] == "completed"
    assert queue.stock() == StockCount(0, 1, 0)


@pytest.mark.parametrize(("keeps", "becomes"), [(False, "cancelled"), (True, "completed")])
@pytest.mark.parametrize("ordered", [False, True])
def test_who_lets_the_invitation_pass_makes_room_and_the_deposit_goes_as_announced(
    queue: Queue, buyers: Sequence[int], keeps: bool, becomes: str, ordered: bool
) -> None:
    queue.announce(keeps_deposit=keeps)
    deposits = [queue.take(customer_id).order_id for customer_id in buyers[:2]]
    for customer_id, order_id in zip(buyers[:2], deposits, strict=True):
        queue.pay(customer_id, order_id)
    queue.release(1)
    if ordered:
        queue.order_rest(buyers[0])
    queue.now += timedelta(hours=49)
    queue.expire()
    queue.settle()
    assert statuses(queue, buyers[:2]) == ["lapsed", "invited"]
    assert queue.order(deposits[0])["status"] == becomes
    assert queue.stock() == StockCount(0, 1, 0)


def test_what_waits_at_the_end_gets_its_deposit_back_and_pieces_go_back(queue: Queue, buyers: Sequence[int]) -> None:
    queue.announce()
    deposits = [queue.take(customer_id).order_id for customer_id in buyers[:2]]
    for customer_id, order_id in zip(buyers[:2], deposits, strict=True):
        queue.pay(customer_id, order_id)
    queue.release(1)
    queue.end()
    assert statuses(queue, buyers[:2]) == ["invited", "given_up"]
    assert queue.order(deposits[1])["status"] == "cancelled"
    queue.order_rest(buyers[0])


def test_a_presale_is_announced_by_somebody_else_and_stays(queue: Queue) -> None:
    presale_id = queue.draft()
    with pytest.raises(OwnPresale), queue.database.writing() as session:
        announce_presale(session, presale_id, staff_id=queue.staff[0])
    with queue.database.writing() as session:
        announce_presale(session, presale_id, staff_id=queue.staff[1])
    with pytest.raises(PresaleFixed), queue.database.writing() as session:
        edit_presale(session, presale_id, queue.new(), staff_id=queue.staff[0], now=queue.now)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", {}), ("amount_minor", 0), ("deposit_minor", 0), ("deposit_minor", 109_900), ("deposit_minor", -1), ("most", 0),
        ("pay_hours", 0), ("pay_hours", 9_999), ("offering_code", "voice_standard"),
    ],
)  # fmt: skip
def test_what_can_be_no_presale_is_refused_beside_its_field(queue: Queue, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        queue.draft(**{field: value})
    assert set(refusal.value.fields) == {field}


def test_times_that_contradict_each_other_are_refused(queue: Queue) -> None:
    new = queue.new()
    for changes in ({"closes_at": new.opens_at}, {"releases_at": new.closes_at - HOUR}):
        with pytest.raises(Invalid):
            queue.draft(**changes)
    assert replace(new, most=None).most is None


def test_where_one_stands_is_one_statement(queue: Queue, buyers: Sequence[int]) -> None:
    queue.announce()
    queue.take(buyers[0])
    with statements(queue.database) as sent:
        queue.place(buyers[0])
    assert len(sent) == 1


# what is written to those who are invited


def test_who_is_invited_is_written_to_once_in_one_short_message(queue: Queue, cast: Cast) -> None:
    queue.announce(name={"zh": "新款手机预售" * 9, "en": "New handset"})
    who = cast.alice.customer_id
    with queue.database.writing() as session:
        placed = take_place(session, queue.presale_id, Buyer(who, f"party:{cast.bob.party_id}", party_id=cast.bob.party_id), now=queue.now)
    queue.pay(who, placed.order_id)
    queue.release(1)
    for _ in range(2):
        queue.run_worker()
    (told,) = queue.rows("message")
    assert told["number"] == cast.bob.number
    assert "付清余款" in told["body"]
    assert len(told["body"]) <= 70
    assert told["expires_at"] == queue.place(who).invited_until


def test_who_has_ordered_the_rest_meanwhile_is_not_written_to(queue: Queue, cast: Cast) -> None:
    queue.announce()
    who = cast.alice.customer_id
    queue.pay(who, queue.take(who).order_id)
    queue.release(1)
    queue.order_rest(who)
    queue.run_worker()
    assert queue.rows("message") == []

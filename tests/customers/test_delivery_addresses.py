"""The address book: whose it is, one default, and an address that is taken out is out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.base.db import Database
from portal.base.errors import Invalid, NotFound, Refused
from portal.customers import (
    NewDeliveryAddress,
    add_delivery_address,
    change_delivery_address,
    end_delivery_address,
    get_delivery_address,
    list_delivery_addresses,
    use_delivery_address,
)
from portal.customers.delivery_addresses import MOST_ADDRESSES
from tests.cast import NOW, Cast

HOME = NewDeliveryAddress("王爱丽", "138 5710 1234", "330106", "浙江省", "杭州市", "西湖区", "文三路 90 号 3 幢 501 室")


def add(database: Database, cast: Cast, new: NewDeliveryAddress = HOME, *, minutes: int = 0, **more: Any) -> int:
    with database.writing() as session:
        who = {"party_id": cast.alice.party_id} | more
        return add_delivery_address(session, cast.alice.customer_id, new, now=NOW + timedelta(minutes=minutes), **who)


def book(database: Database, cast: Cast, party_id: int | None = None) -> list[tuple[int, bool]]:
    with database.reading() as session:
        found = list_delivery_addresses(session, cast.alice.customer_id, party_id=party_id or cast.alice.party_id)
    return [(each.id, each.is_default) for each in found]


def test_the_first_is_the_default_and_there_is_one_default(database: Database, cast: Cast) -> None:
    first, second = add(database, cast), add(database, cast, minutes=1)
    assert book(database, cast) == [(first, True), (second, False)]
    third = add(database, cast, minutes=2, is_default=True)
    assert book(database, cast) == [(third, True), (second, False), (first, False)]


def test_the_last_used_is_offered_first(database: Database, cast: Cast) -> None:
    default, second, third = (add(database, cast, minutes=minutes) for minutes in range(3))
    with database.writing() as session:
        use_delivery_address(session, cast.alice.customer_id, second, party_id=cast.alice.party_id, now=NOW + timedelta(hours=1))
    assert [each for each, _ in book(database, cast)] == [default, second, third]


def test_an_address_is_its_persons_and_of_nobody_else(database: Database, cast: Cast) -> None:
    mine = add(database, cast)
    shared = add(database, cast, minutes=1, party_id=None)
    assert [each for each, _ in book(database, cast, cast.bob.party_id)] == [shared]
    with database.writing() as session:
        for customer_id, party_id in ((cast.alice.customer_id, cast.bob.party_id), (cast.charlie.customer_id, cast.alice.party_id)):
            with pytest.raises(NotFound):
                get_delivery_address(session, customer_id, mine, party_id=party_id)
            with pytest.raises(NotFound):
                end_delivery_address(session, customer_id, mine, party_id=party_id, now=NOW)
            with pytest.raises(NotFound):
                change_delivery_address(session, customer_id, mine, HOME, party_id=party_id, now=NOW)
    assert len(book(database, cast)) == 2


def test_a_change_is_another_address_in_its_place(database: Database, cast: Cast) -> None:
    first = add(database, cast)
    with database.writing() as session:
        other = replace(HOME, line="天目山路 398 号")
        second = change_delivery_address(
            session, cast.alice.customer_id, first, other, party_id=cast.alice.party_id, now=NOW + timedelta(minutes=1)
        )
        assert get_delivery_address(session, cast.alice.customer_id, second, party_id=cast.alice.party_id).line == "天目山路 398 号"
    assert book(database, cast) == [(second, True)]


def test_an_address_is_taken_out_once(database: Database, cast: Cast) -> None:
    first = add(database, cast)
    with database.writing() as session:
        end_delivery_address(session, cast.alice.customer_id, first, party_id=cast.alice.party_id, now=NOW)
        with pytest.raises(NotFound):
            end_delivery_address(session, cast.alice.customer_id, first, party_id=cast.alice.party_id, now=NOW)
    assert book(database, cast) == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"phone": "12345"}, "phone"),
        ({"area_code": "33010"}, "area_code"),
        ({"area_code": "330106'"}, "area_code"),
        ({"line": "\u202e"}, "line"),
        ({"line": "x" * 201}, "line"),
        ({"province": ""}, "province"),
    ],
)
def test_what_cannot_be_sent_to_is_refused_by_field(database: Database, cast: Cast, changed: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(database, cast, replace(HOME, **changed))
    assert set(refused.value.fields) == {field}


def test_a_book_is_full_one_day(database: Database, cast: Cast) -> None:
    for minutes in range(MOST_ADDRESSES):
        add(database, cast, minutes=minutes)
    with pytest.raises(Refused):
        add(database, cast, minutes=MOST_ADDRESSES)

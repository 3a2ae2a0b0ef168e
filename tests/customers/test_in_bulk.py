"""Customers made many at once are those that would have been made one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from portal.base.db import Base, Database
from portal.base.errors import Invalid
from portal.customers import (
    CustomersInBulk,
    NewAddress,
    NewCustomer,
    NewLine,
    NewProduct,
    create_customer,
    find_holder,
    find_holders,
    search_keys_of,
    search_text_of,
)
from portal.customers.keys import KEY_LENGTH, search_rows_of
from tests.cast import Cast

TABLES = "party customer customer_role account subscription number_holding product agreement address search_key".split()
PLAN = NewProduct("voice_standard", "plan", {"zh": "畅聊套餐", "en": "Talk plan"}, 2000, date(2020, 2, 29))
FIBRE = NewProduct("internet_fibre", "internet", {"zh": "光纤宽带", "en": "Fibre broadband"}, 4999, date(2020, 2, 29))
WANG = NewCustomer(
    name=" 王若曦 ",
    lines=(
        NewLine("13957100001", products=(PLAN, FIBRE), device="Nokia 3310", region="浙江 杭州"),
        NewLine("13957100002", kind="broadband"),
    ),
    gender="female",
    birth_date=date(1988, 4, 17),
    language="zh",
    tier="gold",
    since=date(2020, 2, 29),
    payment_method="mailed_check",
    paperless=False,
    term="one_year",
    address=NewAddress("330106", "浙江省", "杭州市", "西湖区", "文三路 90 号"),
)
KEYS = NewCustomer("Alicia Keys")
PEOPLE = (WANG, KEYS, NewCustomer("曾国强", lines=(NewLine("13957100003", activated_on=date(2025, 1, 1)),), since=date(2024, 12, 31)))

Rows = Mapping[str, list[tuple[Any, ...]]]


def rows_beyond(database: Database, before: Rows | None = None) -> Rows:
    """Give every row that was not there before, with ids told apart by nothing but where they are met first."""
    names: dict[int, str] = {}
    found: dict[str, list[tuple[Any, ...]]] = {}
    with database.reading() as session:
        for name in TABLES:
            table = Base.metadata.tables[name]
            rows = [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))]
            found[name] = rows if before is None else [row for row in rows if row not in before[name]]
    if before is None:
        return found
    return {name: sorted((_named(row, names) for row in rows), key=repr) for name, rows in found.items()}


def _named(row: tuple[Any, ...], names: dict[int, str]) -> tuple[Any, ...]:
    return tuple(names.setdefault(value, f"id {len(names)}") if type(value) is int and value > 10**12 else value for value in row)


@pytest.mark.parametrize("new", PEOPLE)
def test_a_customer_made_in_bulk_is_the_one_made_singly(database: Database, cast: Cast, now: datetime, new: NewCustomer) -> None:
    before = rows_beyond(database)
    with database.writing() as session:
        create_customer(session, new, now=now)
    singly = rows_beyond(database, before)
    with database.writing() as session:
        for name in reversed(TABLES):
            table = Base.metadata.tables[name]
            columns = list(table.primary_key.columns)
            for row in session.execute(sa.select(table)).all():
                if tuple(row) not in before[name]:
                    session.execute(sa.delete(table).where(*(column == row._mapping[column.name] for column in columns)))
        CustomersInBulk(session, now=now).add([new])
    assert rows_beyond(database, before) == singly
    assert singly["search_key"]


def test_the_ids_given_are_those_in_the_record_in_the_order_asked(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        first, second, third = CustomersInBulk(session, now=now).add(PEOPLE)
    with database.reading() as session:
        for made, new in ((first, WANG), (third, PEOPLE[2])):
            holder = find_holder(session, new.lines[0].number)
            assert holder is not None
            assert (holder.customer_id, holder.subscription_id, holder.party_id) == (
                made.customer_id,
                made.subscription_ids[0],
                made.party_id,
            )
    assert second.subscription_ids == ()
    assert len(first.subscription_ids) == 2
    assert len({first.customer_id, second.customer_id, third.customer_id, first.party_id, second.party_id, third.party_id}) == 6


def test_batches_of_one_writer_never_share_an_id(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        bulk = CustomersInBulk(session, now=now)
        made = [one for batch in range(3) for one in bulk.add([NewCustomer(f"王{place}") for place in range(400)])]
    ids = [number for one in made for number in (one.customer_id, one.party_id, one.account_id)]
    assert len(set(ids)) == 3 * 3 * 400


def test_a_number_somebody_holds_ends_the_whole(database: Database, cast: Cast, now: datetime) -> None:
    before = rows_beyond(database)

    def add() -> None:
        with database.writing() as session:
            CustomersInBulk(session, now=now).add([WANG, replace(KEYS, lines=(NewLine(cast.bob.number),))])

    with pytest.raises(IntegrityError):
        add()
    assert rows_beyond(database) == before


@pytest.mark.parametrize("name", ["", "   ", "n" * 101, "王\n"])
def test_a_name_that_cannot_be_used_is_refused(database: Database, now: datetime, name: str) -> None:
    if name == "王\n":
        name = "王\x07"
    with database.writing() as session, pytest.raises(Invalid):
        CustomersInBulk(session, now=now).add([NewCustomer(name)])


@given(
    st.one_of(st.text(max_size=12), st.text(min_size=KEY_LENGTH - 10, max_size=100), st.text("王 a", max_size=100)),
    st.lists(st.one_of(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text("0123", max_size=5)), max_size=3),
)
def test_the_search_rows_of_a_name_are_its_keys_each_once_and_its_text(name: str, numbers: list[str]) -> None:
    rows, text = search_rows_of(7, name, numbers)
    assert sorted(rows) == sorted((kind, key, 7) for kind, key in search_keys_of(name, numbers))
    assert text == search_text_of([name])


def test_holders_of_many_numbers_are_those_of_each(database: Database, cast: Cast) -> None:
    numbers = [cast.alice.number, cast.bob.number, "13957100001", *(one.number for one in cast.noise)]
    with database.reading() as session:
        each = {number: find_holder(session, number) for number in numbers}
        assert find_holders(session, numbers) == {number: holder for number, holder in each.items() if holder is not None}
        assert find_holders(session, []) == {}

"""Bringing a customer in line: only what is asked about and differs is set, and the customer is found by what is true now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Database
from portal.base.errors import Invalid, NotFound
from portal.customers import (
    CORRECTABLE,
    CustomerLeft,
    NewAddress,
    NewCustomer,
    NewLine,
    NewProduct,
    NumberInUse,
    ProfileCard,
    Viewer,
    correct_customer,
    end_line,
    find_differences,
    find_holder,
    profile_card,
)
from tests.cast import Cast
from tests.customers.finding import ids

DAY = date(2024, 3, 5)
PLAN = NewProduct("voice_standard", "plan", {"zh": "畅聊套餐", "en": "Talk plan"}, 2000, DAY)
FIBRE = NewProduct("internet_fibre", "internet", {"zh": "光纤宽带", "en": "Fibre broadband"}, 5000, DAY)
TV = NewProduct("streaming_tv", "add_on", {"zh": "电视直播", "en": "Streaming TV"}, 1000, DAY)
SOLD = ("voice_standard", "internet_fibre", "streaming_tv")
ALICE = NewCustomer(
    name="王爱丽",
    lines=(NewLine("13857101234", products=(PLAN, FIBRE), device="HUAWEI Mate 60", region="浙江 杭州"), NewLine("13857105678")),
    gender="female",
    birth_date=date(1988, 4, 17),
    language="zh",
    tier="gold",
    since=DAY,
    payment_method="credit_card",
    term="two_years",
    address=NewAddress("330106", "浙江省", "杭州市", "西湖区", "文三路 90 号 3 幢 501 室"),
)
TOLD_OTHERWISE = {
    "name": replace(ALICE, name="王艾丽"),
    "gender": replace(ALICE, gender=None),
    "birth_date": replace(ALICE, birth_date=date(1988, 4, 18)),
    "language": replace(ALICE, language="en"),
    "tier": replace(ALICE, tier="silver"),
    "since": replace(ALICE, since=date(2020, 1, 1)),
    "payment_method": replace(ALICE, payment_method="bank_transfer"),
    "paperless": replace(ALICE, paperless=False),
    "term": replace(ALICE, term="monthly"),
    "address": replace(ALICE, address=NewAddress("330106", "浙江省", "杭州市", "西湖区", "文二路 1 号")),
    "number": replace(ALICE, lines=(*ALICE.lines, NewLine("13957100009"))),
    "device": replace(ALICE, lines=(replace(ALICE.lines[0], device="Nokia 3310"), ALICE.lines[1])),
    "region": replace(ALICE, lines=(replace(ALICE.lines[0], region="上海"), ALICE.lines[1])),
    "products": replace(ALICE, lines=(replace(ALICE.lines[0], products=(PLAN, TV)), ALICE.lines[1])),
}


def differences(database: Database, customer_id: int, told: NewCustomer, asked: Sequence[str] = CORRECTABLE) -> Sequence[str]:
    with database.reading() as session:
        return find_differences(session, customer_id, told, asked, SOLD)


def correct(database: Database, customer_id: int, told: NewCustomer, now: datetime, asked: Sequence[str] = CORRECTABLE) -> Sequence[str]:
    with database.writing() as session:
        return correct_customer(session, customer_id, told, asked, SOLD, now=now)


def card(database: Database, customer_id: int, now: datetime) -> ProfileCard:
    with database.reading() as session:
        return profile_card(session, Viewer("staff", "staff:7", customer_id), now=now)


def test_what_is_told_as_it_is_differs_in_nothing(database: Database, cast: Cast) -> None:
    assert differences(database, cast.alice.customer_id, ALICE) == []


@pytest.mark.parametrize("field", CORRECTABLE)
def test_each_thing_told_otherwise_is_found_set_and_then_the_same(database: Database, cast: Cast, now: datetime, field: str) -> None:
    told, customer_id = TOLD_OTHERWISE[field], cast.alice.customer_id
    others = [each for each in CORRECTABLE if each != field]
    assert differences(database, customer_id, told) == [field]
    assert differences(database, customer_id, told, others) == []
    assert correct(database, customer_id, told, now, others) == []
    assert differences(database, customer_id, told) == [field]
    before = card(database, cast.charlie.customer_id, now)
    assert correct(database, customer_id, told, now) == [field]
    assert differences(database, customer_id, told) == []
    assert differences(database, customer_id, ALICE, others) == [], "nothing else was touched"
    assert card(database, cast.charlie.customer_id, now) == before


def test_all_of_it_at_once(database: Database, cast: Cast, now: datetime) -> None:
    told = NewCustomer(
        "李四", (NewLine("13957100008", products=(TV,)),), since=date(2001, 1, 1), tier="standard", term="one_year", language="en"
    )
    changed = correct(database, cast.alice.customer_id, told, now)
    assert changed == [field for field in CORRECTABLE if field not in ("address", "paperless")]
    alice = card(database, cast.alice.customer_id, now)
    assert (alice.name, alice.tier, alice.since) == ("李四", "standard", date(2001, 1, 1))
    assert alice.address is not None, "nothing was told of it"
    assert [line.number for line in alice.lines] == ["139 5710 0008", "138 5710 5678"]
    assert [product.offering_code for product in alice.lines[0].products] == ["streaming_tv"]


def test_a_customer_is_found_by_what_is_true_now(database: Database, cast: Cast, now: datetime) -> None:
    told = replace(ALICE, name="张若曦", lines=(replace(ALICE.lines[0], number="13957100008"), ALICE.lines[1]))
    correct(database, cast.alice.customer_id, told, now)
    for text in ("张若曦", "zhangruoxi", "13957100008", "张 0008", "张 5678"):
        assert ids(database, text) == [cast.alice.customer_id], text
    assert cast.alice.customer_id not in ids(database, "王爱丽")
    assert ids(database, "13857101234") == []


def test_a_line_keeps_its_user_when_its_number_changes(database: Database, cast: Cast, now: datetime) -> None:
    told = replace(ALICE, lines=(ALICE.lines[0], NewLine("13957100008")))
    correct(database, cast.alice.customer_id, told, now)
    with database.reading() as session:
        holder = find_holder(session, "13957100008")
    assert holder is not None
    assert (holder.party_id, holder.subscription_id) == (cast.bob.party_id, cast.bob.subscription_id)


def test_a_product_nobody_asks_about_is_left_alone(database: Database, cast: Cast, now: datetime) -> None:
    told = replace(ALICE, lines=(replace(ALICE.lines[0], products=()),))
    with database.writing() as session:
        correct_customer(session, cast.alice.customer_id, told, ["products"], ["internet_fibre"], now=now)
    alice = card(database, cast.alice.customer_id, now)
    assert [product.offering_code for product in alice.lines[0].products] == ["voice_standard"]


def test_somebody_without_a_line_or_an_address_gets_them(database: Database, cast: Cast, now: datetime) -> None:
    noise = cast.noise[0]
    with database.writing() as session:
        end_line(session, noise.customer_id, noise.subscription_id, now=now)
    told = NewCustomer("王爱丽", (NewLine("13957100007", products=(PLAN,)),), address=ALICE.address)
    assert correct(database, noise.customer_id, told, now + timedelta(days=1), ["number", "address"]) == ["address", "number"]
    found = card(database, noise.customer_id, now)
    assert found.address is not None
    assert [(line.number, len(line.products)) for line in found.lines] == [("139 5710 0007", 1), ("138 5710 1235", 0)]
    assert ids(database, "13957100007") == [noise.customer_id]


def test_a_number_of_somebody_else_is_refused_and_nothing_is_changed(database: Database, cast: Cast, now: datetime) -> None:
    before = card(database, cast.alice.customer_id, now)
    told = replace(ALICE, name="王曦", lines=(NewLine(cast.charlie.number),))
    with pytest.raises(NumberInUse):
        correct(database, cast.alice.customer_id, told, now)
    assert card(database, cast.alice.customer_id, now) == before


def test_a_name_that_cannot_be_used_is_refused(database: Database, cast: Cast, now: datetime) -> None:
    with pytest.raises(Invalid):
        correct(database, cast.alice.customer_id, replace(ALICE, name=" "), now)


def test_nobody_and_somebody_who_has_left_are_not_corrected(database: Database, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotFound):
        differences(database, 1, ALICE)
    with database.writing() as session:
        session.execute(sa.text("UPDATE customer SET status = 'left' WHERE customer_id = :id"), {"id": cast.alice.customer_id})
    with pytest.raises(CustomerLeft):
        differences(database, cast.alice.customer_id, ALICE)
    with pytest.raises(CustomerLeft):
        correct(database, cast.alice.customer_id, ALICE, now)

"""Finding customers among others much like them."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.base.db import Database
from portal.base.privacy import mask_name, mask_number
from portal.customers import (
    NewCustomer,
    NewLine,
    SearchAnswer,
    create_customer,
    search_customers,
    search_keys_of,
)
from portal.customers.models import Customer, Party, Subscription
from portal.customers.names import fold
from portal.customers.search import read_query
from tests.cast import Cast
from tests.customers.finding import counted, everybody, ids, noise, search

on_one_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(
    "text",
    ["13857101234", "138 5710 1234", "+86 138-5710-1234", "008613857101234", "8613857101234", "１３８５７１０１２３４", "(138)57101234"],
)
def test_a_whole_number_finds_its_customer_alone_however_it_is_written(database: Database, cast: Cast, text: str) -> None:
    answer = search(database, text)
    assert [hit.customer_id for hit in answer.hits] == [cast.alice.customer_id]
    assert answer.understood_as == "number"
    assert not answer.more


def test_the_last_four_come_first_then_numbers_that_have_them_elsewhere(database: Database, cast: Cast) -> None:
    found = ids(database, "1234")
    tails = {person.customer_id for person in everybody(cast) if person.number.endswith("1234")}
    inside = {person.customer_id for person in everybody(cast) if "1234" in person.number} - tails
    assert set(found[: len(tails)]) == tails
    assert set(found[len(tails) :]) == inside
    assert inside


def test_every_part_of_every_number_finds_its_customer(database: Database, cast: Cast) -> None:
    for person in (cast.alice, cast.bob, noise(cast, "欧阳晓明")):
        for start in range(11):
            for end in range(start + 1, 12):
                part = person.number[start:end]
                answer = search(database, part)
                assert person.customer_id in {hit.customer_id for hit in answer.hits}, part


def test_a_hit_shows_masks_only_and_the_number_that_matched(database: Database, cast: Cast) -> None:
    (hit,) = search(database, cast.bob.number).hits
    assert hit.customer_id == cast.alice.customer_id
    assert hit.name_masked == "王**"
    assert hit.number_masked == mask_number(cast.bob.number)
    assert (hit.tier, hit.status, hit.kind, hit.region) == ("gold", "active", "individual", "浙江 杭州")
    for text in ("1234", "王", "wang", "acme", "王 1234"):
        shown = repr(search(database, text))
        for person in everybody(cast):
            assert person.number not in shown
            assert person.name not in shown


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("王爱丽", {"王爱丽"}),
        ("王", {"王爱丽", "王爱", "王丽"}),
        ("爱丽", {"王爱丽"}),
        ("丽", {"王爱丽", "王丽"}),
        ("wangaili", {"王爱丽", "汪艾莉"}),
        ("wang ai li", {"王爱丽", "汪艾莉"}),
        ("WANG AI", {"王爱丽", "王爱", "汪艾莉"}),
        ("ａｉｌｉ", {"王爱丽", "汪艾莉", "买买提·艾力"}),
        ("wal", {"王爱丽", "汪艾莉"}),
        ("al", {"王爱丽", "汪艾莉", "Acme Ltd", "买买提·艾力", "Alicia Keys"}),
        ("zeng", {"曾国强"}),
        ("ceng", {"曾国强"}),
        ("zgq", {"曾国强"}),
        ("shan", {"单雄信"}),
        ("danxiong", {"单雄信"}),
        ("lv", {"吕小布"}),
        ("lyuxiaobu", {"吕小布"}),
        ("luxiao", {"吕小布"}),
        ("lü", {"吕小布"}),
        ("yuchi", {"尉迟恭"}),
        ("weichi", {"尉迟恭"}),
        ("ouyang", {"欧阳晓明"}),
        ("oyxm", {"欧阳晓明"}),
        ("acme", {"Acme Ltd", "Acme Holdings"}),
        ("ACME LTD", {"Acme Ltd"}),
        ("ltd", {"Acme Ltd"}),
        ("hold", {"Acme Holdings"}),
        ("keys", {"Alicia Keys"}),
        ("买买提艾力", {"买买提·艾力"}),
        ("买买提·艾", {"买买提·艾力"}),
        ("cme", set()),
        ("angai", set()),
        ("王丽爱", set()),
    ],
)
def test_a_name_is_found_in_characters_pinyin_and_initials(database: Database, cast: Cast, text: str, names: set[str]) -> None:
    answer = search(database, text)
    with database.reading() as session:
        found = session.scalars(
            sa.select(Party.name)
            .join(Customer, Customer.party_id == Party.id)
            .where(Customer.customer_id.in_([hit.customer_id for hit in answer.hits]))
        ).all()
    assert set(found) == names
    assert answer.understood_as == "name"


@pytest.mark.parametrize("text", ["王 1234", "1234 王", "王1234", "wang 1234", "WANG　１２３４", "wang1234", "wa 12 34", "w 1234"])
def test_a_name_and_digits_must_both_fit(database: Database, cast: Cast, text: str) -> None:
    answer = search(database, text)
    found = [hit.customer_id for hit in answer.hits]
    assert answer.understood_as == "name_and_number"
    assert {cast.alice.customer_id, noise(cast, "王丽").customer_id} <= set(found)
    assert cast.charlie.customer_id not in found
    assert noise(cast, "欧阳晓明").customer_id not in found
    assert (noise(cast, "汪艾莉").customer_id in found) == ("王" not in text)


def test_given_names_and_initials_narrow_digits_too(database: Database, cast: Cast) -> None:
    assert ids(database, "爱丽 1234") == [cast.alice.customer_id]
    assert ids(database, "oyxm 1234") == [noise(cast, "欧阳晓明").customer_id]
    assert ids(database, "bo 5678") == [cast.alice.customer_id]
    assert ids(database, "李 5678") == []
    assert ids(database, "王 99999") == []


def test_a_customer_is_found_by_the_name_of_who_uses_a_line(database: Database, cast: Cast) -> None:
    assert ids(database, "王博") == [cast.alice.customer_id]
    assert ids(database, "wangbo") == [cast.alice.customer_id]


def test_names_that_hold_digits_are_found_with_them(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        hotel = create_customer(session, NewCustomer("广州酒店88", lines=(NewLine("13500000000"),)), now=now).customer_id
        city = create_customer(session, NewCustomer("58同城"), now=now + timedelta(seconds=1)).customer_id
        studio = create_customer(session, NewCustomer("Studio 54"), now=now + timedelta(seconds=2)).customer_id
    assert ids(database, "酒店88") == [hotel]
    assert ids(database, "58同城") == [city]
    assert ids(database, "58tong") == [city]
    assert ids(database, "studio 54") == [studio]
    assert ids(database, "酒店 0000") == [hotel]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "%",
        "_",
        "%%%",
        "13%",
        "1385710____",
        "王%",
        "*",
        "?",
        "'",
        '"',
        "' OR '1'='1",
        "王'; DROP TABLE party; --",
        "\\",
        "\x00",
        "王\x00",
        "1234\x00",
        "😀",
        "王😀",
        "\ud800",
        "\udfff王",
        "\U0010ffff",
        "\uffff",
        "1" * 10_000,
        "王" * 10_000,
        "w" * 10_000,
        "%" * 10_000,
        "王 " * 5_000,
        "a" * 65,
        "8" * 65,
    ],
)
def test_what_no_number_and_no_name_holds_finds_nothing_and_asks_the_database_nothing(database: Database, cast: Cast, text: str) -> None:
    began = time.process_time()
    with counted(database) as sent:
        answer = search(database, text)
    assert answer == SearchAnswer((), False, "nothing")
    assert sent == []
    assert time.process_time() - began < 1


@given(text=st.text(max_size=40))
@example("王\u3400")
@example("\U00020000")
@example("龥")
@example("zz" * 30)
@example("9" * 64)
@example("½ ①")
@on_one_database
def test_nothing_that_is_typed_breaks_the_search(database: Database, cast: Cast, text: str) -> None:
    answer = search(database, text)
    assert len(answer.hits) <= 20


@given(data=st.data())
@on_one_database
def test_any_part_of_a_name_or_number_finds_who_has_it(database: Database, cast: Cast, data: st.DataObject) -> None:
    person = data.draw(st.sampled_from(everybody(cast)))
    name = person.name if person is not cast.erin else cast.acme.name
    keys = sorted(search_keys_of(name, [person.number]))
    kind, key = data.draw(st.sampled_from(keys))
    text = key[: data.draw(st.integers(1 if kind != "t" else 5, len(key)))]
    if kind == "t":
        text = f"{text[:4]} {text[4:]}"
    answer = search(database, text)
    assert person.customer_id in {hit.customer_id for hit in answer.hits} or answer.more


@given(
    text=st.one_of(
        st.text(alphabet="0123456789", min_size=1, max_size=6),
        st.text(alphabet="王爱丽李查理曾国强单欧阳晓明艾力", min_size=1, max_size=3),
        st.text(alphabet="wangilozeqxmcyu", min_size=1, max_size=5),
        st.tuples(st.sampled_from(["王", "wang", "li", "o", "acme", "晓"]), st.text(alphabet="012345", min_size=1, max_size=4)).map(
            " ".join
        ),
    )
)
@on_one_database
def test_nobody_is_found_by_what_they_do_not_have(database: Database, cast: Cast, text: str) -> None:
    query = read_query(text)
    with database.reading() as session:
        answer = search_customers(session, text)
        for hit in answer.hits:
            names = session.scalars(
                sa.select(Party.name)
                .join(Subscription, Subscription.party_id == Party.id)
                .where(Subscription.customer_id == hit.customer_id)
            ).all()
            owner = session.scalars(
                sa.select(Party.name).join(Customer, Customer.party_id == Party.id).where(Customer.customer_id == hit.customer_id)
            ).one()
            numbers = session.scalars(sa.select(Subscription.number).where(Subscription.customer_id == hit.customer_id)).all()
            if query.digits and not query.letters:
                assert any(query.digits in number for number in numbers)
            if query.letters:
                words = {key for name in {owner, *names} for kind, key in search_keys_of(name, ()) if kind in {"p", "i"}}
                in_characters = any(query.letters in fold(name).replace("·", "") for name in {owner, *names})
                assert in_characters or any(word.startswith(query.letters) for word in words)
            if query.digits and query.letters:
                assert any(query.digits in number for number in numbers)
            assert hit.name_masked == mask_name(owner)
            assert hit.number_masked in {mask_number(number) for number in numbers}


def test_at_most_two_statements_are_sent(database: Database, cast: Cast) -> None:
    for text in ("1234", "王爱丽", "wang", "w", "王 1234", "li 1", "zz 99"):
        with counted(database) as sent:
            search(database, text)
        assert len([each for each in sent if each.startswith("SELECT")]) <= (2 if " " in text else 1), text


def test_more_is_said_when_there_are_more_and_only_then(database: Database, now: datetime) -> None:
    with database.writing() as session:
        for index in range(25):
            new = NewCustomer("林一" if index < 20 else "森一", lines=(NewLine(f"1390000{index:04}"),))
            create_customer(session, new, now=now + timedelta(seconds=index))
    first = search(database, "1390000")
    assert len(first.hits) == 20
    assert first.more
    exact = search(database, "林")
    assert len(exact.hits) == 20
    assert not exact.more
    few = search(database, "1390000", limit=5)
    assert len(few.hits) == 5
    assert few.more
    both = search(database, "一 1390000")
    assert (len(both.hits), both.more) == (20, True)
    assert len(search(database, "1390000", limit=10_000).hits) == 20
    assert len(search(database, "1390000", limit=-3).hits) == 1


def test_a_customer_with_many_matching_keys_is_listed_once(database: Database, now: datetime) -> None:
    with database.writing() as session:
        made = create_customer(session, NewCustomer("王王王", lines=(NewLine("13131313131"), NewLine("13131313132"))), now=now)
    for text in ("13", "1", "31", "王", "wang", "w", "ww", "王 13"):
        assert ids(database, text) == [made.customer_id], text

"""How numbers may be written, and who holds one."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from portal.base.db import Database
from portal.base.errors import Invalid, NotFound, Refused
from portal.customers import (
    Holder,
    NewCustomer,
    NewLine,
    NumberInUse,
    change_number,
    create_customer,
    end_line,
    find_holder,
    get_holder_of_line,
    parse_number,
)
from portal.customers.models import NumberHolding
from tests.cast import Cast

NUMBER = "13857101234"
mobile = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    "spelled",
    [
        "13857101234",
        " 138 5710 1234 ",
        "138-5710-1234",
        "138.5710.1234",
        "(138) 5710 1234",
        "（138）5710－1234",
        "+86 138 5710 1234",
        "+8613857101234",
        "＋８６１３８５７１０１２３４",
        "008613857101234",
        "0086 138 5710 1234",
        "86 13857101234",
        "8613857101234",
        "１３８５７１０１２３４",
        "١٣٨٥٧١٠١٢٣٤",
        "138\u00a05710\u20091234",
        "138–5710—1234",
        "\u202a13857101234\u202c",
        "\ufeff13857101234\u200b",
        "13857101234\n",
        "013857101234",
    ],
)
def test_a_number_is_understood_however_it_is_written(spelled: str) -> None:
    assert parse_number(spelled) == NUMBER


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "+",
        "1385710123",
        "138571012345",
        "12857101234",
        "23857101234",
        "0571 8888 0000",
        "10086",
        "138571O1234",
        "138571o1234 ext. 5",
        "13857101234;13857101235",
        "13857101234/13857101235",
        "call 13857101234",
        "1-800-FLOWERS",
        "138%101234",
        "138_7101234",
        "138'; DROP TABLE party; --",
        "138\x0057101234",
        "📱13857101234",
        "\ud83d13857101234",
        "+852 9123 4567",
        "+1 202 555 0143",
        "+86 +86 13857101234",
        "++8613857101234",
        "٫13857101234",
    ],
)
def test_what_is_no_mainland_mobile_number_is_refused_with_a_sentence_beside_the_field(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_number(text)
    assert list(refusal.value.fields) == ["number"]
    assert refusal.value.fields["number"].endswith(".")


def test_the_sentence_says_what_is_wrong() -> None:
    def sentence(text: str) -> str:
        with pytest.raises(Invalid) as refusal:
            parse_number(text)
        return refusal.value.fields["number"]

    assert "11 digits" in sentence("1385710123")
    assert "abroad" in sentence("+852 9123 4567")
    assert "abroad" not in sentence("hello")


@pytest.mark.parametrize(
    "text", ["1" * 10_000, "+" * 10_000, "١" * 10_000, " " * 10_000, "(" * 10_000, "\u200b" * 10_000, "１" * 9_999 + "x"]
)
def test_ten_thousand_characters_are_refused_at_once(text: str) -> None:
    began = time.process_time()
    with pytest.raises(Invalid):
        parse_number(text)
    assert time.process_time() - began < 1


@given(
    mobile,
    st.lists(st.sampled_from(["", " ", "-", ".", "\u00a0", "\u2011"]), min_size=12, max_size=12),
    st.sampled_from(["", "+86", "0086", "86", "＋８６ "]),
)
def test_stray_marks_between_digits_change_nothing(number: str, marks: list[str], code: str) -> None:
    spelled = "".join(mark + digit for mark, digit in zip(marks, number, strict=False)) + marks[-1]
    assert parse_number(code + spelled) == number


@given(st.text(max_size=60))
@example("\U0010ffff")
@example("+86")
@example("0" * 40)
def test_whatever_is_typed_gives_eleven_digits_or_a_refusal(text: str) -> None:
    try:
        digits = parse_number(text)
    except Invalid:
        return
    assert digits.isascii()
    assert digits.isdigit()
    assert len(digits) == 11
    assert parse_number(digits) == digits


@given(st.text(alphabet="0123456789+-() .", max_size=40))
def test_nearly_numbers_never_raise_anything_else(text: str) -> None:
    with suppress(Invalid):
        assert len(parse_number(text)) == 11


def test_another_country_has_its_own_numbers() -> None:
    assert parse_number("07911 123456", country="GB") == "7911123456"
    with pytest.raises(Invalid):
        parse_number("020 7946 0018", country="GB")  # a landline
    with pytest.raises(Invalid):
        parse_number("13857101234", country="GB")


def test_a_number_leads_to_its_line_and_the_person_who_uses_it(database: Database, cast: Cast) -> None:
    with database.reading() as session:
        alice = find_holder(session, cast.alice.number)
        bob = find_holder(session, cast.bob.number)
        nobody = find_holder(session, "13800000000")
    assert alice == Holder(cast.alice.number, cast.alice.customer_id, cast.alice.subscription_id, cast.alice.party_id)
    assert bob == Holder(cast.bob.number, cast.alice.customer_id, cast.bob.subscription_id, cast.bob.party_id)
    assert nobody is None


def test_the_holder_of_a_line_is_found_among_the_customers_own_lines_only(database: Database, cast: Cast) -> None:
    with database.reading() as session:
        assert get_holder_of_line(session, cast.alice.customer_id, cast.bob.subscription_id).party_id == cast.bob.party_id
        with pytest.raises(NotFound):
            get_holder_of_line(session, cast.charlie.customer_id, cast.bob.subscription_id)
        with pytest.raises(NotFound):
            get_holder_of_line(session, cast.alice.customer_id, 1)


def test_a_number_somebody_holds_is_refused_to_others_and_nothing_is_written(database: Database, cast: Cast, now: datetime) -> None:
    with pytest.raises(NumberInUse) as refusal, database.writing() as session:
        create_customer(session, NewCustomer("张三", lines=(NewLine(cast.alice.number),)), now=now)
    assert isinstance(refusal.value, Refused)
    with database.reading() as session:
        holder = find_holder(session, cast.alice.number)
        assert session.scalar(sa.text("SELECT count(*) FROM party WHERE name = '张三'")) == 0
    assert holder is not None
    assert holder.customer_id == cast.alice.customer_id


def test_a_recycled_number_belongs_to_its_new_holder_and_the_past_is_kept(database: Database, cast: Cast, now: datetime) -> None:
    later = now + timedelta(days=90)
    with database.writing() as session:
        end_line(session, cast.charlie.customer_id, cast.charlie.subscription_id, now=now)
    with database.reading() as session:
        assert find_holder(session, cast.charlie.number) is None
    with database.writing() as session:
        made = create_customer(session, NewCustomer("张三", lines=(NewLine(cast.charlie.number),)), now=later)
    with database.reading() as session:
        holder = find_holder(session, cast.charlie.number)
        history = session.execute(
            sa.select(NumberHolding.customer_id, NumberHolding.valid_to)
            .where(NumberHolding.number == cast.charlie.number)
            .order_by(NumberHolding.valid_from)
        ).all()
        with pytest.raises(NotFound):
            get_holder_of_line(session, cast.charlie.customer_id, cast.charlie.subscription_id)
    assert holder == Holder(cast.charlie.number, made.customer_id, made.subscription_ids[0], made.party_id)
    assert [tuple(row) for row in history] == [(cast.charlie.customer_id, now), (made.customer_id, None)]


def test_a_number_given_up_and_taken_at_one_moment_has_one_holder(database: Database, now: datetime) -> None:
    with database.writing() as session:
        made = create_customer(session, NewCustomer("张三", lines=(NewLine(NUMBER),)), now=now)
        change_number(session, made.customer_id, made.subscription_ids[0], "13857109999", now=now)
        other = create_customer(session, NewCustomer("李四", lines=(NewLine(NUMBER),)), now=now)
        holder = find_holder(session, NUMBER)
    assert holder is not None
    assert holder.customer_id == other.customer_id


def test_changing_to_a_number_somebody_holds_leaves_everything_as_it_was(database: Database, cast: Cast, now: datetime) -> None:
    with pytest.raises(NumberInUse), database.writing() as session:
        change_number(session, cast.charlie.customer_id, cast.charlie.subscription_id, cast.alice.number, now=now)
    with database.reading() as session:
        holder = find_holder(session, cast.charlie.number)
    assert holder is not None
    assert holder.subscription_id == cast.charlie.subscription_id


def test_a_line_that_is_not_the_customers_cannot_be_changed_or_ended(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        with pytest.raises(NotFound):
            change_number(session, cast.charlie.customer_id, cast.alice.subscription_id, "13857109999", now=now)
        with pytest.raises(NotFound):
            end_line(session, cast.charlie.customer_id, cast.alice.subscription_id, now=now)
        end_line(session, cast.charlie.customer_id, cast.charlie.subscription_id, now=now)
        with pytest.raises(NotFound):
            end_line(session, cast.charlie.customer_id, cast.charlie.subscription_id, now=now)


def test_two_at_once_cannot_take_one_number(database: Database, now: datetime) -> None:
    """The second waits for the first one's transaction and is refused."""
    from concurrent.futures import ThreadPoolExecutor

    def take(name: str) -> bool:
        try:
            with database.writing() as session:
                create_customer(session, NewCustomer(name, lines=(NewLine(NUMBER),)), now=now + timedelta(seconds=len(name)))
        except NumberInUse:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(take, ["张" * count for count in range(1, 7)]))
    assert taken.count(True) == 1

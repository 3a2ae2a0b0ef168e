"""Cells: whatever stands in one becomes a value that JSON can hold, or a fault with a sentence. Nothing else comes of it."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.base.errors import Invalid
from portal.customers import parse_number
from portal.intake.fields import FIELDS, WORDS, Fault, Setting, Unusable, cleaned, converter

TODAY = date(2026, 11, 22)
SETTING = Setting(TODAY, "CN")


def value(field: str, text: str, day_format: str | None = None) -> object:
    return converter(field, SETTING, day_format)(cleaned(text))


def sentence(field: str, text: str, day_format: str | None = None) -> str:
    with pytest.raises(Fault) as caught:
        value(field, text, day_format)
    return caught.value.sentence


@given(st.sampled_from(FIELDS), st.text(min_size=1, max_size=260))
@example("number", "1" * 41)
@example("birth_date", "２０２４-０１-０１")
@example("tenure_months", "９")
@example("name", "\ud800")
def test_any_text_becomes_a_value_or_a_fault(field: str, text: str) -> None:
    try:
        told = cleaned(text)
        made = converter(field, SETTING, None)(told) if told else None
    except Fault:
        return
    assert json.loads(json.dumps(made)) == made
    assert not isinstance(made, str) or made.isprintable()


@given(st.text(max_size=40), st.sampled_from(["%d/%m/%Y", "%Y%m%d", "%m-%d-%y"]))
def test_any_text_becomes_a_day_by_its_format_or_a_fault(text: str, day_format: str) -> None:
    try:
        made = converter("since", SETTING, day_format)(text)
    except Fault:
        return
    assert date(1900, 1, 1) <= date.fromisoformat(str(made)) <= TODAY


@given(
    st.one_of(st.text(max_size=20), st.from_regex(r"1[0-9]{10}", fullmatch=True), st.from_regex(r"\+?(86)?[ -]?1[0-9]{10}", fullmatch=True))
)
@example("17951234567")
@example("１３８１２３４５６７８")
@example("13812345678\n")
def test_a_number_is_read_as_everywhere_else(text: str) -> None:
    """The short way that most numbers take gives what the long way gives."""
    spelled = f" {text}"
    try:
        long_way = parse_number(spelled)
    except Invalid:
        with pytest.raises(Invalid):
            parse_number(text)
        return
    assert parse_number(text) == long_way


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *(("2024-03-05", "2024-03-05"), ("2024/3/5", "2024-03-05"), ("20240305", "2024-03-05"), ("2024.03.05", "2024-03-05")),
        *(
            ("2024年3月5日", "2024-03-05"),
            ("2024-03-05 00:00:00", "2024-03-05"),
            ("2024-02-29", "2024-02-29"),
            ("2026-11-22", "2026-11-22"),
        ),
    ],
)
def test_a_day_is_understood_as_it_is_written(text: str, day: str) -> None:
    assert value("birth_date", text) == day


@pytest.mark.parametrize(
    "text", ["2023-02-29", "2024-13-01", "2024-00-10", "0000-01-01", "05/03/2024", "1.3.24", "2024", "202435", "gestern", "45678"]
)
def test_a_day_there_is_not_is_a_fault(text: str) -> None:
    assert sentence("birth_date", text) == "There is no such day."


@pytest.mark.parametrize("text", ["1899-12-31", "2026-11-23", "9999-12-31"])
def test_a_day_nobody_can_have_lived_is_a_fault(text: str) -> None:
    assert sentence("since", text) == "The day lies before 1900 or in the future."


def test_a_format_says_which_of_day_and_month_comes_first() -> None:
    assert value("birth_date", "05/03/2024", "%d/%m/%Y") == "2024-03-05"
    assert sentence("birth_date", "31/02/2024", "%d/%m/%Y") == "There is no such day."


@pytest.mark.parametrize(("text", "months"), [("0", 0), ("34", 34), ("34.0", 34), ("1200", 1200)])
def test_a_count_of_months_is_read(text: str, months: int) -> None:
    assert value("tenure_months", text) == months


@pytest.mark.parametrize("text", ["-1", "1.5", "1201", "99999", "1e3", "٣", "many"])
def test_what_is_no_count_of_months_is_a_fault(text: str) -> None:
    assert sentence("tenure_months", text) == "It is no count of months."


def test_every_word_of_ours_is_understood_however_it_is_capitalised() -> None:
    for field, words in WORDS.items():
        for word, meant in words.items():
            assert value(field, word.upper()) == value(field, word) == meant
    assert sentence("paperless", "perhaps") == "The value is not known."


@pytest.mark.parametrize(("field", "longest"), [("name", 100), ("external_id", 64), ("address.line", 200), ("device", 60), ("region", 60)])
def test_what_is_too_long_is_a_fault(field: str, longest: int) -> None:
    assert value(field, "王" * longest) == "王" * longest
    assert sentence(field, "王" * (longest + 1)) == f"It is longer than {longest} characters."


@pytest.mark.parametrize("text", ["王\x00丽", "王\n丽", "\x1b[31m王", "王\x7f", "王\u2028丽", "\ue000王"])
def test_a_control_character_is_a_fault(text: str) -> None:
    assert sentence("name", text) == "There is a control character in it."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  王丽 ", "王丽"),
        ("\u200b王丽\ufeff", "王丽"),
        ("\u3000王\u3000丽", "王 丽"),
        ("A\u00a0B", "A B"),
        ("O'Hara", "O'Hara"),
        ("'t Hooft", "'t Hooft"),
    ],
)
def test_spaces_around_and_marks_nobody_sees_are_no_part_of_a_cell(text: str, kept: str) -> None:
    assert cleaned(text) == kept


@pytest.mark.parametrize("text", ["=1+1", "=HYPERLINK(0)", "@SUM(A1)", "-2", "+cmd|'/c calc'!A0"])
def test_what_looks_like_a_formula_in_a_text_is_a_text(text: str) -> None:
    assert value("name", text) == text
    assert value("name", "'" + text) == text, "an apostrophe that keeps a spreadsheet from calculating is none of it"


def test_a_cell_without_a_value_of_its_own_is_a_fault() -> None:
    assert sentence("name", Unusable("=A1", "The cell is a formula: paste it as a value.")) == "The cell is a formula: paste it as a value."

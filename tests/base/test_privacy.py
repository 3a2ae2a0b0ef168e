"""Masks, names and keyed hashes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.privacy import keyed_hash, mask_line, mask_name, mask_number, show_number, split_name


@pytest.mark.parametrize(
    ("number", "mask"),
    [
        ("13857101234", "138****1234"),
        ("057188880000", "057*****0000"),
        ("12345678", "123*5678"),
        ("1234567", "*****67"),
        ("10", "10"),
        ("1", "1"),
        ("", ""),
    ],
)
def test_a_number_keeps_its_ends(number: str, mask: str) -> None:
    assert mask_number(number) == mask


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_the_middle_of_a_mobile_number_is_never_shown(number: str) -> None:
    mask = mask_number(number)
    assert mask[3:7] == "****"
    assert len(mask) == 11
    assert show_number(number).replace(" ", "") == number


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("王爱丽", "王**"),
        ("王博", "王*"),
        ("欧阳晓明", "欧阳**"),
        ("欧阳", "欧*"),
        ("尉迟恭", "尉迟*"),
        ("王", "王*"),
        ("Acme Ltd", "A****"),
        ("Al", "A*"),
        ("A", "A*"),
        ("", ""),
    ],
)
def test_a_name_keeps_its_surname_or_first_letter(name: str, mask: str) -> None:
    assert mask_name(name) == mask


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=5))
def test_a_masked_name_shows_the_surname_and_nothing_of_the_given_name(name: str) -> None:
    surname, given_name = split_name(name)
    assert mask_name(name) == surname + "*" * len(given_name)
    assert given_name


@given(st.text(st.characters(categories=["L"], max_codepoint=0x2FF), min_size=1, max_size=30))
def test_of_a_name_in_other_letters_one_letter_is_shown(name: str) -> None:
    assert mask_name(name).rstrip("*") == name[0]
    assert len(mask_name(name)) <= 5


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("王爱丽", ("王", "爱丽")),
        ("欧阳晓明", ("欧阳", "晓明")),
        ("欧阳", ("欧", "阳")),
        ("Erin Zhou", ("Zhou", "Erin ")),
        ("Madonna", ("Madonna", "")),
        ("", ("", "")),
    ],
)
def test_a_name_has_a_surname(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


@given(st.text(max_size=20))
def test_splitting_a_name_loses_nothing(name: str) -> None:
    surname, given_name = split_name(name)
    assert name in {surname + given_name, given_name + surname}


def test_a_line_keeps_its_beginning_only() -> None:
    assert mask_line("文三路 90 号 3 幢 501 室") == "文三路 90****"
    assert mask_line("文三路 90 号", 3) == "文三路****"
    assert mask_line("文三路") == "文三路"


@pytest.mark.parametrize(
    ("number", "shown"), [("13857101234", "138 5710 1234"), ("10086", "10086"), ("057188880000", "057188880000"), ("", "")]
)
def test_a_mobile_number_is_grouped_for_reading(number: str, shown: str) -> None:
    assert show_number(number) == shown


@given(st.binary(min_size=1), st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_keyed_hash_is_bound_to_key_purpose_and_value(key: bytes, purpose: str, value: str) -> None:
    mark = keyed_hash(key, purpose, value)
    assert len(mark) == 64
    assert mark == keyed_hash(key, purpose, value)
    assert mark != keyed_hash(key + b"x", purpose, value)
    assert mark != keyed_hash(key, purpose + "x", value)
    assert mark != keyed_hash(key, purpose, value + "x")

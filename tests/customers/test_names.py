"""How names are read, and the keys that follow from it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.customers import search_keys_of, search_text_of
from portal.customers.keys import KEY_LENGTH, end_of_range
from portal.customers.names import fold, readings_of, split_syllables

any_text = st.text(max_size=80)
han = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=5)


def keys_of(name: str, kind: str) -> set[str]:
    return {key for each, key in search_keys_of(name, ()) if each == kind}


@pytest.mark.parametrize(
    ("name", "pinyin"),
    [
        ("曾国强", {"cengguoqiang", "zengguoqiang"}),
        ("单雄信", {"danxiongxin", "shanxiongxin"}),
        ("仇英", {"chouying", "qiuying"}),
        ("解缙", {"jiejin", "xiejin"}),
        ("区建国", {"qujianguo", "oujianguo"}),
        ("查良", {"chaliang", "zhaliang"}),
        ("朴正", {"puzheng", "piaozheng"}),
        ("尉迟恭", {"weichigong", "yuchigong"}),
        ("万俟卨", {"wanqixie", "moqixie"}),
        ("单于明", {"danyuming", "chanyuming"}),
        ("乐毅", {"leyi", "yueyi"}),
        ("盖聂", {"gainie", "genie"}),
        ("任飞", {"renfei"}),
        ("华佗", {"huatuo"}),
        ("翟天", {"ditian", "zhaitian"}),
        ("缪斯", {"mousi", "miaosi"}),
        ("覃文", {"tanwen", "qinwen"}),
        ("吕布", {"lvbu", "lyubu", "lubu"}),
        ("女娲", {"nvwa", "nyuwa", "nuwa"}),
        ("欧阳晓", {"ouyangxiao"}),
        ("单", {"dan", "shan"}),
    ],
)
def test_a_name_is_found_by_every_way_its_surname_is_read(name: str, pinyin: set[str]) -> None:
    assert pinyin <= keys_of(name, "p")


def test_the_surnames_reading_is_not_given_to_the_same_character_elsewhere() -> None:
    assert "zeng" not in keys_of("王曾", "p")
    assert keys_of("王单", "p") == {"wangdan", "dan"}


def test_every_end_of_a_chinese_name_is_a_key_in_characters_pinyin_and_initials() -> None:
    assert keys_of("王小明", "z") == {"王小明", "小明", "明"}
    assert keys_of("王小明", "p") == {"wangxiaoming", "xiaoming", "ming"}
    assert keys_of("王小明", "i") == {"wxm", "xm"}


def test_initials_know_both_readings_of_a_surname() -> None:
    assert {"cgq", "zgq", "gq"} == keys_of("曾国强", "i")


def test_a_latin_name_is_found_from_each_word_on_and_by_its_initials() -> None:
    assert keys_of("Acme Trading Ltd", "p") == {"acmetradingltd", "tradingltd", "ltd"}
    assert keys_of("Acme Trading Ltd", "i") == {"atl", "tl"}
    assert keys_of("Acme Ltd", "z") == set()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("O'Brien", {"obrien", "brien"}),
        ("Müller", {"muller"}),
        ("Ａｃｍｅ", {"acme"}),
        ("José María", {"josemaria", "maria"}),
        ("AT&T", {"att", "t"}),
        ("3M", {"3m"}),
        ("Straße", {"strasse"}),
    ],
)
def test_accents_width_and_marks_do_not_matter_in_a_name(name: str, words: set[str]) -> None:
    assert keys_of(name, "p") == words


def test_a_name_of_both_scripts_is_found_by_either() -> None:
    assert {"阿里abc公司", "abc公司", "公司"} <= keys_of("阿里ABC公司", "z")
    assert {"aliabcgongsi", "abcgongsi", "gongsi"} <= keys_of("阿里ABC公司", "p")


def test_the_dot_within_a_name_is_not_part_of_it() -> None:
    assert keys_of("买买提·艾力", "z") == keys_of("买买提艾力", "z")


def test_every_end_of_a_number_is_a_key() -> None:
    keys = search_keys_of("", ["13857101234"])
    assert keys == {("n", "13857101234"[start:]) for start in range(11)}


def test_the_text_beside_a_customer_says_what_its_keys_say() -> None:
    text = search_text_of(["王小明", "曾强"])
    for kind, key in search_keys_of("王小明", ()) | search_keys_of("曾强", ()):
        if kind == "z":
            assert key in text
        else:
            assert f" {key} " in f"{text} "


@given(any_text)
@example("\x00")
@example("\ud800")
@example("\U0010ffff")
@example("王" * 10_000)
@example("a" * 10_000)
@example("吕" * 64)
@example("a b " * 1000)
def test_no_name_makes_too_many_keys_or_too_long_ones(name: str) -> None:
    keys = search_keys_of(name, ())
    assert len(keys) <= 64 * 25
    assert all(0 < len(key) <= KEY_LENGTH for _, key in keys)
    assert all(key.encode("utf-8") for _, key in keys)


@given(any_text)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(han)
def test_each_character_has_at_least_one_reading(name: str) -> None:
    syllables = split_syllables(name)
    readings = readings_of(syllables)
    assert len(readings) == len(name)
    assert all(readings)


@given(st.text(min_size=1, max_size=10), st.text(max_size=5))
@example("a\U0010ffff", "b")
@example("\ud7ff", "x")
@example("\U0010ffff", "")
@example("\uffff", "z")
def test_a_range_of_keys_holds_what_begins_so_and_nothing_else(start: str, rest: str) -> None:
    end = end_of_range(start)
    if end is None:
        assert set(start) == {"\U0010ffff"}
        return
    low, high = start.encode("utf-8", "surrogatepass"), end.encode("utf-8")
    inside = (start + rest).encode("utf-8", "surrogatepass")
    assert low <= inside < high
    assert not end.startswith(start)


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
)
def test_what_begins_otherwise_lies_outside_the_range(start: str, other: str) -> None:
    end = end_of_range(start)
    if end is not None and not other.startswith(start):
        assert not start.encode() <= other.encode() < end.encode()

"""How codes are made: by the standard's cipher, one for each number, hard to guess, and a typing error told at once."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.errors import Invalid
from portal.base.keys import Keys
from portal.codes import is_code
from portal.codes.cipher import Ff1
from portal.codes.making import MOST, NUMBER_SIGNS, new_secret, open_maker, read_mark
from portal.codes.redeeming import pick_prize
from portal.codes.signs import LENGTH, SIGNS, read_signs, write_signs

KEY_128 = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
KEY_192 = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F")
KEY_256 = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94")
TWEAK, TWEAK_36 = bytes.fromhex("39383736353433323130"), bytes.fromhex("3737373770717273373737")
SAMPLES = [
    (KEY_128, 10, b"", "0123456789", "2433477484"),
    (KEY_128, 10, TWEAK, "0123456789", "6124200773"),
    (KEY_128, 36, TWEAK_36, "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
    (KEY_192, 10, b"", "0123456789", "2830668132"),
    (KEY_192, 10, TWEAK, "0123456789", "2496655549"),
    (KEY_192, 36, TWEAK_36, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
    (KEY_256, 10, b"", "0123456789", "6657667009"),
    (KEY_256, 10, TWEAK, "0123456789", "1001623463"),
    (KEY_256, 36, TWEAK_36, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
]
VALUES = st.lists(st.integers(0, 31), min_size=LENGTH - 1, max_size=LENGTH - 1)


@pytest.fixture(scope="module")
def secret(keys: Keys) -> str:
    return new_secret(keys)


@pytest.mark.parametrize(("key", "radix", "tweak", "plain", "enciphered"), SAMPLES)
def test_the_cipher_gives_what_the_standards_samples_give(key: bytes, radix: int, tweak: bytes, plain: str, enciphered: str) -> None:
    cipher = Ff1(key, radix, len(plain), tweak)
    assert cipher.encrypt(int(plain, radix)) == int(enciphered, radix)
    assert cipher.decrypt(int(enciphered, radix)) == int(plain, radix)


@given(st.integers(0, 32**NUMBER_SIGNS - 1))
def test_every_number_has_a_code_and_every_code_a_number(number: int) -> None:
    cipher = Ff1(KEY_256, 32, NUMBER_SIGNS)
    assert cipher.decrypt(cipher.encrypt(number)) == number
    assert cipher.encrypt(cipher.decrypt(number)) == number


def test_a_cipher_of_few_strings_or_a_number_past_them_is_refused() -> None:
    with pytest.raises(ValueError, match="million"):
        Ff1(KEY_256, 10, 5)
    with pytest.raises(ValueError, match="length"):
        Ff1(KEY_256, 10, 6).encrypt(10**6)


def test_one_guess_in_two_to_the_thirtieth_is_right_at_most() -> None:
    # As every number has one code, so many of all strings are right as the batch has codes: no more, no fewer.
    strings = 32**NUMBER_SIGNS
    assert math.log2(strings / 10_000_000) > 31.7
    assert strings / MOST >= 2**30


@given(number=st.integers(0, MOST - 1), batch_id=st.integers(1, 5_000))
def test_a_code_says_its_batch_and_number(keys: Keys, secret: str, number: int, batch_id: int) -> None:
    maker = open_maker(keys, batch_id, secret)
    mark, values = read_mark(maker.write(number))
    assert (mark, maker.read(values)) == (batch_id % 1024, number)


@given(guess=st.lists(st.integers(0, 31), min_size=NUMBER_SIGNS, max_size=NUMBER_SIGNS))
def test_no_guess_is_right(keys: Keys, secret: str, guess: list[int]) -> None:
    assert open_maker(keys, 7, secret).read([0, 7, *guess]) >= 10_000_000


def test_codes_of_neighbours_and_of_other_batches_have_nothing_in_common(keys: Keys, secret: str) -> None:
    maker = open_maker(keys, 7, secret)
    codes = [maker.write(number).replace("-", "")[2:13] for number in range(2_000)]
    assert len(set(codes)) == 2_000
    assert open_maker(keys, 8, secret).write(0)[2:] != maker.write(0)[2:]
    assert open_maker(keys, 7, new_secret(keys)).write(0) != maker.write(0)
    alike = [sum(a == b for a, b in zip(one, other, strict=True)) for one, other in pairwise(codes)]
    assert sum(alike) / len(alike) == pytest.approx(NUMBER_SIGNS / 32, abs=0.06)


@given(VALUES, st.integers(0, LENGTH - 1), st.integers(1, 31))
def test_one_wrong_sign_is_told(values: list[int], place: int, other: int) -> None:
    code = write_signs(values).replace("-", "")
    wrong = SIGNS[(SIGNS.index(code[place]) + other) % 32]
    assert is_code(code)
    assert not is_code(code[:place] + wrong + code[place + 1 :])


@given(VALUES)
def test_two_signs_in_each_others_place_are_told(values: list[int]) -> None:
    code = write_signs(values).replace("-", "")
    for one, other in combinations(range(LENGTH), 2):
        signs = list(code)
        signs[one], signs[other] = signs[other], signs[one]
        assert is_code("".join(signs)) == (code[one] == code[other])


@given(VALUES)
def test_a_code_is_read_as_people_type_it(values: list[int]) -> None:
    code = write_signs(values)
    assert read_signs(code.lower()) == values
    assert read_signs(f"  {code.replace('-', ' ')}\n") == values
    assert read_signs(code.replace("1", "l").replace("0", "O").replace("-", "－")) == values
    assert read_signs("".join(chr(ord(sign) + 0xFEE0) for sign in code.replace("-", ""))) == values


@pytest.mark.parametrize("text", ["", "7", "0123-4567-89AB-CU", "0123-4567-89AB-C", "0" * 15, "中" * 14, "0" * 100_000, "\x00" * 14])
def test_what_is_no_code_is_refused_beside_the_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_signs(text)
    assert list(refused.value.fields) == ["code"]


def test_the_draw_keeps_to_its_odds(keys: Keys) -> None:
    """Chi-square with three degrees of freedom: 16.27 is exceeded once in a thousand by chance; the key is fixed, so never here."""
    maker = open_maker(keys, 7, keys.encrypt("5e" * 32))
    weights, draws = (10_000, 90_000, 400_000), 40_000
    seen = [0, 0, 0, 0]
    for number in range(draws):
        place = pick_prize(weights, maker.draw(number, 1_000_000))
        seen[3 if place is None else place] += 1
    expected = [draws * weight / 1_000_000 for weight in (*weights, 500_000)]
    assert sum((got - due) ** 2 / due for got, due in zip(seen, expected, strict=True)) < 16.27


def test_a_draw_with_other_odds_is_found_out(keys: Keys) -> None:
    maker = open_maker(keys, 7, keys.encrypt("5e" * 32))
    seen = sum(pick_prize([11_500], maker.draw(number, 1_000_000)) == 0 for number in range(40_000))
    assert (seen - 400) ** 2 / 400 > 16.27 / 3


@given(st.lists(st.integers(1, 300_000), min_size=1, max_size=3), st.integers(0, 999_999))
def test_a_lot_falls_on_one_prize_or_none(weights: list[int], lot: int) -> None:
    place = pick_prize(weights, lot)
    if place is None:
        assert lot >= sum(weights)
    else:
        assert sum(weights[:place]) <= lot < sum(weights[: place + 1])

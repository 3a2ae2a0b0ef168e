"""Money: whole minor units, one currency at a time."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.base.money import MAX_MINOR, Money, from_decimal, minor_digits, share

amounts = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize("minor", [1.0, 1.5, True, False, "1", None, Decimal(1), Fraction(1)])
def test_only_whole_numbers_are_money(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "CNY")  # type: ignore[arg-type]


@pytest.mark.parametrize("minor", [MAX_MINOR + 1, -MAX_MINOR - 1, 10**30])
def test_an_amount_beyond_reason_is_a_mistake(minor: int) -> None:
    with pytest.raises(ValueError, match="mistake"):
        Money(minor, "CNY")
    assert Money(MAX_MINOR, "CNY").minor == MAX_MINOR


def test_two_currencies_do_not_mix() -> None:
    for mix in (lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b):
        with pytest.raises(ValueError, match="add up"):
            mix(Money(1, "CNY"), Money(1, "USD"))
    assert Money(1, "CNY") != Money(1, "USD")


@given(amounts, amounts)
def test_sums_and_differences_are_exact(first: int, second: int) -> None:
    a, b = Money(first, "CNY"), Money(second, "CNY")
    assert (a + b).minor == first + second
    assert (a + b) - b == a
    assert (-a).minor == -first
    assert (a < b) == (first < second)
    assert bool(a) == (first != 0)


@pytest.mark.parametrize(("currency", "digits"), [("CNY", 2), ("JPY", 0), ("BHD", 3), ("USD", 2)])
def test_a_currency_has_its_own_minor_unit(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits
    assert Money(12860, currency).amount == Decimal(12860).scaleb(-digits)


@given(amounts, st.sampled_from(["CNY", "JPY", "BHD"]))
def test_an_amount_goes_to_decimal_and_back_unchanged(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert from_decimal(money.amount, currency) == money
    assert from_decimal(str(money.amount), currency) == money


@pytest.mark.parametrize(("text", "minor"), [("0.005", 0), ("0.015", 2), ("0.025", 2), ("-0.015", -2), ("45.067", 4507), ("1e2", 10000)])
def test_halves_go_to_the_even_minor_unit(text: str, minor: int) -> None:
    assert from_decimal(text, "CNY").minor == minor


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_no_finite_number_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        from_decimal(text, "CNY")


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
@example(1, [0, 0, 0])
@example(100, [1, 1, 1])
def test_shares_add_up_to_the_whole_and_none_is_off_by_a_unit(total: int, weights: list[int]) -> None:
    parts = share(total, weights)
    assert len(parts) == len(weights)
    assert sum(parts) == total
    if whole := sum(weights):
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - Fraction(total * weight, whole)) < 1
            assert weight or part == 0


def test_the_remainder_goes_to_the_largest_fraction_then_to_the_first() -> None:
    assert share(100, [1, 1, 1]) == [34, 33, 33]
    assert share(-100, [1, 1, 1]) == [-34, -33, -33]
    assert share(10, [1, 2, 4]) == [1, 3, 6]
    assert share(7, [0, 0]) == [7, 0]


@pytest.mark.parametrize("weights", [[], [-1], [1, -1]])
def test_shares_need_weights_of_zero_or_more(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        share(1, weights)

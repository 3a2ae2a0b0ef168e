"""The interval campaigns are measured by, against the examples it was published with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.faces.office.uplift import compare, wilson


@pytest.mark.parametrize(
    ("hits", "of", "others", "of_others", "low", "high"),
    [  # Newcombe 1998, table II, method 10
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_the_interval_is_the_one_that_was_published(hits, of, others, of_others, low, high):
    found = compare(hits, of, others, of_others)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_wilsons_interval_is_the_one_that_was_published():
    assert wilson(81, 263) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


@given(st.integers(0, 500), st.integers(1, 500), st.integers(0, 500), st.integers(1, 500))
def test_the_difference_lies_within_its_interval_which_lies_within_one(hits, of, others, of_others):
    found = compare(hits, of, others, of_others)
    assert -1 - 1e-9 <= found.low <= found.difference + 1e-9
    assert found.difference - 1e-9 <= found.high <= 1 + 1e-9


def test_it_says_too_few_unclear_more_or_less():
    assert compare(4, 900, 1, 100).verdict == "few"
    assert compare(90, 900, 10, 100).verdict == "unclear"
    assert compare(900, 9000, 20, 1000).verdict == "more"
    assert compare(180, 9000, 100, 1000).verdict == "less"

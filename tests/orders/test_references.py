"""References: what is misread or mistyped is found out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.base.errors import PortalError
from portal.orders import read_reference
from portal.orders.references import ALPHABET, LENGTH, new_reference

REFERENCES = st.builds(lambda _: new_reference(), st.integers())


def test_no_sign_looks_like_another() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 23
    for alike in ("0OQ", "1IL", "2Z", "5S", "8B", "UV"):
        assert sum(sign in ALPHABET for sign in alike) <= 1


@given(REFERENCES)
def test_a_reference_is_read_however_it_is_typed(reference: str) -> None:
    assert read_reference(reference) == reference
    assert read_reference(f" {reference.lower().replace('-', ' ')}\n") == reference
    assert read_reference(reference.replace("-", "")) == reference


@given(REFERENCES, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_any_one_sign_misread_is_found_out(reference: str, place: int, sign: str) -> None:
    signs = reference.replace("-", "")
    wrong = signs[:place] + sign + signs[place + 1 :]
    assert (read_reference(wrong) is None) == (wrong != signs)


@given(REFERENCES, st.integers(0, LENGTH - 2))
def test_any_two_neighbours_exchanged_are_found_out(reference: str, place: int) -> None:
    signs = reference.replace("-", "")
    wrong = signs[:place] + signs[place + 1] + signs[place] + signs[place + 2 :]
    assert (read_reference(wrong) is None) == (wrong != signs)


@given(st.text(max_size=20))
def test_any_other_text_is_none(text: str) -> None:
    found = read_reference(text)
    assert found is None or read_reference(found) == found


def test_references_are_not_guessed_from_each_other() -> None:
    drawn = {new_reference() for _ in range(2_000)}
    assert len(drawn) >= 1_998
    assert {sign for reference in drawn for sign in reference} == {*ALPHABET, "-"}


def test_every_refusal_of_the_pipeline_has_a_code_of_its_own() -> None:
    from portal import orders

    refusals = [each for each in vars(orders).values() if isinstance(each, type) and issubclass(each, PortalError)]
    codes = [each.code for each in refusals]
    assert len(codes) == len(set(codes)) >= 4
    assert all(each.status == 409 for each in refusals)

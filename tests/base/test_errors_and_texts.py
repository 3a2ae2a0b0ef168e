"""Refusals and texts by language."""

from __future__ import annotations

import pytest

from portal.base import errors
from portal.base.errors import Forbidden, Invalid, NotFound, PortalError, ProofNeeded, Refused, TooMany, Unavailable
from portal.base.i18n import LANGUAGES, LOCALES, pick_text


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (PortalError(), 500, "error"),
        (NotFound(), 404, "not_found"),
        (Forbidden(), 403, "forbidden"),
        (ProofNeeded(level=2, max_age_seconds=300), 403, "proof_needed"),
        (Invalid({"number": "No."}), 422, "invalid"),
        (Refused(), 409, "refused"),
        (TooMany(retry_after_seconds=60), 429, "too_many"),
        (Unavailable(), 503, "unavailable"),
    ],
)
def test_each_refusal_has_a_status_a_code_and_a_sentence(refusal: PortalError, status: int, code: str) -> None:
    assert (refusal.status, refusal.code) == (status, code)
    assert refusal.sentence.endswith(".")
    assert str(refusal) == refusal.sentence


def test_no_sentence_shouts_or_puts_people_off() -> None:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, PortalError):
            assert "!" not in kind.sentence
            assert "try again later" not in kind.sentence


def test_a_refusal_of_ones_own_carries_sentence_code_and_values() -> None:
    refusal = Refused("Only %(left)s left.", code="sold_out", left=3)
    assert (refusal.sentence, refusal.code, refusal.params) == ("Only %(left)s left.", "sold_out", {"left": 3})
    assert Refused().sentence != refusal.sentence
    assert Refused.code == "refused"


def test_what_is_to_be_done_next_goes_with_the_refusal() -> None:
    assert (ProofNeeded(level=2).level, ProofNeeded(level=2).max_age_seconds) == (2, None)
    assert TooMany("Wait.", retry_after_seconds=9, left=1).retry_after_seconds == 9
    assert TooMany("Wait.", retry_after_seconds=9, left=1).params == {"left": 1}
    assert Unavailable(retry_after_seconds=2).retry_after_seconds == 2
    fields = {"a": "b"}
    refusal = Invalid(fields, size=1)
    fields["c"] = "d"
    assert (refusal.fields, refusal.params) == ({"a": "b"}, {"size": 1})


def test_a_text_is_given_in_the_language_asked_for_else_in_any() -> None:
    text = {"zh": "光纤宽带", "en": "Fibre"}
    assert pick_text(text, "zh") == "光纤宽带"
    assert pick_text(text, "en") == "Fibre"
    assert pick_text(text, "fr") == "光纤宽带"
    assert pick_text({"zh": "", "en": "Fibre"}, "zh") == "Fibre"
    assert pick_text({}, "zh") == ""


def test_every_language_has_a_locale() -> None:
    assert set(LANGUAGES) == set(LOCALES)

"""A campaign in words, made from its document alone."""

from __future__ import annotations

import pytest

from portal.faces.campaign_words import Names, summaries, summary

NAMES = Names({"gift_thermos": {"zh": "保温杯", "en": "Thermos flask"}}, {7: "Acme"})
DEVICES = {"kinds": ["device"]}


@pytest.fixture(autouse=True)
def reader(app):
    """Read in English."""
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        yield


def holding(*conditions):
    """A campaign that takes a fifth off handsets where these hold."""
    effect = {"kind": "percentage", "basis_points": 2000, "target": DEVICES}
    return {"effects": [effect], "when": {"kind": "all", "of": list(conditions)}}


def test_it_says_what_for_whom_until_when_and_how_much():
    document = holding({"kind": "enterprise", "one_of": [7]}) | {
        "ends_at": "2026-06-30T00:00:00+08:00", "caps": {"uses": 500}, "budget_minor": 5_000_000,
    }  # fmt: skip
    expected = "20 % off handsets, for members of Acme, until 30 June, at most 500 times, budget ¥50,000.00."
    assert summary(document, NAMES) == expected


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        ({"kind": "percentage", "basis_points": 1250, "most_minor": 5000}, "12.5 % off everything, at most ¥50.00."),
        ({"kind": "amount", "amount_minor": 2000, "each": True, "target": DEVICES}, "¥20.00 off each of handsets."),
        ({"kind": "fixed_price", "price_minor": 9900, "target": DEVICES}, "Handsets at ¥99.00 each."),
        ({"kind": "n_for_m", "take": 3, "pay": 2, "target": {"kinds": ["accessory"]}}, "3 for the price of 2 of accessories."),
        ({"kind": "gift", "one_of": ["gift_thermos"]}, "Thermos flask as a gift."),
        ({"kind": "gift", "one_of": ["gift_thermos", "cup"]}, "A gift to choose: Thermos flask or cup."),
        ({"kind": "free_shipping"}, "Free shipping."),
        ({"kind": "points", "points": 10, "per_minor": 100}, "10 extra points for each ¥1.00 of everything."),
        ({"kind": "free_months", "months": 2, "target": {"kinds": ["plan"]}}, "2 months of plans free."),
        ({"kind": "no_such_kind"}, "Something unknown."),
    ],
)
def test_each_effect_has_its_words(effect, words):
    assert summary({"effects": [effect]}, NAMES) == words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"kind": "tier", "one_of": ["gold", "silver"]}, "for gold customers or silver customers"),
        ({"kind": "subtotal", "min": 20000, "target": DEVICES}, "from ¥200.00 in the basket of handsets"),
        ({"kind": "orders", "min": 0, "max": 0}, "with the first order"),
        ({"kind": "weekdays", "one_of": [6, 7]}, "on Saturdays and on Sundays"),
        ({"kind": "hours", "begin": "10:00:00", "end": "12:00:00"}, "between 10:00 and 12:00"),
        ({"kind": "not", "of": {"kind": "channel", "one_of": ["web"]}}, "not on the web"),
        (
            {"kind": "any", "of": [{"kind": "code"}, {"kind": "new", "days": 30}]},
            "either with a code or for those who joined within 30 days",
        ),
        ({"kind": "share", "salt": "x", "min": 10, "max": 30}, "for 20 % of all customers"),
        ({"kind": "campaign", "code": "spring"}, "together with spring"),
    ],
)
def test_each_condition_has_its_words(condition, words):
    assert summary(holding(condition)) == f"20 % off handsets, {words}."


@pytest.mark.parametrize(
    "document", [{}, {"effects": [{"kind": "amount"}, 5, {"kind": "gift", "one_of": None}]}, holding({"kind": "hours"}, {})]
)
def test_what_is_not_finished_is_told_as_far_as_it_goes(document):
    assert set(summaries(document)) == {"zh", "en"}

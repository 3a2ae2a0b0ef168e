"""Who lives in the demo: names, numbers, places, and the people everybody knows."""

from __future__ import annotations

import random

import pytest

from portal.base.privacy import split_name
from portal.customers import parse_number
from portal.demo.cast import LOGINS, load_order
from portal.demo.names import SURNAMES, draw_given, draw_name, draw_surname
from portal.demo.places import KEPT_FOR_THE_CAST, address_in, number_of, segments
from portal.demo.sources import call_rows, handsets, minor, service_rows
from tests.demo.conftest import Operator


def test_every_row_of_the_files_is_read() -> None:
    assert len(service_rows()) == 7_043
    assert len(call_rows()) == 5_000


def test_blank_total_charges_are_kept_as_blank_and_all_belong_to_newcomers() -> None:
    blank = [row for row in service_rows() if row.total_charges is None]
    assert len(blank) == 11
    assert {row.tenure for row in blank} == {0}


def test_calls_are_priced_at_the_tariff_the_file_was_made_with() -> None:
    for row in call_rows():
        for part, rate in (("day", 17_000), ("evening", 8_500), ("night", 4_500), ("international", 27_000)):
            volume = row.volumes[part]
            assert abs(volume.tariff_minor * 60_000 - volume.seconds * rate) <= 30_000


@pytest.mark.parametrize("text", ["1.005", "0.001"])
def test_an_amount_finer_than_the_currency_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        minor(text)


def test_every_subscriber_of_the_file_is_loaded_once() -> None:
    assert sorted(load_order()) == list(range(7_043))


def test_surnames_that_are_read_two_ways_and_compound_ones_are_among_the_names() -> None:
    assert {"曾", "单", "仇", "解", "区", "查", "朴", "任", "华", "欧阳", "尉迟", "司马"} <= set(SURNAMES)


def test_names_part_into_a_known_surname_and_one_or_two_characters() -> None:
    draw = random.Random(3)
    for _ in range(500):
        surname, given = split_name(draw_surname(draw) + draw_given(draw, "female"))
        assert surname in SURNAMES
        assert 1 <= len(given) <= 2


def test_a_few_people_have_foreign_names_and_are_written_to_in_english() -> None:
    draw = random.Random(4)
    names = [draw_name(draw, "male") for _ in range(2_000)]
    foreign = [name for name, english in names if english]
    assert 5 < len(foreign) < 100
    assert all(" " in name for name in foreign)


def test_numbers_are_unique_and_valid_through_more_than_one_round_of_the_segments() -> None:
    count = len(segments().prefixes)
    indexes = [*range(3_000), *range(count, count + 3_000), *range(2 * count, 2 * count + 1_000)]
    numbers = [number_of(index, line)[0] for index in indexes for line in (0, 1)]
    assert len(set(numbers)) == len(numbers)
    assert all(parse_number(number) == number for number in numbers[:500])


def test_nobody_gets_a_number_beside_the_casts() -> None:
    assert not set(KEPT_FOR_THE_CAST) & set(segments().prefixes.tolist())
    assert {int(login.number[:7]) for login in LOGINS} == set(KEPT_FOR_THE_CAST)


def test_every_city_with_numbers_has_an_area_to_live_in() -> None:
    found = segments()
    assert len(found.names) > 300
    for city, name in enumerate(found.names):
        area, line = address_in(city, random.Random(city))
        assert area.city.startswith(name.split()[1])
        assert line.endswith("室")


def test_handsets_are_phones_with_readable_names() -> None:
    assert len(handsets()) > 500
    assert all(name.isascii() for name in handsets())
    assert not [name for name in handsets() if "Pad" in name or "Tab " in name]


def test_alice_owns_two_lines_bob_uses_the_second_and_her_last_bill_is_open(operator: Operator) -> None:
    lines = {row.number: row for row in operator.rows["subscription"]}
    alice, bob, charlie, erin = (lines[login.number] for login in LOGINS)
    assert alice.customer_id == bob.customer_id
    assert len({alice.customer_id, charlie.customer_id, erin.customer_id}) == 3
    assert alice.party_id != bob.party_id
    roles = {(row.customer_id, row.party_id): row.role for row in operator.rows["customer_role"]}
    assert roles[alice.customer_id, alice.party_id] == "owner"
    assert roles[bob.customer_id, bob.party_id] == "member"
    assert roles[erin.customer_id, erin.party_id] == "administrator"
    bills = sorted((row for row in operator.rows["bill"] if row.customer_id == alice.customer_id), key=lambda row: row.cycle_start)
    assert [bill.paid_minor == bill.total_minor for bill in bills] == [True] * 5 + [False]


def test_acme_has_employees_with_lines_of_their_own(operator: Operator) -> None:
    erin = next(row for row in operator.rows["subscription"] if row.number == LOGINS[3].number)
    mine = [row for row in operator.rows["subscription"] if row.customer_id == erin.customer_id]
    assert len(mine) == 6
    assert len({row.party_id for row in mine}) == 6
    roles = [row.role for row in operator.rows["customer_role"] if row.customer_id == erin.customer_id]
    assert sorted(roles) == ["administrator"] + ["employee"] * 5

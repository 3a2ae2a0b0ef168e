"""The draw: a permutation that anybody can do again, uniform, and committed to beforehand."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from portal.base.keys import Keys
from portal.flashsales import draw_tickets, hash_seed, new_seed, rank_of, ticket_of, verify_places

SEEDS = st.binary(min_size=32, max_size=32).map(bytes.hex)
TICKETS = st.sets(st.text("0123456789abcdef", min_size=20, max_size=20), max_size=40)


@given(SEEDS, TICKETS)
def test_a_draw_gives_every_ticket_one_place_without_gaps(seed: str, tickets: set[str]) -> None:
    drawn = draw_tickets(seed, tickets)
    assert [each.place for each in drawn] == list(range(1, len(tickets) + 1))
    assert {each.ticket for each in drawn} == tickets


@given(SEEDS, st.lists(st.text("0123456789abcdef", min_size=20, max_size=20), unique=True, max_size=40), st.randoms(use_true_random=False))
def test_the_order_in_which_people_entered_changes_nothing(seed: str, tickets: list[str], chance: object) -> None:
    shuffled = list(tickets)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert draw_tickets(seed, tickets) == draw_tickets(seed, shuffled)


@given(SEEDS, TICKETS)
def test_whoever_has_the_list_can_check_it(seed: str, tickets: set[str]) -> None:
    places = [(each.place, each.ticket) for each in draw_tickets(seed, tickets)]
    assert list(verify_places(hash_seed(seed), seed, places)) == []


@given(SEEDS, TICKETS.filter(lambda tickets: len(tickets) > 1), st.data())
def test_two_places_swapped_are_found(seed: str, tickets: set[str], data: st.DataObject) -> None:
    places = [(each.place, each.ticket) for each in draw_tickets(seed, tickets)]
    one, other = data.draw(st.lists(st.sampled_from(range(len(places))), min_size=2, max_size=2, unique=True))
    places[one], places[other] = (places[one][0], places[other][1]), (places[other][0], places[one][1])
    assert len(list(verify_places(hash_seed(seed), seed, places))) == 2


@given(SEEDS, SEEDS)
def test_another_seed_than_the_one_committed_to_is_found(seed: str, other: str) -> None:
    faults = list(verify_places(hash_seed(seed), other, []))
    assert bool(faults) == (seed != other)


def test_every_ticket_is_as_likely_to_be_first() -> None:
    tickets = [f"{number:020x}" for number in range(8)]
    draws = 8_000
    first = Counter(draw_tickets(f"{number:064x}", tickets)[0].ticket for number in range(draws))
    expected = draws / len(tickets)
    chi_square = sum((first[ticket] - expected) ** 2 / expected for ticket in tickets)
    assert chi_square < 24.3, "7 degrees of freedom: beyond it once in a thousand, and the seeds are fixed"


def test_a_ticket_is_fixed_by_who_it_is_and_tells_nobody_who(keys: Keys) -> None:
    assert ticket_of(keys, 7, 42) == ticket_of(keys, 7, 42)
    assert len({ticket_of(keys, sale, customer) for sale in range(10) for customer in range(100)}) == 1_000


def test_the_published_rule_is_the_one_in_the_code() -> None:
    seed = "00" * 32
    assert hash_seed(seed) == "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"  # pragma: allowlist secret
    assert rank_of(seed, "a") == "9615a95d4a336118c435b9cd54c5e8644ab956b573aa2926274a1280b6674713"  # pragma: allowlist secret
    assert len({new_seed(), new_seed()}) == 2

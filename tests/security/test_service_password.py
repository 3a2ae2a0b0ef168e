"""The six-digit service password: hard to choose badly, hard to guess, and good for the lowest level alone (guard.md 4)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from argon2 import extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from portal.base.settings import Settings
from portal.identity import (
    CodeSent,
    Limited,
    PasswordRight,
    PasswordToVerify,
    PasswordWrong,
    Visitor,
    clean_pin,
    has_service_password,
    make_hasher,
    policy_faults,
    record_password_outcome,
    verify,
)
from tests.cast import Cast
from tests.identity.door import Browser, Door
from tests.statements import statements

PHONE = Browser("alice's phone")
LAPTOP = Browser("alice's new laptop", "198.51.100.20")
STRANGER = Browser("the stranger's", "192.0.2.66")
PIN = "739154"
OTHER_PIN = "482915"
NUMBER = "13857101234"
BORN = date(1988, 4, 17)
NOBODY = "13999999999"


@pytest.mark.parametrize(
    "pin",
    [
        "123456", "654321", "012345", "890123", "987654", "321098",  # in a row, round the end too
        "111111", "000000", "121212", "112112", "808080", "223322", "135135", "777177",  # two digits, or a group twice
        "571012", "101234", "385710", "138571", "432101",  # of the number, backwards too
        "880417", "198804", "170488", "041788", "041988", "171988", "198817",  # the birthday's usual forms
        "159753", "147258", "112233", "102030", "696969",  # what everybody takes
    ],
)  # fmt: skip
def test_service_pin_refuses_what_is_guessed_first(pin: str) -> None:
    assert policy_faults(pin, number=NUMBER, birth_date=BORN)


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "½23456", "١٢٣٤٥٦", "７３９１５４"])
def test_service_pin_has_six_plain_digits(pin: str) -> None:
    (fault,) = policy_faults(pin, number=NUMBER, birth_date=None)
    assert "six digits" in fault


@pytest.mark.parametrize("pin", [PIN, OTHER_PIN, "604927", "918305"])
def test_service_pin_takes_others(pin: str) -> None:
    assert policy_faults(pin, number=NUMBER, birth_date=BORN) == []


def test_service_pin_another_persons_birthday_and_number_are_no_reason() -> None:
    assert policy_faults("880417", number="13701601243", birth_date=date(1971, 12, 9)) == []
    assert policy_faults("880417", number="13701601243", birth_date=None) == []


def test_service_pin_is_understood_with_stray_signs_and_full_width_digits() -> None:
    assert clean_pin(" ７39-１54 ") == PIN


@given(st.integers(0, 999_999))
def test_service_pin_every_part_of_the_number_is_refused(seed: int) -> None:
    number = f"138{seed:06d}42"
    for start in range(len(number) - 5):
        assert policy_faults(number[start : start + 6], number=number, birth_date=None)


@given(st.dates(date(1920, 1, 1), date(2015, 12, 31)))
def test_service_pin_every_birthday_is_refused_in_its_usual_forms(born: date) -> None:
    for form in ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m", "%m%Y"):
        pin = born.strftime(form).zfill(6)
        assert policy_faults(pin, number="13999910001", birth_date=born), pin


def test_service_pin_most_are_left_to_choose_from() -> None:
    free = sum(not policy_faults(f"{pin:06d}", number=NUMBER, birth_date=BORN) for pin in range(0, 1_000_000, 97))
    assert free / (1_000_000 / 97) > 0.98


def test_service_pin_is_stored_as_a_salted_slow_hash(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    door.set_password(cast.charlie.number, PIN, now)
    first, second = (row["hash"] for row in door.rows("service_password"))
    assert first.startswith("$argon2id$")
    assert first != second
    assert PIN not in str(door.rows("service_password"))


def test_service_pin_hash_costs_what_the_settings_say() -> None:
    settings = Settings(env="test", argon2_memory_kib=19456, argon2_rounds=2)
    hasher = make_hasher(settings)
    for made in (hasher.hash(PIN), hasher.dummy):
        cost = extract_parameters(made)
        assert (cost.memory_cost, cost.time_cost, cost.parallelism) == (19456, 2, 1)
        assert cost.type.name == "ID"


def test_service_pin_where_there_is_none_nothing_fits_not_even_the_dummy(door: Door) -> None:
    assert not verify(None, "", door.hasher)
    assert not verify("no hash at all", PIN, door.hasher)
    assert verify(door.hasher.hash(PIN), PIN, door.hasher)


def test_service_pin_opens_level_one_and_no_more(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    answer = door.give_password(cast.alice.number, PHONE, PIN, now)
    assert isinstance(answer, PasswordRight)
    assert answer.holder.party_id == cast.alice.party_id
    view = door.enter(cast.alice.number, PHONE, now, level=1).view
    assert view.level == 1
    assert view.proved_at is None
    assert not view.proved_within(300, now)


def test_service_pin_belongs_to_one_line(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    assert isinstance(door.give_password(cast.bob.number, PHONE, PIN, now), PasswordWrong)
    assert isinstance(door.give_password(cast.charlie.number, PHONE, PIN, now), PasswordWrong)


@pytest.mark.parametrize("step", ["wrong", "limited"])
def test_service_pin_unknown_numbers_and_lines_without_one_run_the_same_statements(
    door: Door, cast: Cast, now: datetime, step: str
) -> None:
    door.set_password(cast.alice.number, PIN, now)
    ran, told = [], []
    for index, number in enumerate((cast.alice.number, cast.charlie.number, NOBODY)):
        browser = Browser(f"b{index}", f"192.0.2.{index}")
        for _ in range(10 if step == "limited" else 0):
            door.give_password(number, browser, OTHER_PIN, now)
        with statements(door.database) as seen:
            told.append(door.give_password(number, browser, OTHER_PIN, now))
        ran.append(list(seen))
    assert ran[0] == ran[1] == ran[2]
    assert told[0] == told[1] == told[2]


def test_service_pin_costs_the_same_hash_for_numbers_nobody_holds(
    door: Door, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from argon2 import PasswordHasher

    verified = []
    plain = PasswordHasher.verify

    def counting(self: PasswordHasher, hashed: str, password: str) -> bool:
        verified.append(extract_parameters(hashed))
        return plain(self, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    door.set_password(cast.alice.number, PIN, now)
    for number in (cast.alice.number, NOBODY):
        door.give_password(number, STRANGER, OTHER_PIN, now)
    assert len(verified) == 2
    assert verified[0] == verified[1]


def test_service_pin_changed_while_it_was_verified_is_wrong(door: Door, cast: Cast, now: datetime) -> None:
    from portal.identity import password_hash_for

    door.set_password(cast.alice.number, PIN, now)
    visitor = Visitor("d", "192.0.2.1")
    with door.database.reading() as session:
        given = password_hash_for(session, cast.alice.number, visitor, now=now)
    assert isinstance(given, PasswordToVerify)
    assert verify(given.hash, PIN, door.hasher)
    door.set_password(cast.alice.number, OTHER_PIN, now)
    with door.database.writing() as session:
        assert isinstance(record_password_outcome(session, given, right=True, now=now), PasswordWrong)


def test_service_pin_set_anew_ends_the_other_sessions_and_is_on_the_timeline(door: Door, cast: Cast, now: datetime) -> None:
    here = door.enter(cast.alice.number, PHONE, now)
    there = door.enter(cast.alice.number, LAPTOP, now)
    bobs = door.enter(cast.bob.number, STRANGER, now)
    door.set_password(cast.alice.number, PIN, now, keep=here.view.id)
    assert door.finds(here.token, "subscriber", now) is not None
    assert door.finds(there.token, "subscriber", now) is None
    assert door.finds(bobs.token, "subscriber", now) is not None
    door.set_password(cast.alice.number, OTHER_PIN, now + timedelta(seconds=1))
    kinds = [row["kind"] for row in sorted(door.rows("interaction"), key=lambda row: row["at"])]
    assert [kind for kind in kinds if kind.startswith("password")] == ["password_set", "password_reset"]


def test_service_pin_the_owner_can_be_told_whether_there_is_one(door: Door, cast: Cast, now: datetime) -> None:
    from portal.customers import find_holder

    with door.database.reading() as session:
        holder = find_holder(session, cast.alice.number)
        assert holder is not None
        assert not has_service_password(session, holder)
    door.set_password(cast.alice.number, PIN, now)
    with door.database.reading() as session:
        assert has_service_password(session, holder)


def test_service_pin_stays_with_the_line_when_its_number_changes(door: Door, cast: Cast, now: datetime) -> None:
    from portal.customers import change_number

    door.set_password(cast.alice.number, PIN, now)
    with door.database.writing() as session:
        change_number(session, cast.alice.customer_id, cast.alice.subscription_id, "13912300001", now=now)
    assert isinstance(door.give_password(cast.alice.number, PHONE, PIN, now), PasswordWrong)
    assert isinstance(door.give_password("13912300001", PHONE, PIN, now), PasswordRight)


def test_service_pin_given_unseen_is_bounded_by_the_network(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    for _ in range(100):
        with door.database.writing() as session:
            from portal.identity import password_hash_unseen

            answer = password_hash_unseen(session, cast.alice.number, Visitor("x", "192.0.2.1"), now=now)
            assert isinstance(answer, PasswordToVerify)
    assert isinstance(door.vouch(cast.alice.number, Browser("y", "192.0.2.1"), PIN, now), Limited)
    vouched = door.vouch(cast.alice.number, LAPTOP, PIN, now)
    assert isinstance(door.send(door.flow(cast.alice.number), LAPTOP, now, vouched=vouched), CodeSent)

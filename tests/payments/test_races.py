"""Money under eight processes at once: one effect each, and every claim fails for the way that looks before it writes."""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.db import Base, Database
from tests.payments import race as racers_of
from tests.payments.bank import SECRET, Bank
from tests.points.race import RACERS, Race, racing

AMOUNT = 12_345


@pytest.fixture(scope="session")
def racers() -> Iterator[Any]:
    """Eight processes, started once."""
    with racing() as pool:
        yield pool


@pytest.fixture
def race(racers: Any, database: Database) -> Race:
    """Have the eight race in this test's database."""
    return Race(racers, database.url.render_as_string(hide_password=False))


@pytest.fixture
def paid(bank: Bank) -> Bank:
    """Give a bank where the order is paid."""
    bank.open()
    bank.pay()
    assert bank.tell() == ["applied"]
    return bank


def told_once(bank: Bank, race: Race, racer: Callable[..., str], event_ids: list[str]) -> bool:
    """Have eight tell that it is paid; say whether it had one effect."""
    ref = bank.open().merchant_ref
    race.run(racer, ref, AMOUNT, event_ids, bank.moment.now)
    alone = [said for kind, said in bank.told() if kind == "payment_paid" and said["merchant_ref"] == ref]
    return len(alone) == 1 and bank.books()[1] == -AMOUNT


@pytest.mark.parametrize("event_ids", [["evt_same"], [f"evt_{number}" for number in range(RACERS)]], ids=["same", "different"])
def test_what_eight_tell_at_once_has_one_effect(bank: Bank, race: Race, event_ids: list[str]):
    assert told_once(bank, race, racers_of.say, event_ids)


def test_the_mutant_that_looks_whether_it_is_open_first_has_more(bank: Bank, race: Race):
    assert not told_once(bank, race, racers_of.say_unguarded, [f"evt_{number}" for number in range(RACERS)])


def refunded_right(bank: Bank, race: Race, racer: Callable[..., str]) -> bool:
    """Have eight ask for 5,000 of 12,345 each; say whether two got it and the rest a clear no."""
    answers = Counter(race.run(racer, "order:1", [f"order:1:{number}" for number in range(RACERS)], 5_000, bank.moment.now))
    table = Base.metadata.tables["payment_refund"]
    with bank.database.reading() as session:
        asked = session.execute(sa.select(sa.func.sum(table.c.amount_minor))).scalar_one()
    return answers == {"wanted": 2, "too large": 6} and asked == bank.look().refunded_minor == 10_000


def test_refunds_of_eight_at_once_are_never_more_than_was_paid(paid: Bank, race: Race):
    assert refunded_right(paid, race, racers_of.give_back)


def test_the_mutant_that_looks_how_much_is_left_gives_back_more(paid: Bank, race: Race):
    assert not refunded_right(paid, race, racers_of.give_back_unguarded)


def test_one_refund_asked_for_by_eight_at_once_is_one(paid: Bank, race: Race):
    assert race.run(racers_of.give_back, "order:1", ["order:1:same"], 5_000, paid.moment.now) == ["wanted"] * RACERS
    assert paid.look().refunded_minor == 5_000
    paid.payer.run()
    assert paid.kinds().count("refund_done") == 1


def test_money_and_a_close_at_once_end_in_one_of_the_two(bank: Bank, race: Race):
    ends = set()
    for number in range(6):
        subject = f"order:{number}"
        opened = bank.open(subject)
        race.run(racers_of.say_or_close, subject, opened.merchant_ref, AMOUNT, bank.moment.now)
        after = bank.look(subject)
        ends.add(after.status)
        assert after.captured_minor == AMOUNT
        assert after.refunded_minor == (0 if after.is_paid else AMOUNT)  # late money is on its way back, once
    assert ends <= {"paid", "closed"}


def test_a_subject_asked_for_by_eight_at_once_is_one_payment(bank: Bank, race: Race):
    assert len(set(race.run(racers_of.ask_same, bank.customer_id, bank.moment.now))) == 1


def test_a_question_is_put_by_one_worker_of_eight(bank: Bank, race: Race):
    wanted = {bank.ask(f"order:{number}").id for number in range(40)}
    found = [each for claimed in race.run(racers_of.claim, bank.moment.now) for each in claimed]
    assert sorted(found) == sorted(wanted)


def killed(bank: Bank) -> None:
    """Have a worker killed between what the provider does and what we note of it."""
    url = bank.database.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=racers_of.die, args=(url, bank.address, SECRET, bank.moment.now))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL


def test_a_worker_killed_between_the_call_and_the_commit_opens_the_payment_once(bank: Bank):
    bank.ask()
    killed(bank)
    assert bank.look().status == "created"
    assert bank.payer.run() == 0  # somebody may still be at it
    bank.moment.go_on(31)
    bank.payer.run()
    assert bank.look().status == "pending"
    assert [each["description"] for each in bank.store.latest("payment")].count("Two thermos flasks") == 2  # Charlie's and hers


def test_a_worker_killed_between_the_call_and_the_commit_gives_back_once(paid: Bank):
    paid.refund(5_000)
    killed(paid)
    assert "refund_done" not in paid.kinds()
    paid.moment.go_on(31)
    paid.payer.run()
    paid.tell()
    assert paid.kinds().count("refund_done") == 1
    assert paid.books()[1] == -AMOUNT + 5_000
    assert len(paid.store.bill(0, paid.moment.seconds() + 1, 0, 10)) == 3  # two payments, one refund

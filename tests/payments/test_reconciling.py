"""A day compared three ways: what agrees, what differs, what the comparison makes good by itself, and who settles the rest."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.errors import Invalid
from portal.base.keys import Keys
from portal.faces.reconciling import compare_days, compare_one_day
from portal.identity import NewStaff, create_staff
from portal.payments import AlreadySettled, DayView, ItemView, count_open_items, list_days, list_days_due, list_items, settle_item
from tests.payments.bank import Bank

DAY_SECONDS = 86_400


def compare(bank: Bank, day: date | None = None) -> DayView:
    """Compare the day before."""
    day = day or bank.moment.now.date() - timedelta(days=1)
    compare_one_day(bank.database, bank.provider, day, bank.settings.zone, bank.moment.now)
    with bank.database.reading() as session:
        return next(each for each in list_days(session) if each.day == day)


def items(bank: Bank, status: str = "open") -> list[ItemView]:
    with bank.database.reading() as session:
        return list(list_items(session, status=status))


def differences(bank: Bank) -> list[tuple[str, str, int | None, int | None]]:
    return sorted((each.kind, each.what, each.theirs_minor, each.ours_minor) for each in items(bank))


def change(bank: Bank, statement: str, **values: object) -> None:
    """Have something go wrong behind everybody's back."""
    with bank.database.writing() as session:
        session.execute(sa.text(statement), values)


@pytest.fixture
def paid(bank: Bank) -> Bank:
    """Give a bank with an order paid and partly paid back, one day later."""
    bank.open()
    bank.pay()
    bank.tell()
    bank.refund(2_000)
    bank.payer.run()
    bank.tell()
    bank.moment.go_on(DAY_SECONDS)
    return bank


def test_a_day_on_which_all_agree_is_even(paid: Bank):
    made = compare(paid)
    sums = 12_345 + 700 - 2_000
    assert (made.status, made.lines, made.matched) == ("even", 3, 3)
    assert (made.theirs_minor, made.ours_minor, made.ledger_minor) == (sums, sums, sums)
    assert items(paid) == []


def test_a_day_with_many_lines_is_fetched_in_pieces(bank: Bank):
    with bank.store.open() as db:
        db.executemany(
            "INSERT INTO payment VALUES (?,?,'S1',100,'CNY','x','','',0,0,'paid',?,NULL)",
            [(f"P{number:04}", f"t{number}", bank.moment.seconds() + number / 1000) for number in range(1_203)],
        )
    bank.moment.go_on(DAY_SECONDS)
    made = compare(bank)
    assert (made.lines, made.matched) == (1_204, 1)
    assert {each.what for each in items(bank)} == {"missing_here"}


def test_what_only_the_bill_knows_is_taken_in_by_it(bank: Bank):
    bank.open()
    bank.store.set_faults(lost=1)
    bank.pay()
    bank.moment.go_on(DAY_SECONDS)
    made = compare(bank)
    assert made.status == "even"
    assert bank.look().is_paid
    assert bank.outcomes()[-1] == ("paid", "bill", "applied")


def test_what_only_the_bill_knows_of_a_closed_payment_goes_back(bank: Bank):
    bank.open()
    bank.close()
    bank.payer.run()
    bank.store.set_faults(lost=1)
    bank.pay(late=True)
    bank.moment.go_on(DAY_SECONDS)
    compare(bank)
    assert bank.look().is_late
    assert bank.look().refunded_minor == 12_345


def test_money_the_provider_does_not_know_of_is_an_item(paid: Bank):
    with paid.store.open() as db:
        db.execute("DELETE FROM payment WHERE merchant_ref = ?", (paid.look().merchant_ref,))
    assert compare(paid).status == "differs"
    assert ("payment", "missing_there", None, 12_345) in differences(paid)


def test_money_we_do_not_know_of_is_an_item(paid: Bank):
    change(paid, "UPDATE payment SET merchant_ref = 'P0' WHERE subject = 'order:1'")
    compare(paid)
    assert ("payment", "missing_here", 12_345, None) in differences(paid)
    assert ("payment", "missing_there", None, 12_345) in differences(paid)


def test_another_amount_is_an_item(paid: Bank):
    change(paid, "UPDATE provider_bill_line SET amount_minor = 1")
    with paid.store.open() as db:
        db.execute("UPDATE payment SET amount_minor = 12344 WHERE merchant_ref = ?", (paid.look().merchant_ref,))
    made = compare(paid)
    assert differences(paid) == [("payment", "amount_differs", 12_344, 12_345)]
    assert (made.lines, made.matched) == (3, 2)


def test_what_is_not_in_the_books_is_an_item(paid: Bank):
    change(paid, "UPDATE ledger_movement SET reference = 'somewhere else' WHERE reference LIKE 'payment:sandbox:%' AND id = 2")
    compare(paid)
    assert differences(paid) == [("payment", "not_booked", None, 12_345)]


def test_what_agrees_when_compared_again_is_settled_by_that(paid: Bank):
    with paid.store.open() as db:
        db.execute("UPDATE payment SET amount_minor = 12344 WHERE merchant_ref = ?", (paid.look().merchant_ref,))
    compare(paid)
    with paid.store.open() as db:
        db.execute("UPDATE payment SET amount_minor = 12345 WHERE merchant_ref = ?", (paid.look().merchant_ref,))
    assert compare(paid).status == "even"
    assert items(paid) == []
    assert [each.settled_by for each in items(paid, "settled")] == [None]


def test_a_person_settles_an_item_once_and_says_why(paid: Bank, keys: Keys):
    change(paid, "UPDATE ledger_movement SET reference = 'somewhere else' WHERE reference LIKE 'payment:sandbox:%' AND id = 2")
    compare(paid)
    [found] = items(paid)
    with paid.database.writing() as session:
        new = NewStaff("olga", "欧佳", "order_desk", "杭州")
        staff_id = create_staff(session, keys, new, "hash", issuer="test", now=paid.moment.now).staff_id
    with pytest.raises(Invalid), paid.database.writing() as session:
        settle_item(session, found.id, "  ", staff_id=staff_id, now=paid.moment.now)
    with paid.database.writing() as session:
        settle_item(session, found.id, "Booked by hand.", staff_id=staff_id, now=paid.moment.now)
    with pytest.raises(AlreadySettled), paid.database.writing() as session:
        settle_item(session, found.id, "Me, too.", staff_id=staff_id, now=paid.moment.now)
    compare(paid)  # what a person settled is not opened again
    with paid.database.reading() as session:
        assert count_open_items(session) == 0
    assert items(paid, "settled")[0].note == "Booked by hand."


def test_a_bill_that_is_not_there_is_asked_for_again_later(paid: Bank):
    paid.store.set_faults(away=1)
    assert compare(paid).status == "no_bill"
    with paid.database.reading() as session:
        assert compare_day_of(paid) not in list_days_due(session, "sandbox", now=paid.moment.now)
    paid.moment.go_on(3_600)
    paid.store.set_faults(away=0)
    with paid.database.reading() as session:
        assert compare_day_of(paid) in list_days_due(session, "sandbox", now=paid.moment.now)
    compare_days(paid.database, {"sandbox": paid.provider}, paid.settings.zone, paid.moment.now)
    with paid.database.reading() as session:
        assert {each.status for each in list_days(session)} == {"even"}
        assert len(list_days(session)) == 7


def compare_day_of(bank: Bank) -> date:
    """Give the day before."""
    return bank.moment.now.date() - timedelta(days=1)


def test_a_day_is_compared_by_one_worker_at_a_time(paid: Bank):
    from portal.payments import begin_day

    with paid.database.writing() as session:
        assert begin_day(session, "sandbox", compare_day_of(paid), now=paid.moment.now)
    with paid.database.writing() as session:
        assert not begin_day(session, "sandbox", compare_day_of(paid), now=paid.moment.now)
    table = Base.metadata.tables["reconciliation"]
    with paid.database.reading() as session:
        assert session.execute(sa.select(table.c.status)).scalars().all() == ["running"]

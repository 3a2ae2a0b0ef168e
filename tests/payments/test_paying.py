"""From the wish to pay to the money in the books; whatever is late, repeated, forged, lost or out of order on the way."""

from __future__ import annotations

import json

import pytest

from portal.payments import BadAmount, NotGenuine, RefundTooLarge, SubjectReused, WrongCurrency, claim_refunds, read_amount
from tests.payments.bank import FORMER, SECRET, Bank

CHARLIES = 700


def test_a_payment_is_opened_paid_told_and_booked(bank: Bank):
    opened = bank.open()
    assert opened.status == "pending"
    assert opened.action is not None
    assert opened.action["url"].startswith("http://sandbox.example/pay/")
    assert bank.pay()
    assert bank.tell() == ["applied"]
    paid = bank.look()
    assert (paid.status, paid.captured_minor, paid.next_query_at) == ("paid", 12_345, None)
    assert bank.books() == (12_345 + CHARLIES, -12_345)
    kind, said = bank.told()[-1]
    assert kind == "payment_paid"
    assert said["subject"], said["late"] == ("order:1", False)


def test_the_same_notification_again_and_again_is_one_effect(bank: Bank):
    bank.open()
    bank.store.set_faults(copies=4)
    bank.pay()
    assert bank.tell() == ["applied"] * 5  # the same answer each time; written down once
    assert bank.outcomes()[1:] == [("paid", "notification", "applied")]
    assert bank.kinds().count("payment_paid") == 2  # Charlie's, and hers
    assert bank.books() == (12_345 + CHARLIES, -12_345)


def test_a_forged_notification_has_no_effect_and_the_true_one_after_it_has(bank: Bank):
    bank.open()
    bank.store.set_faults(forged=1)
    bank.pay()
    assert bank.tell() == ["refused: signature", "applied"]


def test_a_notification_altered_by_one_byte_is_refused(bank: Bank):
    bank.open()
    raw, headers = bank.signed()
    with pytest.raises(NotGenuine, match="signature"):
        bank.take(raw.replace(b"12345", b"12346"), headers)
    assert bank.look().status == "pending"


@pytest.mark.parametrize("seconds", [301, -301, 86_400])
def test_a_notification_that_is_too_old_or_from_the_future_is_refused(bank: Bank, seconds: int):
    bank.open()
    raw, headers = bank.signed()
    bank.moment.go_on(seconds)
    with pytest.raises(NotGenuine, match="not_fresh"):
        bank.take(raw, headers)
    assert bank.look().captured_minor == 0


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'"x"', b'{"id": 1}', '{"id": "ä"}'.encode("latin-1")])
def test_a_signed_notification_that_says_nothing_is_refused(bank: Bank, body: bytes):
    from sandbox import SIGNATURE, sign

    bank.open()
    with pytest.raises(NotGenuine, match="unreadable"):
        bank.take(body, {SIGNATURE: sign(SECRET, "notification", body, at=int(bank.moment.seconds()))})


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({"amount_minor": 12_344}, "wrong_amount"), ({"amount_minor": 0}, "wrong_amount"), ({"amount_minor": -12_345}, "wrong_amount"),
        ({"amount_minor": 10**12}, "wrong_amount"), ({"currency": "USD"}, "wrong_currency"), ({"reference": "P0"}, "unknown"),
    ],
)  # fmt: skip
def test_a_notification_for_another_amount_currency_or_payment_is_written_down_and_has_no_effect(bank: Bank, facts, outcome):
    bank.open()
    assert bank.take(*bank.signed(**facts)).outcome == outcome
    assert bank.look().status == "pending"
    assert bank.outcomes()[-1] == ("paid", "notification", outcome)
    assert bank.books() == (CHARLIES, 0)
    assert bank.provider.acknowledge(outcome).status == 422


def test_an_event_id_used_for_two_payments_moves_nothing_the_second_time(bank: Bank):
    from portal.payments import EventReused

    bank.open()
    bank.take(*bank.signed())
    other = bank.open("order:2", 500)
    with pytest.raises(EventReused):
        bank.take(*bank.signed(reference=other.merchant_ref, amount_minor=500))
    assert bank.look("order:2").status == "pending"
    assert bank.books() == (12_345 + CHARLIES, -12_345)


def test_a_lost_notification_is_made_good_by_asking(bank: Bank):
    bank.open()
    bank.store.set_faults(lost=1)
    bank.pay()
    assert bank.tell() == []
    assert bank.payer.run() == 0  # not yet
    bank.moment.go_on(15)
    assert bank.payer.run() == 1
    assert bank.look().is_paid
    assert bank.outcomes()[-1] == ("paid", "query", "applied")


def test_a_notification_after_the_answer_to_a_question_is_known(bank: Bank):
    bank.open()
    bank.store.set_faults(delay=20)
    bank.pay()
    bank.moment.go_on(15)
    bank.payer.run()
    bank.moment.go_on(5)
    assert bank.tell() == ["known"]
    assert bank.kinds().count("payment_paid") == 2


def test_questions_are_spaced_and_end_with_the_payment(bank: Bank):
    bank.open(minutes=15)
    asked = []
    for second in range(0, 3600, 5):
        if bank.payer.run():
            asked.append(second)
        bank.moment.go_on(5)
    assert asked[:6] == [15, 30, 60, 120, 240, 540]
    assert asked[-2:] == [840, 905] or asked[-1] <= 910  # asked once more at the end, then closed, then never again
    assert bank.look().status == "closed"
    assert bank.kinds()[-1] == "payment_closed"
    assert bank.told()[-1][1]["reason"] == "expired"


def test_what_is_paid_in_the_last_second_counts_although_nobody_told(bank: Bank):
    bank.store.set_faults(lost=1)
    bank.open(minutes=10)
    bank.moment.go_on(599)
    bank.payer.run()
    assert bank.pay()
    bank.moment.go_on(10)
    bank.payer.run()
    assert bank.look().is_paid


def test_money_that_comes_after_the_close_goes_back_by_itself_once(bank: Bank):
    bank.open()
    bank.close()
    bank.payer.run()
    assert bank.look().status == "closed"
    assert bank.pay(late=True)
    bank.store.set_faults(copies=0)
    assert bank.tell() == ["late"]
    late = bank.look()
    assert (late.status, late.captured_minor, late.refunded_minor, late.is_late) == ("closed", 12_345, 12_345, True)
    bank.payer.run()
    bank.tell()
    assert bank.books() == (CHARLIES, 0)
    assert [kind for kind in bank.kinds() if kind != "payment_closed"] == ["payment_paid", "payment_paid", "refund_done"]
    assert bank.told()[-2][1]["late"] is True


def test_money_that_was_paid_while_we_closed_goes_back(bank: Bank):
    bank.open()
    bank.store.set_faults(lost=1)
    bank.pay()
    bank.close()
    bank.payer.run()  # the provider says: it is paid
    bank.payer.run()
    assert bank.look().is_late
    assert bank.books() == (CHARLIES, 0)


def test_a_close_after_the_money_came_says_so_and_closes_nothing(bank: Bank):
    bank.open()
    bank.pay()
    bank.tell()
    closed = bank.close()
    assert closed is not None
    assert closed.is_paid
    assert bank.look().is_paid


def test_a_provider_that_is_away_is_asked_again_under_the_same_reference(bank: Bank):
    bank.store.set_faults(away=1)
    asked = bank.ask()
    assert bank.payer.open_now(asked.id).action is None
    bank.store.set_faults(away=0)
    bank.moment.go_on(60)
    bank.payer.run()
    assert bank.look().status == "pending"
    assert bank.look().merchant_ref == asked.merchant_ref


def test_a_provider_that_stays_away_past_the_end_is_left_to_the_bill(bank: Bank):
    bank.ask(minutes=1)
    bank.store.set_faults(away=1)
    for _ in range(400):
        bank.payer.run()
        bank.moment.go_on(300)
    assert bank.look().status == "closed"
    assert bank.kinds().count("payment_closed") == 1


def test_a_subject_is_paid_once_however_often_it_is_asked_for(bank: Bank):
    first = bank.open()
    assert bank.ask().id == first.id
    bank.pay()
    bank.tell()
    assert bank.ask().id == first.id
    with pytest.raises(SubjectReused):
        bank.ask(amount=1)


def test_a_closed_subject_can_be_asked_for_again(bank: Bank):
    first = bank.open()
    bank.close()
    second = bank.open()
    assert second.id != first.id
    assert second.is_open


@pytest.mark.parametrize(
    ("amount", "code"),
    [(0, "nothing"), (-1, "negative"), (10**12, "too_large"), (12.5, "not_whole"), (True, "not_whole"), ("100", "not_whole")],
)
def test_an_amount_that_cannot_be_paid_is_refused_by_name(bank: Bank, amount, code: str):
    with pytest.raises(BadAmount) as refused:
        bank.ask(amount=amount)
    assert refused.value.code == code


def test_another_currency_is_refused_by_name(bank: Bank):
    with pytest.raises(WrongCurrency):
        bank.ask(currency="USD")


@pytest.mark.parametrize(
    ("text", "code"),
    [("12.345", "too_many_decimals"), ("0", "nothing"), ("-3", "negative"), ("1e3", "not_whole"), ("10000000000", "too_large"),
     ("NaN", "not_whole"), ("", "not_whole"), ("１２", "not_whole")],
)  # fmt: skip
def test_a_typed_amount_that_cannot_be_paid_is_refused_by_name(text: str, code: str):
    with pytest.raises(BadAmount) as refused:
        read_amount(text, "CNY")
    assert refused.value.code == code
    assert read_amount("12.34", "CNY") == 1234


def test_refunds_are_never_more_in_sum_than_was_paid(bank: Bank):
    bank.open()
    bank.pay()
    bank.tell()
    bank.refund(12_000, "order:1:a")
    with pytest.raises(RefundTooLarge):
        bank.refund(346, "order:1:b")
    bank.refund(345, "order:1:b")
    bank.payer.run()
    assert set(bank.tell()) <= {"known"}
    assert bank.look().refunded_minor == 12_345
    assert bank.books() == (CHARLIES, 0)


def test_the_same_refund_again_is_one_and_with_another_amount_is_refused(bank: Bank):
    from portal.payments import RefundReused

    bank.open()
    bank.pay()
    bank.tell()
    first = bank.refund(5_000)
    assert bank.refund(5_000).id == first.id
    with pytest.raises(RefundReused):
        bank.refund(4_000)
    bank.payer.run()
    assert bank.refund(5_000).status == "done"
    assert bank.look().refunded_minor == 5_000
    assert bank.kinds().count("refund_done") == 1


def test_a_refund_that_is_refused_is_told_and_can_be_tried_otherwise(bank: Bank):
    bank.open()
    bank.pay()
    bank.tell()
    bank.store.set_faults(refuse_refunds=1)
    bank.refund(12_345)
    bank.payer.run()
    assert bank.told()[-1][0] == "refund_refused"
    assert bank.told()[-1][1]["error"] == "not_allowed"
    assert bank.look().refunded_minor == 0
    bank.store.set_faults(refuse_refunds=0)
    assert bank.refund(12_345, "order:1:again").status == "wanted"


def test_a_refund_that_takes_its_time_is_asked_about_until_it_is_done(bank: Bank):
    bank.open()
    bank.pay()
    bank.tell()
    bank.store.set_faults(refunds_take=100, lost=1)
    bank.refund(100)
    bank.payer.run()
    assert "refund_done" not in bank.kinds()
    for _ in range(20):
        bank.moment.go_on(30)
        bank.payer.run()
    assert bank.kinds().count("refund_done") == 1


def test_a_refund_whose_asker_died_is_asked_about_again_when_the_lease_is_over(bank: Bank):
    bank.open()
    bank.pay()
    bank.tell()
    bank.store.set_faults(refunds_take=20, lost=1)
    bank.refund(100)
    bank.payer.run()
    bank.moment.go_on(60)
    with bank.database.writing() as session:
        (claimed,) = claim_refunds(session, now=bank.moment.now)  # and whoever claimed it was killed
    assert claimed.status == "asked"
    assert bank.payer.run() == 0
    bank.moment.go_on(31)
    assert bank.payer.run() == 1
    assert bank.kinds().count("refund_done") == 1
    assert bank.books()[1] == -12_345 + 100


def test_nothing_goes_back_of_what_was_never_paid(bank: Bank):
    from portal.payments import NotPaid

    bank.open()
    with pytest.raises(NotPaid):
        bank.refund(1)


def test_a_secret_is_changed_without_losing_a_notification(bank: Bank):
    from dataclasses import replace

    bank.open()
    raw, headers = bank.signed()
    after = replace(bank.provider, secrets=("the new one", SECRET))
    assert after.parse_notification(raw, headers, now=bank.moment.now).kind == "paid"
    with pytest.raises(NotGenuine):
        replace(bank.provider, secrets=("the new one", FORMER)).parse_notification(raw, headers, now=bank.moment.now)


def test_what_is_said_to_a_notification_says_what_became_of_it(bank: Bank):
    for outcome, status in (("applied", 200), ("late", 200), ("known", 200), ("refused", 401), ("unknown", 422)):
        said = bank.provider.acknowledge(outcome)
        assert (said.status, json.loads(said.body)) == (status, {"outcome": outcome})

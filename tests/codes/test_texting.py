"""Codes by text message, from the centre's word to the answer: redeemed for the number's holder, once, in few words."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.adapters.sms import SmppSender
from portal.adapters.sms.smpp import Account, read_text
from portal.base.db import Base
from portal.codes import NewPrize, Texted, redeem_text
from portal.codes.errors import SENTENCES
from portal.codes.redeeming import Prize, Redeemed
from portal.codes.signs import write_signs
from portal.codes.texting import find_code
from portal.customers import set_language
from portal.faces.worker.messages import Carrier
from portal.faces.worker.texts import TextDesk, answer_words
from tests.cast import Cast
from tests.codes.press import Press, reason_of
from tests.servers.smsc import MessageCentre

MESSAGE = Base.metadata.tables["message"]
LONG = {"zh": "一" * 100, "en": "x" * 300}


@pytest.fixture
def desk(press: Press) -> TextDesk:
    moments = (press.now + timedelta(milliseconds=count) for count in itertools.count())
    return TextDesk(press.database, press.keys, "CN", lambda: next(moments))


@pytest.fixture
def sender(message_centre: MessageCentre) -> Iterator[SmppSender]:
    made = SmppSender(Account(message_centre.host, message_centre.port, "onehall", "secret", "10000"))
    yield made
    made.close()


def _said(press: Press) -> list[tuple[str, str]]:
    with press.database.reading() as session:
        return [(row.number, row.body) for row in session.execute(sa.select(MESSAGE.c.number, MESSAGE.c.body).order_by(MESSAGE.c.id))]


def _speak_english(press: Press, cast: Cast) -> None:
    with press.database.writing() as session:
        set_language(session, cast.alice.party_id, "en")


@pytest.mark.parametrize(("text", "code"), [
    ("DHM 0123-4567-89AB-CT", "0123-4567-89AB-CT"), ("dhm0123 4567 89ab ct", "0123 4567 89AB CT"), ("0123456789ABCT", "0123456789ABCT"),
    ("ＤＨＭ　0123-4567-89AB-CT", "0123-4567-89AB-CT"), ("DHM", ""), ("DHM what?", "WHAT?"), ("Hello, is anybody there?", None),
    ("查话费", None), ("", None), ("10086", None), ("dhm " + "x" * 5_000, "X" * 196), ("TD", None),
])  # fmt: skip
def test_what_is_meant_as_a_code_is_told_from_other_words(text: str, code: str | None) -> None:
    assert find_code(text) == code


def test_a_code_is_redeemed_for_the_holder_of_the_number_and_answered_in_his_language(press: Press, cast: Cast, desk: TextDesk) -> None:
    _speak_english(press, cast)
    code = press.code(press.batch(), 7)
    desk.take(f"86{cast.alice.number}", f"DHM {code}")
    desk.take(f"+86{cast.alice.number}", code)
    assert [(use["customer_id"], use["channel"]) for use in press.uses()] == [(cast.alice.customer_id, "sms")]
    first, second = _said(press)
    assert first == (cast.alice.number, "You won 50 points. The points are there within a minute.")
    assert second == (cast.alice.number, "You have redeemed this code already.")


def test_strangers_other_words_and_nonsense_are_passed_over(press: Press, cast: Cast, desk: TextDesk) -> None:
    code = press.code(press.batch(), 7)
    for sender in ("13999999999", "10086", "", "\x00", "x" * 500, "+4420 7946 0000"):
        desk.take(sender, f"DHM {code}")
    desk.take(cast.alice.number, "What do I owe?")
    assert (press.uses(), _said(press)) == ([], [])


def test_typing_errors_and_guesses_are_answered_and_guesses_are_braked(press: Press, cast: Cast, desk: TextDesk) -> None:
    _speak_english(press, cast)
    desk.take(cast.alice.number, "DHM 0123-4567-89AB-CU")
    for turn in range(6):
        desk.take(cast.alice.number, write_signs([0, 1, *([7] * 10), turn]))
    said = [body for _, body in _said(press)]
    assert said[0].startswith("One of the letters or digits is not right.")
    assert said[1:6] == ["This code is not one of ours."] * 5
    assert said[6] == "Too many codes were wrong. Try again in 10 min."


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["points", "offering"])
def test_no_answer_is_longer_than_one_message(kind: str, language: str) -> None:
    won = Redeemed(1, 1, LONG, Prize(1, LONG, kind, 5, None))
    most = {"zh": 70, "en": 160}[language]
    assert len(answer_words(Texted("1", 1, won), language)) == most  # type: ignore[arg-type]
    assert all(len(sentence) < 140 for sentence in SENTENCES.values())


def test_a_message_that_comes_through_the_centre_is_redeemed_and_its_answer_goes_out(
    press: Press, cast: Cast, desk: TextDesk, sender: SmppSender, message_centre: MessageCentre
) -> None:
    _speak_english(press, cast)
    code = press.code(press.batch(press.new(prizes=(NewPrize({"zh": "谢", "en": "No"}, "nothing", 5),))), 7)
    sender.listen(desk.take)
    carrier = Carrier(press.database, sender, lambda: press.now)
    carrier.run()  # connects, though there is nothing to send yet
    message_centre.wait_for_receiver()
    telling = threading.Thread(target=message_centre.deliver, args=(f"86{cast.alice.number}", "10000", f"DHM {code}"))
    telling.start()
    until = time.monotonic() + 10
    while not message_centre.submits and time.monotonic() < until:
        carrier.run()
        time.sleep(0.02)
    telling.join(10)
    assert [submit.text for submit in message_centre.submits] == ["Your code is redeemed. It won nothing this time."]
    assert [use["number"] for use in press.uses()] == [7]


def test_a_message_that_could_not_be_taken_is_not_acknowledged(sender: SmppSender) -> None:
    class Pdu:
        short_message, source_addr, data_coding, esm_class = b"DHM", b"8613857101234", 0, 0

    def fail(*_: str) -> None:
        raise RuntimeError("the database is away")

    assert sender._received(Pdu()) == 0
    sender.listen(fail)
    assert sender._received(Pdu()) == 0x64


def test_texts_are_read_as_they_are_coded() -> None:
    assert read_text("兑换 DHM".encode("utf-16-be"), 8, 0) == "兑换 DHM"
    assert read_text(b"DHM 1", 0, 0) == "DHM 1"
    assert read_text(b"\x05\x00\x03\x01\x02\x01DHM", 0, 0x40) == "DHM"
    assert read_text(b"", 8, 0x40) == ""


def test_a_number_that_guesses_brakes_itself_and_not_the_hall(press: Press, cast: Cast) -> None:
    batch_id = press.batch()
    for turn in range(7):
        with press.database.writing() as session:
            texted = redeem_text(session, press.keys, cast.alice.number, write_signs([0, 1, *([7] * 10), turn]), now=press.now)
    assert texted is not None
    assert reason_of(texted.answer) == "wait"
    assert not reason_of(press.redeem(cast.alice, press.code(batch_id, 7)))

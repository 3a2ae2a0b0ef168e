"""Ways out for text messages: the tray, none, and SMPP against a real centre."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.adapters.sms import NoSender, SmppSender, TraySender, make_sender
from portal.adapters.sms.smpp import Account, split_text
from portal.base.db import Database
from portal.base.settings import Settings
from portal.messaging import Receipt, SmsRefused, SmsUnavailable, SmsUncertain, list_tray
from tests.servers.home import free_port
from tests.servers.smsc import MessageCentre

NUMBER = "13857101234"
QUEUE_FULL, NO_SUCH_NUMBER = 0x14, 0x0B  # SMPP 3.4, table 5-2
SHORT = "123456 是您的登录验证码，10 分钟内有效。\n@localhost #123456"


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def sender(message_centre: MessageCentre, pauses: list[float]) -> Iterator[SmppSender]:
    account = Account(message_centre.host, message_centre.port, "onehall", "secret", "10000")
    made = SmppSender(account, sleep=pauses.append)
    yield made
    made.close()


def wait_for_receipts(sender: SmppSender, count: int) -> list[Receipt]:
    found: list[Receipt] = []
    until = time.monotonic() + 5
    while len(found) < count and time.monotonic() < until:
        found += sender.take_receipts()
        time.sleep(0.01)
    return found


@contextmanager
def meanwhile(*deeds: Callable[[], None]) -> Iterator[threading.Thread]:
    """Do what the centre waits for an answer to, one thing after the other, while we go on."""
    thread = threading.Thread(target=lambda: [deed() for deed in deeds])
    thread.start()
    yield thread
    thread.join(10)
    assert not thread.is_alive()


def test_a_chinese_message_of_seventy_characters_is_one_part(sender: SmppSender, message_centre: MessageCentre) -> None:
    reference = sender.send(1, NUMBER, "汉" * 70)
    (submit,) = message_centre.wait_for(1)
    assert reference == submit.message_id
    assert (submit.destination, submit.source, submit.text, submit.data_coding) == (NUMBER, "10000", "汉" * 70, 8)
    assert submit.wants_receipt


def test_one_character_more_is_two_parts_that_belong_together(sender: SmppSender, message_centre: MessageCentre) -> None:
    text = "汉" * 70 + "字"
    reference = sender.send(1, NUMBER, text)
    parts = message_centre.wait_for(2)
    assert reference == parts[0].message_id
    assert [submit.part[1:] for submit in parts] == [(2, 1), (2, 2)]
    assert len({submit.part[0] for submit in parts}) == 1
    assert "".join(submit.text for submit in parts) == text


def test_two_long_messages_bear_different_references(sender: SmppSender, message_centre: MessageCentre) -> None:
    for message_id in (1, 2):
        sender.send(message_id, NUMBER, "汉" * 71)
    parts = message_centre.wait_for(4)
    assert len({submit.part[0] for submit in parts}) == 2


def test_a_code_message_arrives_as_it_was_written(sender: SmppSender, message_centre: MessageCentre) -> None:
    sender.send(1, NUMBER, SHORT)
    assert message_centre.wait_for(1)[0].text == SHORT


def test_latin_text_is_one_part_up_to_160_signs(sender: SmppSender, message_centre: MessageCentre) -> None:
    sender.send(1, NUMBER, "a" * 160)
    (submit,) = message_centre.wait_for(1)
    assert submit.data_coding == 0
    assert len(submit.body) == 160


@given(st.text(st.sampled_from("汉字a🐉é"), min_size=71, max_size=600))
def test_a_long_text_is_never_cut_inside_a_character(text: str) -> None:
    parts, coding, esm_class = split_text(text + "汉")
    pieces = [part[6:] for part in parts] if esm_class else parts
    assert "".join(piece.decode("utf-16-be") for piece in pieces) == text + "汉"
    assert all(len(part) <= 140 for part in parts)
    assert coding == 8


@given(st.text(st.sampled_from("ab{}€[]~"), min_size=161, max_size=500))
def test_a_long_latin_text_is_never_cut_inside_an_escape(text: str) -> None:
    parts, coding, _ = split_text(text)
    assert coding == 0
    pieces = [part[6:] for part in parts] if len(parts) > 1 else parts
    assert not any(piece.endswith(b"\x1b") for piece in pieces)
    assert all(len(piece) <= 160 for piece in pieces)


def test_a_throttling_centre_is_unavailable_and_the_next_try_works(sender: SmppSender, message_centre: MessageCentre) -> None:
    message_centre.throttle()
    with pytest.raises(SmsUnavailable, match="0x58"):
        sender.send(1, NUMBER, SHORT)
    sender.send(1, NUMBER, SHORT)
    assert len(message_centre.wait_for(1)) == 1


def test_a_full_queue_is_unavailable_too(sender: SmppSender, message_centre: MessageCentre) -> None:
    message_centre.refuse(QUEUE_FULL)
    with pytest.raises(SmsUnavailable):
        sender.send(1, NUMBER, SHORT)


def test_a_number_the_centre_does_not_know_is_refused(sender: SmppSender, message_centre: MessageCentre) -> None:
    message_centre.refuse(NO_SUCH_NUMBER)
    with pytest.raises(SmsRefused, match="0x0b"):
        sender.send(1, NUMBER, SHORT)
    assert message_centre.submits == []


def test_a_throttled_second_part_is_sent_again_alone(
    sender: SmppSender, message_centre: MessageCentre, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = SmppSender._ask
    asked: list[bytes] = []

    def throttled_second(self: SmppSender, client: object, number: str, part: bytes, coding: int, esm_class: int) -> object:
        asked.append(part)
        if len(asked) == 2:
            message_centre.throttle(2)
        return submit(self, client, number, part, coding, esm_class)

    monkeypatch.setattr(SmppSender, "_ask", throttled_second)
    sender.send(1, NUMBER, "汉" * 71)
    parts = message_centre.wait_for(2)
    assert [submit.part[1:] for submit in parts] == [(2, 1), (2, 2)]
    assert len(asked) == 4
    assert pauses == [1.0, 2.0]


def test_a_message_of_which_a_part_was_taken_and_the_rest_refused_is_uncertain(
    sender: SmppSender, message_centre: MessageCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = SmppSender._ask
    asked: list[bytes] = []

    def refused_second(self: SmppSender, client: object, number: str, part: bytes, coding: int, esm_class: int) -> object:
        asked.append(part)
        if len(asked) == 2:
            message_centre.refuse(NO_SUCH_NUMBER)
        return submit(self, client, number, part, coding, esm_class)

    monkeypatch.setattr(SmppSender, "_ask", refused_second)
    with pytest.raises(SmsUncertain, match="1 of 2 parts"):
        sender.send(1, NUMBER, "汉" * 71)


def test_no_centre_is_unavailable() -> None:
    sender = SmppSender(Account("127.0.0.1", free_port(), "onehall", "secret", "10000"))
    with pytest.raises(SmsUnavailable, match="no connection"):
        sender.send(1, NUMBER, SHORT)


def test_a_connection_that_broke_is_made_anew_after_one_uncertain_message(sender: SmppSender, message_centre: MessageCentre) -> None:
    sender.send(1, NUMBER, "one")
    assert sender._client is not None
    sender._client._socket.close()
    with pytest.raises(SmsUncertain):
        sender.send(2, NUMBER, "two")
    sender.send(3, NUMBER, "three")
    assert [submit.text for submit in message_centre.wait_for(2)] == ["one", "three"]


def test_a_connection_that_broke_while_it_was_quiet_costs_no_message(
    sender: SmppSender, message_centre: MessageCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender.send(1, NUMBER, "one")
    assert sender._client is not None
    sender._client._socket.close()
    sender._used_at -= 31
    sender.send(2, NUMBER, "two")
    assert [submit.text for submit in message_centre.wait_for(2)] == ["one", "two"]


def test_a_quiet_connection_that_lives_is_kept(sender: SmppSender, message_centre: MessageCentre) -> None:
    sender.send(1, NUMBER, "one")
    client = sender._client
    sender._used_at -= 31
    sender.send(2, NUMBER, "two")
    assert sender._client is client
    assert len(message_centre.wait_for(2)) == 2


def test_receipts_are_matched_whatever_their_order(sender: SmppSender, message_centre: MessageCentre) -> None:
    references = [sender.send(index, NUMBER, f"message {index}") for index in range(3)]
    submits = message_centre.wait_for(3)
    with meanwhile(
        lambda: message_centre.send_receipt(submits[2], "UNDELIV"),
        lambda: message_centre.send_receipt(submits[0]),
        lambda: message_centre.send_receipt(submits[1], "EXPIRED"),
    ):
        states = {receipt.reference: receipt.state for receipt in wait_for_receipts(sender, 3)}
    assert states == dict(zip(references, ["DELIVRD", "EXPIRED", "UNDELIV"], strict=True))


def test_a_receipt_that_comes_while_the_next_answer_is_awaited_is_kept(sender: SmppSender, message_centre: MessageCentre) -> None:
    message_centre.receipts = True
    references = [sender.send(index, NUMBER, f"message {index}") for index in range(20)]
    receipts = wait_for_receipts(sender, 20)
    assert sorted(receipt.reference for receipt in receipts) == sorted(references)


def test_a_receipt_offered_again_comes_with_the_next_ones(sender: SmppSender) -> None:
    early = Receipt("0000000a", "DELIVRD")
    sender.keep_receipt(early)
    assert sender.take_receipts() == [early]
    assert sender.take_receipts() == []


def test_what_people_write_is_acknowledged_and_no_receipt(sender: SmppSender, message_centre: MessageCentre) -> None:
    sender.send(1, NUMBER, "hello")
    with meanwhile(lambda: message_centre.deliver(NUMBER, "10000", "YE 您好 stat:up")) as writing:
        while writing.is_alive():
            assert sender.take_receipts() == []
    sender.send(2, NUMBER, "hello again")


def test_neither_numbers_nor_texts_reach_a_log(sender: SmppSender, message_centre: MessageCentre, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        sender.send(1, NUMBER, "the code is 123456")
    assert caplog.text == ""


@pytest.mark.parametrize("url", ["", "http://a:b@host", "smpp://host:2775/10000", "smpp://"])
def test_an_address_that_lacks_something_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="PORTAL_SMPP_URL"):
        SmppSender.from_url(url)


def test_an_address_says_where_the_centre_is_and_who_we_are() -> None:
    sender = SmppSender.from_url("smpp://one%40hall:p%2Fw@smsc.example:2776/10000")
    assert sender._account == Account("smsc.example", 2776, "one@hall", "p/w", "10000")
    assert not sender.repeatable


def test_the_tray_takes_a_message_once_in_a_transaction_of_its_own(database: Database, now: datetime) -> None:
    tray = TraySender(database)
    for _ in range(2):
        assert tray.send(7, NUMBER, SHORT) == "tray-7"
    with database.reading() as session:
        (view,) = list_tray(session, NUMBER)
    assert (view.message_id, view.body) == (7, SHORT)
    assert tray.repeatable


def test_without_an_adapter_every_message_is_refused_with_what_is_missing() -> None:
    with pytest.raises(SmsRefused, match="PORTAL_SMS_ADAPTER"):
        NoSender().send(1, NUMBER, SHORT)


@pytest.mark.parametrize(("adapter", "kind"), [("tray", TraySender), ("smpp", SmppSender), ("none", NoSender)])
def test_the_settings_name_the_sender(tmp_path: object, adapter: str, kind: type) -> None:
    settings = Settings(env="test", sms_adapter=adapter, smpp_url="smpp://a:b@127.0.0.1:2775/10000")  # type: ignore[arg-type]
    database = Database(f"sqlite:///{tmp_path}/portal.db")
    assert isinstance(make_sender(settings, database), kind)
    database.close()

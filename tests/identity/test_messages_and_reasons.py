"""What people read of codes and reasons, and that nothing secret is printed by accident."""

from __future__ import annotations

from datetime import datetime

import pytest

import portal.identity
from portal.base.events import Handlers
from portal.identity import (
    ALERT_SENTENCES,
    CODE_SENTENCES,
    CodeFor,
    PasswordToVerify,
    StaffToVerify,
    Visitor,
    find_reason,
    list_reasons,
    send_code,
)
from portal.identity.events import ReasonsFrequent, ViewsUnusual
from portal.identity.reasons import check_reason
from tests.cast import Cast
from tests.identity.door import Door

CHINESE = "%(code)s 是您的登录验证码，%(minutes)s 分钟内有效，请勿告诉他人。"


@pytest.mark.parametrize("purpose", CODE_SENTENCES)
def test_each_purpose_has_its_own_words_with_the_code_in_them(door: Door, cast: Cast, now: datetime, purpose: str) -> None:
    bound = CodeFor("a flow", cast.alice.number, purpose)  # type: ignore[arg-type]
    with door.database.writing() as session:
        send_code(session, door.keys, bound, Visitor("d", "192.0.2.1"), now=now)
    (code,) = door.codes_sent(cast.alice.number)
    body = door.rows("message")[0]["body"]
    assert body == CODE_SENTENCES[purpose] % {"code": code, "minutes": 10}  # type: ignore[index]
    assert len(set(CODE_SENTENCES.values())) == len(CODE_SENTENCES)


def test_a_translated_message_with_its_last_line_is_one_part_of_an_sms(door: Door, cast: Cast, now: datetime) -> None:
    bound = CodeFor("a flow", cast.alice.number, "sign_in")
    with door.database.writing() as session:
        send_code(session, door.keys, bound, Visitor("d", "192.0.2.1"), base_host="hall.example.cn", sentence=CHINESE, now=now)
    (code,) = door.codes_sent(cast.alice.number)
    body = door.rows("message")[0]["body"]
    assert body == f"{code} 是您的登录验证码，10 分钟内有效，请勿告诉他人。\n@hall.example.cn #{code}"
    assert len(body) <= 70


def test_every_reason_has_a_code_and_a_sentence_of_its_own() -> None:
    reasons = list_reasons()
    assert len({reason.code for reason in reasons}) == len({reason.sentence for reason in reasons}) == len(reasons)
    assert [reason.code for reason in reasons if reason.needs_note] == ["other"]
    assert all(find_reason(reason.code) is reason for reason in reasons)
    assert find_reason(None) is None
    assert find_reason("no such") is None


def test_a_note_is_kept_tidy_and_an_empty_one_is_none() -> None:
    assert check_reason("follow_up", "  two \n words ") == "two words"
    assert check_reason("follow_up", "  ") is None


@pytest.mark.parametrize("event", [ReasonsFrequent(7, 11), ViewsUnusual(7, 61)])
def test_an_alert_is_an_event_of_the_person_it_concerns(event: ReasonsFrequent | ViewsUnusual) -> None:
    heard: list[object] = []
    handlers = Handlers()
    handlers.on(type(event), lambda _session, told, _now: heard.append(told))
    assert event.aggregate == "staff:7"
    assert len(handlers.wanted(event.type)) == 1
    assert event.type.removeprefix("identity.") in ALERT_SENTENCES


@pytest.mark.parametrize(
    "secret",
    [
        CodeFor("the flow token", "13857101234", "sign_in"),
        PasswordToVerify("13857101234", Visitor("d", "192.0.2.1"), "$argon2id$secret"),
        StaffToVerify("dora", 7, "$argon2id$secret", known_device=False),
    ],
)
def test_printing_an_object_prints_no_secret_and_no_number(secret: object) -> None:
    for word in ("token", "argon2id", "13857101234"):
        assert word not in repr(secret)


def test_everything_the_front_door_names_is_there_and_named_once() -> None:
    assert len(set(portal.identity.__all__)) == len(portal.identity.__all__)
    assert all(hasattr(portal.identity, name) for name in portal.identity.__all__)

"""Browsers that ask for codes, and how they get and spend them."""

from __future__ import annotations

from datetime import datetime

from portal.identity import CodeFor, CodeSent, CodeWrong
from tests.identity.door import Browser, Door, wrong

PHONE = Browser("alice's phone")
LAPTOP = Browser("alice's new laptop", "198.51.100.20")
STRANGER = Browser("the stranger's", "192.0.2.66")
PIN = "739154"
NOBODY = "13999999999"


def a_code(door: Door, number: str, browser: Browser, now: datetime) -> tuple[CodeFor, str]:
    bound = door.flow(number)
    assert isinstance(door.send(bound, browser, now), CodeSent)
    return bound, door.codes_sent(number)[-1]


def guess_until_hot(door: Door, number: str, browser: Browser, now: datetime) -> None:
    """Use up the five tries of five minutes."""
    bound, code = a_code(door, number, browser, now)
    for _ in range(5):
        assert isinstance(door.check(bound, browser, wrong(code), now), CodeWrong)

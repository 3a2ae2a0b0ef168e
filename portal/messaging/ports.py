"""What messaging needs from the outside: somebody who carries a text message."""

from __future__ import annotations

from typing import Protocol


class SmsRefused(Exception):
    """The centre will never take this message (a number it does not know, a text it forbids)."""


class SmsUnavailable(Exception):
    """The centre does not take messages now, and took nothing of this one; try again later."""


class SmsUncertain(Exception):
    """The message, or a part of it, was handed over and no answer came: it may be on its way, it may be lost."""


class SmsSender(Protocol):
    """Carries one message. `repeatable`: sending the same id again does no harm, so an unclear end is tried again."""

    repeatable: bool

    def send(self, message_id: int, number: str, body: str) -> str:
        """Hand the message over and give the centre's reference; raise SmsRefused, SmsUnavailable or SmsUncertain."""

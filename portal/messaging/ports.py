"""What messaging needs from the outside: somebody who carries a text message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


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


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the centre says became of a message: `reference` as `send` gave it (of a long message, its first part's)."""

    reference: str
    state: str


Listener = Callable[[str, str], None]
"""Takes a message somebody wrote to us: the number it came from, as the centre gives it, and its text."""


@runtime_checkable
class MessageSource(Protocol):
    """A sender whose centre also brings what people write to us."""

    def listen(self, listener: Listener) -> None:
        """Call `listener` with each message, outside any transaction. When it fails, the centre is told to come again."""


@runtime_checkable
class ReceiptSource(Protocol):
    """A sender whose centre says later what became of each message."""

    def take_receipts(self) -> list[Receipt]:
        """Give the receipts that have come since the last call, without waiting for any."""

    def keep_receipt(self, receipt: Receipt) -> None:
        """Offer a receipt again: it came before its message was noted as sent."""

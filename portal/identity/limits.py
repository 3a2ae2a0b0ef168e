"""Which attempts are counted together, and how many are allowed (guard.md 2, 3, 6).

For each number there is one allowance for every device known to its owner and one more that all strangers share. Who
uses up the strangers' costs strangers more proof: the service password where codes are spent, a code where passwords
are. Where both are spent the password opens a code unseen: it is sent only if the password was right, and nobody is
told which. So an owner always has a way: on a known device as ever, on a new one with one proof more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from portal.identity.throttle import Window
from portal.identity.visitor import Visitor

MINUTE, HOUR, DAY = 60, 3600, 86400
TRIES_PER_CODE = 5
RESEND_SECONDS = 60

WRONG_CODES = ((5, 5 * MINUTE), (20, HOUR), (50, DAY))
WRONG_CODES_PER_NETWORK = ((50, 5 * MINUTE), (500, DAY))
CODES_SENT = ((5, HOUR), (10, DAY))
CODES_SENT_AT_COUNTER = ((60, HOUR),)
CODES_SENT_PER_NETWORK = ((20, 10 * MINUTE), (200, DAY))
WRONG_PASSWORDS = ((10, 5 * MINUTE), (40, HOUR), (100, DAY))
WRONG_PASSWORDS_PER_NETWORK = ((100, 5 * MINUTE),)
WRONG_PASSWORDS_EVERYWHERE = ((1000, 5 * MINUTE),)
WRONG_SECOND_FACTORS = ((20, HOUR), (50, DAY))
PASSKEYS_ASKED = ((60, 5 * MINUTE),)
PASSKEYS_ASKED_PER_NETWORK = ((600, 5 * MINUTE),)
NO_LIMIT = ((10**9, HOUR),)

OtherWay = Literal["service_password", "code"]


@dataclass(frozen=True, slots=True)
class Limited:
    """Tried too often. `other_way`: what this visitor can prove instead, now; None: only waiting helps."""

    retry_after_seconds: int
    other_way: OtherWay | None = None


def windows(key: str, allowed: tuple[tuple[int, int], ...]) -> list[Window]:
    """Give the windows of one allowance."""
    return [Window(f"{key}/{seconds}", limit, seconds) for limit, seconds in allowed]


def code_windows(number: str, flow_hash: str, visitor: Visitor, *, vouched: bool) -> list[Window]:
    """Give where a wrong code for `number` counts. After a service password was given, within its own flow alone."""
    if visitor.known:
        return windows(f"code:{number}:{visitor.device_id}", WRONG_CODES)
    network = windows(f"code-from:{visitor.network}", WRONG_CODES_PER_NETWORK)
    return windows(f"code:{number}:flow:{flow_hash}" if vouched else f"code:{number}:*", WRONG_CODES) + network


def sending_windows(number: str, visitor: Visitor, *, vouched: bool | None) -> list[Window]:
    """Give where sending a code to `number` counts, and how often it may be."""
    if visitor.known:
        return windows(f"send:{number}:{visitor.device_id}", CODES_SENT)
    network = windows(f"send-from:{visitor.network}", CODES_SENT_PER_NETWORK)
    if vouched is None:
        return windows(f"send:{number}:*", CODES_SENT) + network
    return network


def vouched_windows(number: str, *, right: bool) -> list[Window]:
    """Give where a code asked for with a service password counts; a wrong password's go nowhere and cost the same."""
    return windows(f"send:{number}:vouched", CODES_SENT) if right else windows(f"send:{number}:unsent", _endless(CODES_SENT))


def flow_windows(flow_hash: str, purpose: str) -> list[Window]:
    """Give the pause between two codes of one flow."""
    return windows(f"send:flow:{purpose}:{flow_hash}", ((1, RESEND_SECONDS),))


def password_windows(number: str, visitor: Visitor) -> list[Window]:
    """Give where a wrong service password for `number` counts."""
    if visitor.known:
        return windows(f"pin:{number}:{visitor.device_id}", WRONG_PASSWORDS)
    return (
        windows(f"pin:{number}:*", WRONG_PASSWORDS)
        + windows(f"pin-from:{visitor.network}", WRONG_PASSWORDS_PER_NETWORK)
        + windows("pin-everywhere", WRONG_PASSWORDS_EVERYWHERE)
    )


def guessing_windows(visitor: Visitor) -> list[Window]:
    """Give where service passwords count that only open a code unseen: they spare the processor, not the password."""
    return windows(f"pin-from:{visitor.network}", WRONG_PASSWORDS_PER_NETWORK)


def staff_windows(login: str, visitor: Visitor) -> list[Window]:
    """Give where a wrong staff sign-in counts."""
    who = visitor.device_id if visitor.known else "*"
    return (
        windows(f"staff:{login}:{who}", WRONG_PASSWORDS)
        + windows(f"staff-from:{visitor.network}", WRONG_PASSWORDS_PER_NETWORK)
        + ([] if visitor.known else windows("staff-everywhere", WRONG_PASSWORDS_EVERYWHERE))
    )


def web_password_windows(number: str, visitor: Visitor) -> list[Window]:
    """Give where a wrong web password for `number` counts: apart from its service password, so that neither uses up the other."""
    if visitor.known:
        return windows(f"pwd:{number}:{visitor.device_id}", WRONG_PASSWORDS)
    return (
        windows(f"pwd:{number}:*", WRONG_PASSWORDS)
        + windows(f"pin-from:{visitor.network}", WRONG_PASSWORDS_PER_NETWORK)
        + windows("pin-everywhere", WRONG_PASSWORDS_EVERYWHERE)
    )


def authenticator_windows(party_id: int, visitor: Visitor) -> list[Window]:
    """Give where a wrong code of an authenticator app counts, or a wrong recovery code: by browser, and for the person all told.

    Only who is signed in gets here; should somebody use it up, the owner still has messages and passkeys.
    """
    return windows(f"totp:{party_id}:{visitor.device_id}", WRONG_CODES) + windows(f"totp:{party_id}:*", WRONG_SECOND_FACTORS)


def activation_windows(party_id: int) -> list[Window]:
    """Give where a wrong activation of the counter's counts. Only who is signed in gets here."""
    return windows(f"activation:{party_id}", WRONG_CODES)


def passkey_windows(visitor: Visitor) -> list[Window]:
    """Give where asking for a passkey counts. A signature cannot be guessed: this spares the database, nothing else."""
    device = windows(f"passkey:{visitor.device_id}", PASSKEYS_ASKED)
    return device + windows(f"passkey-from:{visitor.network}", PASSKEYS_ASKED_PER_NETWORK)


def _endless(allowed: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    return tuple((10**9, seconds) for _, seconds in allowed)

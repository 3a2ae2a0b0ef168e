"""What a passkey signs: 256 random bits, good once, for five minutes, in one browser and for one purpose.

WebAuthn Level 3, 13.4.3: challenges are made here, never by the browser, and none is taken twice.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from portal.base.settings import Settings
from portal.identity.models import PasskeyChallenge

PasskeyPurpose = Literal["register", "sign_in", "step_up"]
CHALLENGE_TIME = timedelta(minutes=5)
CHALLENGE_BYTES = 32
MAX_ANSWER = 20_000

_challenge = PasskeyChallenge.metadata.tables["passkey_challenge"]
_insert = sa.insert(_challenge)
_take = (
    sa.delete(_challenge)
    .where(
        _challenge.c.challenge_hash == sa.bindparam("hash"),
        _challenge.c.flow_hash == sa.bindparam("flow"),
        _challenge.c.purpose == sa.bindparam("for_purpose"),
        _challenge.c.expires_at > sa.bindparam("at"),
    )
    .returning(_challenge.c.party_id, _challenge.c.user_handle)
)
_forget = sa.delete(_challenge).where(_challenge.c.expires_at <= sa.bindparam("at"))


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who a passkey is made for: the host, the name people see, and the one origin its pages come from."""

    id: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class PasskeyAsk:
    """In which browser a passkey is asked for (`flow`: a random token that it holds), and what it is to prove."""

    flow: str = field(repr=False)
    purpose: PasskeyPurpose

    @property
    def flow_hash(self) -> str:
        """The flow as it is stored."""
        return hashlib.sha256(self.flow.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class TakenChallenge:
    """A challenge that was open until now. `party_id` None: made for whoever signs in."""

    challenge: bytes = field(repr=False)
    party_id: int | None
    user_handle: str | None


def relying_party(settings: Settings) -> RelyingParty:
    """Give this installation as browsers see it, from the address in its settings."""
    parts = urlsplit(settings.base_url)
    return RelyingParty(parts.hostname or "localhost", settings.brand, f"{parts.scheme}://{parts.netloc}")


def make_challenge(session: Session, ask: PasskeyAsk, *, party_id: int | None, user_handle: str | None = None, now: datetime) -> bytes:
    """Write a challenge down, as a hash, and give it."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    row = {"challenge_hash": _hash(challenge), "flow_hash": ask.flow_hash, "purpose": ask.purpose, "party_id": party_id,
           "user_handle": user_handle, "expires_at": now + CHALLENGE_TIME}  # fmt: skip
    session.connection().execute(_insert, row)
    return challenge


def take_challenge(session: Session, ask: PasskeyAsk, answer: dict[str, Any], *, now: datetime) -> TakenChallenge | None:
    """Take the challenge a browser's answer says it signed, by one conditional DELETE; None: made up, used, late, or another's."""
    challenge = _signed_challenge(answer)
    if challenge is None:
        return None
    bind = {"hash": _hash(challenge), "flow": ask.flow_hash, "for_purpose": ask.purpose, "at": now}
    row = session.connection().execute(_take, bind).first()
    return None if row is None else TakenChallenge(challenge, row.party_id, row.user_handle)


def forget_challenges(session: Session, *, now: datetime) -> int:
    """Delete challenges whose time is over; give how many."""
    return session.connection().execute(_forget, {"at": now}).rowcount


def read_answer(text: str) -> dict[str, Any] | None:
    """Read what a browser's passkey said (RegistrationResponseJSON, AuthenticationResponseJSON); None for what is none."""
    if len(text) > MAX_ANSWER:
        return None
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and isinstance(answer.get("response"), dict) else None


def _signed_challenge(answer: dict[str, Any]) -> bytes | None:
    try:
        said = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(said["challenge"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    # One spelling for one challenge: what only decodes alike was not what we gave.
    return challenge if len(challenge) == CHALLENGE_BYTES and bytes_to_base64url(challenge) == said["challenge"] else None


def _hash(challenge: bytes) -> str:
    return hashlib.sha256(challenge).hexdigest()

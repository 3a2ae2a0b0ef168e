"""Making keys before they are needed, and letting go of those that are needed no more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.keys import Keys
from portal.openid.models import SigningKey
from portal.openid.signing import SIGNING_ALGORITHMS, open_private_key

PUBLISHED_BEFORE = timedelta(hours=24)
"""So long a key is published before it signs: whoever keeps our JWK Set for a day still knows it (OpenID Connect 10.1.1)."""
SIGNS = timedelta(days=90)
PUBLISHED_AFTER = timedelta(days=30)
MADE_BEFORE = PUBLISHED_BEFORE * 2
"""A next key is made two days before its time, by a job that runs once a day."""
RSA_BITS = 2048
LOCK = 7204117
"""The number of the advisory lock that whoever makes keys in one PostgreSQL database waits for."""

_key = SigningKey.metadata.tables["signing_key"]
_newest = sa.select(_key.c.kid, _key.c.alg, _key.c.private, _key.c.signs_from).where(_key.c.signs_until.is_(None))
_close = (
    sa.update(_key)
    .where(_key.c.kid == sa.bindparam("which"))
    .values(signs_until=sa.bindparam("until"), published_until=sa.bindparam("gone"))
)
_forget = sa.delete(_key).where(_key.c.published_until <= sa.bindparam("now"))
_list = sa.select(_key.c.kid, _key.c.alg, _key.c.made_at, _key.c.signs_from, _key.c.signs_until, _key.c.published_until).order_by(
    _key.c.alg, _key.c.signs_from
)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A new key that is nowhere yet. Its private part is not shown."""

    alg: str
    key: Key

    def __repr__(self) -> str:
        return f"KeyPair({self.alg!r})"


@dataclass(frozen=True, slots=True)
class SigningKeyView:
    """A key of ours and its times."""

    kid: str
    alg: str
    made_at: datetime
    signs_from: datetime
    signs_until: datetime | None
    published_until: datetime | None


def make_key_pair(alg: str) -> KeyPair:
    """Make a key for `alg`. For RS256 that takes up to a second: do it between transactions."""
    if alg == "ES256":
        return KeyPair(alg, ECKey.generate_key("P-256"))
    if alg == "EdDSA":
        return KeyPair(alg, OKPKey.generate_key("Ed25519"))
    if alg == "RS256":
        return KeyPair(alg, RSAKey.generate_key(RSA_BITS))
    raise ValueError(f"{alg} is no algorithm of ours")


def list_keys_wanted(session: Session, keys: Keys, *, now: datetime) -> Sequence[str]:
    """Give the algorithms that need a new key by now: none yet, one that no secret opens, or one that nears its end."""
    return list(_wanted(session, keys, now))


def rotate_keys(session: Session, keys: Keys, *, now: datetime, ready: Sequence[KeyPair] = ()) -> int:
    """Make every key that is wanted, forget those that are published no more; give how many were made.

    The very first key of an algorithm signs at once, as does one that stands in for a key no secret of ours opens. Of two at
    the same time the second waits and finds nothing to do. `ready` holds pairs made beforehand (`list_keys_wanted`,
    `make_key_pair`), so that no transaction waits for a prime; what is not among them is made here.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    pairs = {pair.alg: pair for pair in ready}
    wanted = _wanted(session, keys, now)
    for alg, former in wanted.items():
        signs_from = now
        if former is not None:
            signs_from = max(now + PUBLISHED_BEFORE, former.signs_from + SIGNS) if former.opens else now
            connection.execute(_close, {"which": former.kid, "until": signs_from, "gone": signs_from + PUBLISHED_AFTER})
        connection.execute(sa.insert(_key), _row(keys, pairs.get(alg) or make_key_pair(alg), signs_from, now))
    connection.execute(_forget, {"now": now})
    return len(wanted)


def bring_key_forward(session: Session, keys: Keys, pair: KeyPair, *, now: datetime) -> datetime | None:
    """Make the next key of an algorithm before its time; give when it signs, or None where one waits for its time already.

    Like every next key it is published for a day first. Of two at the same time the second finds that one waits.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    former = next((row for row in connection.execute(_newest) if row.alg == pair.alg), None)
    if former is not None and former.signs_from > now:
        return None
    signs_from = now
    if former is not None:
        signs_from = now + PUBLISHED_BEFORE
        connection.execute(_close, {"which": former.kid, "until": signs_from, "gone": signs_from + PUBLISHED_AFTER})
    connection.execute(sa.insert(_key), _row(keys, pair, signs_from, now))
    return signs_from


def withdraw_key(session: Session, keys: Keys, kid: str, *, now: datetime, ready: Sequence[KeyPair] = ()) -> None:
    """Take a key that somebody else may have out of use at once: nothing it signed is good any more.

    If it was the one that signs, another is made and signs from now on. Raises NotFound for a key that is not there.
    """
    connection = session.connection()
    gone = connection.execute(sa.delete(_key).where(_key.c.kid == kid).returning(_key.c.alg)).first()
    if gone is None:
        raise NotFound
    of_alg = sa.select(_key.c.kid).where(_key.c.alg == gone.alg, _key.c.signs_until.is_(None))
    following = connection.execute(of_alg).first()
    if following is None:
        rotate_keys(session, keys, now=now, ready=ready)
    else:  # one that waited for its time signs from now on
        connection.execute(sa.update(_key).where(_key.c.kid == following.kid, _key.c.signs_from > now).values(signs_from=now))


def list_signing_keys(session: Session) -> Sequence[SigningKeyView]:
    """Give every key there is, by algorithm and time."""
    return [SigningKeyView(*row) for row in session.connection().execute(_list)]


@dataclass(frozen=True, slots=True)
class _Former:
    kid: str
    signs_from: datetime
    opens: bool


def _wanted(session: Session, keys: Keys, now: datetime) -> dict[str, _Former | None]:
    """Give each algorithm that needs a key, and the key that it is to follow."""
    newest = {row.alg: row for row in session.connection().execute(_newest)}
    wanted: dict[str, _Former | None] = {}
    for alg in SIGNING_ALGORITHMS:
        row = newest.get(alg)
        if row is None:
            wanted[alg] = None
            continue
        opens = open_private_key(keys, row.private) is not None
        if not opens or row.signs_from + SIGNS - MADE_BEFORE <= now:
            wanted[alg] = _Former(row.kid, row.signs_from, opens)
    return wanted


def _row(keys: Keys, pair: KeyPair, signs_from: datetime, now: datetime) -> dict[str, Any]:
    kid = str(pair.key.thumbprint())  # RFC 7638: the same key never has two names
    public = {**pair.key.as_dict(private=False), "kid": kid, "alg": pair.alg, "use": "sig"}
    private = keys.encrypt(json.dumps(pair.key.as_dict(private=True)))
    return {
        "kid": kid, "alg": pair.alg, "public": public, "private": private, "made_at": now,
        "signs_from": signs_from, "signs_until": None, "published_until": None,
    }  # fmt: skip

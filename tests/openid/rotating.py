"""Racers that make keys, and how the same thing is done wrongly: `rotate_unguarded` looks first and writes later."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.openid import list_keys_wanted, make_key_pair, rotate_keys
from tests.security.racers import keys_of_the_tests, ready


def rotate(_: int, url: str, now: datetime) -> int:
    """Make the keys that are wanted."""
    database, keys = Database(url), keys_of_the_tests()
    pairs = [make_key_pair("ES256"), make_key_pair("EdDSA")]
    ready()
    with database.writing() as session:
        made = rotate_keys(session, keys, now=now, ready=pairs)
    database.close()
    return made


def rotate_unguarded(_: int, url: str, now: datetime) -> int:
    """Make the keys that were wanted a moment ago."""
    database, keys = Database(url), keys_of_the_tests()
    with database.reading() as session:
        wanted = list_keys_wanted(session, keys, now=now)
    pair = make_key_pair("ES256")
    ready()
    row = {
        "kid": str(pair.key.thumbprint()), "alg": "ES256", "public": {}, "private": "", "made_at": now,
        "signs_from": now, "signs_until": None, "published_until": None,
    }  # fmt: skip
    with database.writing() as session:
        session.execute(sa.insert(Base.metadata.tables["signing_key"]), row)
    database.close()
    return len(wanted)

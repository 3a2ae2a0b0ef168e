"""The provider's keys and clients, for every test of single sign-on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from joserfc.jwk import ECKey

from portal.base.db import Database
from portal.base.keys import Keys
from portal.openid import SIGNING_ALGORITHMS, KeyPair, KeyRing, load_key_ring, make_key_pair, rotate_keys
from tests.cast import Cast
from tests.openid.desk import Desk, make_desk
from tests.security.racers import Race, racing


@pytest.fixture(scope="session")
def pairs() -> list[KeyPair]:
    """Give a key for each algorithm, made once: a prime takes its time."""
    return [make_key_pair(alg) for alg in SIGNING_ALGORITHMS]


@pytest.fixture
def ring(database: Database, cast: Cast, keys: Keys, now: datetime, pairs: list[KeyPair]) -> KeyRing:
    """Give the keys that sign in `database`; after the cast, which is put back as it was first made, without keys."""
    with database.writing() as session:
        rotate_keys(session, keys, now=now, ready=pairs)
        return load_key_ring(session, keys, now=now)


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    """Give six processes, started once for a file."""
    with racing() as pool:
        yield pool


@pytest.fixture
def desk(database: Database, keys: Keys, ring: KeyRing) -> Desk:
    """Give a provider to ask."""
    return make_desk(database, keys, ring)


@pytest.fixture(scope="session")
def client_key() -> ECKey:
    """Give a client's own key."""
    return ECKey.generate_key("P-256", parameters={"kid": "theirs"})


@pytest.fixture(scope="session")
def client_jwks(client_key: ECKey) -> dict[str, object]:
    """Give what a client registers of its key."""
    return {"keys": [client_key.as_dict(private=False)]}

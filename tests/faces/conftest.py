"""What tests of orders in the faces may ask for: a filled store, and two orders that wait at the desk."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest

from tests.cast import NOW
from tests.faces.relying import make_relying
from tests.federation.companies import acme, globex  # noqa: F401 - fixtures
from tests.ordering import fill_store, order_handset, redeem


@pytest.fixture
def store(database, cast, keys):
    """Fill the store and the purses."""
    with database.writing() as session:
        fill_store(session, keys, cast)


@pytest.fixture
def thermos(database, cast, store):
    """Alice's flask, ordered an hour ago."""
    with database.writing() as session:
        return redeem(session, cast.alice, now=NOW - timedelta(hours=1))


@pytest.fixture
def handset(database, cast, store):
    """Two handsets for an employee of Acme, ordered half an hour ago."""
    with database.writing() as session:
        return order_handset(session, cast, now=NOW - timedelta(minutes=30))


@pytest.fixture
def signing(app, cast, keys):
    """Have the provider's keys made."""
    from portal.openid import rotate_keys

    with app.extensions["portal"].db.writing() as session:
        rotate_keys(session, keys, now=NOW, ready=_pairs())


@cache
def _pairs():
    from portal.openid import SIGNING_ALGORITHMS, make_key_pair

    return [make_key_pair(alg) for alg in SIGNING_ALGORITHMS]


@pytest.fixture
def shop(app, signing):
    """Give a partner's shop: people are asked before it is told anything."""
    return make_relying(app, "shop")


@pytest.fixture
def hall(app, signing):
    """Give one of the operator's own sites: nobody is asked."""
    return make_relying(app, "hall", first_party=True, redirect_uris=("https://hall.example/back",))

"""Making the provider's keys in time: for `flask setup`, for the worker's day, and by hand."""

from __future__ import annotations

from datetime import datetime

from portal.base.db import Database
from portal.base.keys import Keys
from portal.openid import list_keys_wanted, make_key_pair, rotate_keys


def renew_signing_keys(database: Database, keys: Keys, now: datetime) -> int:
    """Make the keys that are wanted by now, and forget those that are published no more; give how many were made.

    They are made between transactions: an RSA key takes up to a second.
    """
    with database.reading() as session:
        wanted = list_keys_wanted(session, keys, now=now)
    ready = [make_key_pair(alg) for alg in wanted]
    with database.writing() as session:
        return rotate_keys(session, keys, now=now, ready=ready)

"""Nonces of ours that a DPoP proof must hold (RFC 9449 8, 9): a proof made ahead, while a device was in other hands, is of no use.

None is kept: each is derived from the installation's secret and the time, and good for five to ten minutes.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from portal.base.keys import Keys
from portal.base.privacy import keyed_hash

EVERY_SECONDS = 300
LETTERS = 43
WANTED = "dpop_nonce_required"
"""The client's setting: it asks for nonces, since whoever builds it can cope with `use_dpop_nonce`."""
USE_NONCE = "use_dpop_nonce"


def dpop_nonce(keys: Keys, *, now: datetime) -> str:
    """Give the nonce that is handed out now."""
    return _at(keys, int(now.timestamp()) // EVERY_SECONDS)


def good_nonces(keys: Keys, *, now: datetime) -> Collection[str]:
    """Give the nonces that are taken now: the present one and the one before."""
    step = int(now.timestamp()) // EVERY_SECONDS
    return _at(keys, step), _at(keys, step - 1)


def _at(keys: Keys, step: int) -> str:
    return keyed_hash(keys.codes, "dpop_nonce", str(step))[:LETTERS]

"""Carrying the word that a sign-in is over: claimed in one transaction, posted outside any, settled in another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, repeat

import structlog

from portal.base.db import Database
from portal.base.keys import Keys
from portal.base.settings import Settings
from portal.openid import (
    BackChannel,
    ClaimedLogout,
    KeyRing,
    NotTaken,
    claim_logouts,
    is_logout_due,
    load_key_ring,
    logout_claims,
    release_logout,
    settle_logout,
)

log = structlog.get_logger()

BATCH = 40
AT_ONCE = 8  # a site that hangs holds up its own words alone
LOGOUT_TYPE = "logout+jwt"


@dataclass(frozen=True, slots=True)
class LogoutCarrier:
    """Carries the words of `database` by `channel`; `clock` gives the present moment."""

    database: Database
    keys: Keys
    settings: Settings
    channel: BackChannel
    clock: Callable[[], datetime]

    def run(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Carry all words that are due, or until `stopping()`; give how many were taken."""
        taken = 0
        with self.database.reading() as session:
            if not is_logout_due(session, now=self.clock()):
                return 0
        while not stopping():
            with self.database.writing() as session:
                claimed = claim_logouts(session, now=self.clock(), limit=BATCH)
            if not claimed:
                break
            with self.database.reading() as session:
                ring = load_key_ring(session, self.keys, now=self.clock())
            by_site = [list(group) for _, group in groupby(sorted(claimed, key=_site), key=_site)]
            with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="logout") as pool:
                taken += sum(pool.map(self._to_one_site, by_site, repeat(ring)))
        return taken

    def _to_one_site(self, words: Sequence[ClaimedLogout], ring: KeyRing) -> int:
        """Post what one site is to be told, in order; after the first that is not taken the rest waits."""
        for position, word in enumerate(words):
            error = self._post(word, ring)
            with self.database.writing() as session:
                status = settle_logout(session, word, error=error, now=self.clock())
                if status == "pending":
                    for each in words[position + 1 :]:
                        release_logout(session, each, now=self.clock())
            if status == "given_up":
                log.error("logout_given_up", delivery_id=word.id, client_id=word.client_id, error=error)
            elif error is not None:
                log.warning("logout_not_taken", delivery_id=word.id, client_id=word.client_id, attempt=word.attempts, error=error)
                return position
        return len(words)

    def _post(self, word: ClaimedLogout, ring: KeyRing) -> str | None:
        """Post one; give what went wrong."""
        if word.address is None:
            return None
        try:
            claims = logout_claims(word, issuer=self.settings.base_url.rstrip("/"), now=self.clock())
            self.channel.post(word.address, {"logout_token": ring.sign(claims, typ=LOGOUT_TYPE, alg=word.alg)})
        except NotTaken as refused:
            return str(refused)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other words go on and this one is tried again
            return type(error).__name__
        return None


def _site(word: ClaimedLogout) -> str:
    return word.client_id

"""Knocking at sites that did not take a word, once a second each, so that they hear within two seconds of answering again."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from portal.base.db import Database
from portal.openid import BackChannel, WaitingSite, list_waiting_sites, wake_site

log = structlog.get_logger()

KNOCK_SECONDS = 1.0
AT_ONCE = 16  # a site that swallows what is sent to it holds up its own knocks alone


@dataclass
class Knocker:
    """Knocks by `channel` at the sites of `database` that are waited for; `clock` gives the present moment.

    A site is woken when it begins to answer, not because it does: one that answers and still takes no word is left to its pauses.
    """

    database: Database
    channel: BackChannel
    clock: Callable[[], datetime]
    _answers: dict[str, bool] = field(default_factory=dict)
    _knocks: dict[str, Future[bool]] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="knock"))
    _next: float = 0.0

    def run(self, _stopping: Callable[[], bool] = lambda: False) -> int:
        """Take in what was answered, and knock again where a second has passed; give how many sites were woken."""
        woken = self.take_answers()
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + KNOCK_SECONDS
            self.knock()
        return woken

    def knock(self) -> None:
        """Knock at every address that is waited for and was not just knocked at; forget the others."""
        with self.database.reading() as session:
            sites = list_waiting_sites(session, now=self.clock())
        named = {site.client_id for site in sites}
        self._answers = {client_id: answers for client_id, answers in self._answers.items() if client_id in named}
        for site in sites:
            if site.client_id not in self._knocks:
                self._knocks[site.client_id] = self._pool.submit(self._at, site)

    def take_answers(self) -> int:
        """Wake the sites that answer and did not before; give how many."""
        woken = 0
        for client_id in [each for each, knock in self._knocks.items() if knock.done()]:
            answers, answered = self._knocks.pop(client_id).result(), self._answers.get(client_id, False)
            self._answers[client_id] = answers
            if answers and not answered:
                with self.database.writing() as session:
                    count = wake_site(session, client_id, now=self.clock())
                log.info("site_answers_again", client_id=client_id, waiting=count)
                woken += 1
        return woken

    def _at(self, site: WaitingSite) -> bool:
        try:
            return self.channel.answers(site.address)
        except Exception as error:  # noqa: BLE001 - a name that cannot be read is no answer, and the others go on
            log.warning("knock_failed", client_id=site.client_id, kind=type(error).__name__)
            return False

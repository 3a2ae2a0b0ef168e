"""Making papers: what is to be made is taken in one transaction, set outside any, laid with its order in another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Flask

from portal.base.db import Database
from portal.faces.papers import set_paper
from portal.orders import get_paper_order, keep_paper, take_wanted_paper

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PaperMaker:
    """Makes the papers people wait for. Two workers that take the same one make it twice and keep it once."""

    app: Flask
    database: Database
    clock: Callable[[], datetime]

    def run(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Make all that is wanted, or until `stopping()`; give how many were made."""
        made = 0
        while not stopping():
            with self.database.writing() as session:
                wanted = take_wanted_paper(session)
            if wanted is None:
                break
            with self.database.reading() as session:
                order = get_paper_order(session, wanted.customer_id, wanted.order_id)
            now = self.clock()
            try:
                content = set_paper(self.app, wanted.kind, order, wanted.language, made_at=now)
            except Exception as error:  # a paper that cannot be set must not hold up the others
                log.exception("paper_not_made", kind=wanted.kind, error=type(error).__name__)
                continue
            with self.database.writing() as session:
                keep_paper(session, wanted, content, now=now)
            made += 1
        return made

"""Carrying messages: claimed in one transaction, handed over outside any, settled in another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from portal.base.db import Database
from portal.messaging import ReceiptSource, SmsSender, carry, claim_due, note_receipt, settle_message, tidy_messages

log = structlog.get_logger()

BATCH = 5  # a slow centre takes ten seconds a message, and a claim lasts a minute


@dataclass(frozen=True, slots=True)
class Carrier:
    """Carries the messages of `database` by `sender`; `clock` gives the present moment."""

    database: Database
    sender: SmsSender
    clock: Callable[[], datetime]

    def run(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Carry all messages that are due, or until `stopping()`; give how many were handed over."""
        sent = 0
        while not stopping():
            with self.database.writing() as session:
                claimed = claim_due(session, now=self.clock(), limit=BATCH)
            if not claimed:
                break
            for message in claimed:
                outcome = carry(self.sender, message)
                with self.database.writing() as session:
                    settle_message(session, message, outcome, repeatable=self.sender.repeatable, now=self.clock())
                if outcome.end != "sent":
                    log.warning("message_not_sent", message_id=message.id, end=outcome.end, attempt=message.attempts)
                sent += outcome.end == "sent"
        self.note_receipts()
        return sent

    def note_receipts(self) -> None:
        """Keep what the centre says became of messages; a receipt may come before its message is noted as sent."""
        if not isinstance(self.sender, ReceiptSource):
            return
        for receipt in self.sender.take_receipts():
            with self.database.writing() as session:
                known = note_receipt(session, receipt.reference, receipt.state)
            if not known:
                self.sender.keep_receipt(receipt)

    def tidy(self) -> None:
        """Take back messages whose carrier died, and give up those that are too late."""
        with self.database.writing() as session:
            tidied = tidy_messages(session, repeatable=self.sender.repeatable, now=self.clock())
        if tidied.requeued or tidied.uncertain or tidied.expired:
            log.warning("messages_tidied", requeued=tidied.requeued, uncertain=tidied.uncertain, expired=tidied.expired)

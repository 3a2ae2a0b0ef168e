"""What the centre says became of a message is kept, whichever comes first: the receipt or the note that it was sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa

from portal.adapters.sms import SmppSender
from portal.adapters.sms.smpp import Account
from portal.base.db import Base, Database
from portal.faces.worker.messages import Carrier
from portal.messaging import queue_message
from tests.servers.smsc import MessageCentre

NUMBER = "13857101234"


@pytest.fixture
def sender(message_centre: MessageCentre) -> Iterator[SmppSender]:
    made = SmppSender(Account(message_centre.host, message_centre.port, "onehall", "secret", "10000"))
    yield made
    made.close()


def receipts(database: Database) -> list[tuple[str, str | None]]:
    message = Base.metadata.tables["message"]
    with database.reading() as session:
        return [
            (row.status, row.receipt) for row in session.execute(sa.select(message.c.status, message.c.receipt).order_by(message.c.body))
        ]


def test_a_receipt_is_kept_beside_its_message_and_no_other(
    database: Database, sender: SmppSender, message_centre: MessageCentre, now: datetime
) -> None:
    carrier = Carrier(database, sender, lambda: now)
    with database.writing() as session:
        for text in ("first", "second"):
            queue_message(session, NUMBER, text, kind="notice", secret=False, now=now)
    assert carrier.run() == 2
    submits = {submit.text: submit for submit in message_centre.wait_for(2)}
    telling = threading.Thread(target=message_centre.send_receipt, args=(submits["second"], "UNDELIV"))
    telling.start()
    until = time.monotonic() + 5
    while (found := receipts(database))[1][1] is None and time.monotonic() < until:
        carrier.note_receipts()
        time.sleep(0.02)
    telling.join(10)
    assert found == [("sent", None), ("sent", "UNDELIV")]


def test_a_receipt_that_comes_too_early_waits_for_its_message(
    database: Database, sender: SmppSender, message_centre: MessageCentre, now: datetime
) -> None:
    carrier = Carrier(database, sender, lambda: now)
    reference = sender.send(1, NUMBER, "sent behind the carrier's back")
    telling = threading.Thread(target=message_centre.send_receipt, args=(message_centre.wait_for(1)[0],))
    telling.start()
    while telling.is_alive():  # the centre waits until its receipt is taken
        carrier.note_receipts()
        time.sleep(0.02)
    assert receipts(database) == []
    message = Base.metadata.tables["message"]
    with database.writing() as session:
        made = queue_message(session, NUMBER, "the same", kind="notice", secret=False, now=now)
        session.execute(sa.update(message).where(message.c.id == made).values(status="sent", provider_ref=reference))
    carrier.note_receipts()
    assert receipts(database) == [("sent", "DELIVRD")]

"""Ways out for text messages: the tray that ships for a try-out, SMPP for a real centre, and none."""

from __future__ import annotations

from portal.adapters.sms.none import NoSender
from portal.adapters.sms.smpp import SmppSender
from portal.adapters.sms.tray import TraySender
from portal.base.db import Database
from portal.base.settings import Settings
from portal.messaging import SmsSender

__all__ = ["NoSender", "SmppSender", "TraySender", "make_sender"]


def make_sender(settings: Settings, database: Database) -> SmsSender:
    """Make the sender the settings name. An SMPP one connects with its first message."""
    if settings.sms_adapter == "tray":
        return TraySender(database)
    if settings.sms_adapter == "smpp":
        return SmppSender.from_url(settings.smpp_url.get_secret_value())
    return NoSender()

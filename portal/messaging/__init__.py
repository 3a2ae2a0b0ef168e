"""Messages to people: written down in the caller's transaction, carried by the worker, never twice unawares."""

from portal.messaging.delivery import Claimed, Outcome, Tidied, carry, claim_due, settle_message, tidy_messages
from portal.messaging.errors import NotRepeatable
from portal.messaging.notices import LONGEST, notify_person
from portal.messaging.ports import Listener, MessageSource, Receipt, ReceiptSource, SmsRefused, SmsSender, SmsUnavailable, SmsUncertain
from portal.messaging.queries import MessageView, TrayView, count_waiting, list_messages, list_tray
from portal.messaging.service import (
    mark_failed,
    mark_retry,
    mark_sent,
    mark_uncertain,
    note_receipt,
    put_in_tray,
    queue_message,
    requeue,
)

__all__ = [
    "LONGEST",
    "Claimed",
    "Listener",
    "MessageSource",
    "MessageView",
    "NotRepeatable",
    "Outcome",
    "Receipt",
    "ReceiptSource",
    "SmsRefused",
    "SmsSender",
    "SmsUnavailable",
    "SmsUncertain",
    "Tidied",
    "TrayView",
    "carry",
    "claim_due",
    "count_waiting",
    "list_messages",
    "list_tray",
    "mark_failed",
    "mark_retry",
    "mark_sent",
    "mark_uncertain",
    "note_receipt",
    "notify_person",
    "put_in_tray",
    "queue_message",
    "requeue",
    "settle_message",
    "tidy_messages",
]

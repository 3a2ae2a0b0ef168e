"""What billing does after the fact: a bill that stands is announced by text message, at the worker's own pace.

The timeline is written with the bill itself (a direct call downwards); a message can wait, and a bill run of a million
must not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from babel.dates import format_date
from babel.numbers import format_currency
from sqlalchemy.orm import Session

from portal.base.events import Handlers
from portal.base.i18n import LOCALES, Language
from portal.base.money import Money
from portal.billing.events import BillIssued
from portal.customers import Viewer, parse_number, profile_card
from portal.messaging import queue_message

NOTICE_DAYS = 2
_NOTICE: Mapping[Language, tuple[str, str, str]] = {
    "zh": ("您{month}的账单为 {amount}，请于{day}前缴清。登录网厅可查看明细。", "y年M月", "M月d日"),
    "en": ("Your bill for {month} is {amount}, due on {day}. Sign in to see what it is made of.", "MMMM y", "d MMMM"),
}


def register(handlers: Handlers) -> None:
    """Name what this capability listens to."""
    handlers.on(BillIssued, announce_bill)


def announce_bill(session: Session, event: BillIssued, now: datetime) -> None:
    """Queue a message to the customer's first running line; nobody is written to about a bill of nothing."""
    if event.total_minor == 0:
        return
    card = profile_card(session, Viewer("staff", "system:billing", event.customer_id), now=now)
    line = next((line for line in card.lines if line.status == "active"), None)
    if line is None:
        return
    language: Language = "en" if card.language == "en" else "zh"
    body = _body(event, language)
    expires_at = now + timedelta(days=NOTICE_DAYS)
    queue_message(session, parse_number(line.number), body, kind="notice", secret=False, now=now, expires_at=expires_at)


def _body(event: BillIssued, language: Language) -> str:
    text, month, day = _NOTICE[language]
    locale = LOCALES[language]
    return text.format(
        month=format_date(date.fromisoformat(event.cycle_start), month, locale=locale),
        day=format_date(date.fromisoformat(event.due_on), day, locale=locale),
        amount=format_currency(Money(event.total_minor, event.currency).amount, event.currency, locale=locale),
    )

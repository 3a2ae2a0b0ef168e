"""Short notices to one person, in the language the person has chosen and in one message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.i18n import Language, pick_text
from portal.customers import find_person
from portal.messaging.service import queue_message

LONGEST: Mapping[Language, int] = {"zh": 70, "en": 160}
"""So many signs go into one message."""


def notify_person(
    session: Session,
    party_id: int,
    words: Mapping[Language, str],
    *,
    item: Mapping[str, str],
    until: str,
    expires_at: datetime,
    now: datetime,
) -> bool:
    """Queue `words` ({item}, {until}) for a person at the number they are called at; False where they have none.

    A long name of the item is cut, so that it stays one message. It is not sent any more after `expires_at`.
    """
    person = find_person(session, party_id, now=now)
    if person is None or person.number is None:
        return False
    spoken: Language = "en" if person.language == "en" else "zh"
    body = write_short(words[spoken], spoken, item=item, until=until)
    queue_message(session, person.number, body, kind="notice", secret=False, now=now, expires_at=expires_at)
    return True


def write_short(text: str, spoken: Language, *, item: Mapping[str, str], until: str) -> str:
    """Give the text with its placeholders filled, the item's name cut to the room there is in one message."""
    room = LONGEST[spoken] - len(text.format(item="", until=until))
    return text.format(item=pick_text(item, spoken)[: max(room, 0)], until=until)

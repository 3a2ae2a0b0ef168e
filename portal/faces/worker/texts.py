"""What people write to us: a code is redeemed, and the answer goes back by message, in the language its reader has chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.base.db import Database
from portal.base.errors import N_, Invalid
from portal.base.i18n import Language, pick_text
from portal.base.keys import Keys
from portal.codes import CodeRefused, Texted, redeem_text
from portal.customers import find_person, parse_number
from portal.faces.babel import gettext_in
from portal.messaging import LONGEST, queue_message

POINTS = N_("You won %(prize)s. The points are there within a minute.")
GOODS = N_("You won %(prize)s. It is among your orders.")
NOTHING = N_("Your code is redeemed. It won nothing this time.")


@dataclass(frozen=True, slots=True)
class TextDesk:
    """Takes messages that came in. `country`: whose numbers are known here."""

    database: Database
    keys: Keys
    country: str
    clock: Callable[[], datetime]

    def take(self, sender: str, text: str) -> None:
        """Take one message; from whom we do not know, or with no code in it, it is passed over."""
        now = self.clock()
        try:
            number = parse_number(sender, self.country)
        except Invalid:
            return
        with self.database.writing() as session:
            texted = redeem_text(session, self.keys, number, text, now=now)
            if texted is None:
                return
            person = find_person(session, texted.party_id, now=now)
            spoken: Language = "en" if person is not None and person.language == "en" else "zh"
            queue_message(session, number, answer_words(texted, spoken), kind="code_answer", secret=False, now=now)


def answer_words(texted: Texted, spoken: Language) -> str:
    """Give what is written back, in one message."""
    answer = texted.answer
    if isinstance(answer, Invalid):
        return gettext_in(spoken, answer.fields["code"])
    if isinstance(answer, CodeRefused):
        return gettext_in(spoken, answer.sentence, **answer.params)
    if answer.prize is None:
        return gettext_in(spoken, NOTHING)
    told = POINTS if answer.prize.kind == "points" else GOODS
    room = LONGEST[spoken] - len(gettext_in(spoken, told, prize=""))
    return gettext_in(spoken, told, prize=pick_text(answer.prize.name, spoken)[:room])

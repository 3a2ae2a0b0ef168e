"""What came of each of several orders, in words: "12 done, 1 was faster taken"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from portal.base.errors import N_
from portal.faces.babel import gettext
from portal.faces.words import sentence

Came = Literal["done", "again", "faster", "not_yours", "other_task", "gone", "no_number", "long", "unknown", "several", "twice", "unread"]
WORDS: dict[Came, str] = {
    "done": N_("Done"),
    "again": N_("Was done before"),
    "faster": N_("Somebody was faster"),
    "not_yours": N_("Not taken by you"),
    "other_task": N_("Waits for something else"),
    "gone": N_("Finished or cancelled meanwhile"),
    "no_number": N_("No tracking number"),
    "long": N_("Longer than 60 signs"),
    "unknown": N_("No such order on the worklist"),
    "several": N_("Two orders are called so; send them one by one"),
    "twice": N_("Twice in the list, with different numbers"),
    "unread": N_("Not a reference and a number"),
}
LOOKS: dict[Came, str] = {"done": "ok", "again": "info"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one order. `what` is what it is called, or the line of a list; `url` leads to it where it is one."""

    what: str
    came: Came
    url: str | None = None
    note: str = ""

    @property
    def words(self) -> str:
        """What came of it."""
        return sentence(WORDS[self.came])

    @property
    def look(self) -> str:
        """How it is shown."""
        return LOOKS.get(self.came, "warn")


def sum_up(outcomes: Sequence[Outcome]) -> str:
    """Say what came of all of them together."""
    counted = Counter(outcome.came for outcome in outcomes)
    said = {
        "done": gettext("%(count)s done", count=counted["done"]),
        "again": gettext("%(count)s done before", count=counted["again"]),
        "faster": gettext("%(count)s taken by somebody faster", count=counted["faster"]),
        "not_yours": gettext("%(count)s not taken by you", count=counted["not_yours"]),
        "gone": gettext("%(count)s finished or cancelled meanwhile", count=counted["gone"]),
    }
    others = sum(count for came, count in counted.items() if came not in said)
    parts = [words for came, words in said.items() if counted[came]]  # type: ignore[index]
    if others:
        parts.append(gettext("%(count)s left as they are", count=others))
    return gettext(", ").join(parts)

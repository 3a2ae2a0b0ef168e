"""Real-name rules: which things are sold only to somebody whose papers were seen, and which papers those are.

The law asks the operator to know who holds a line (Provisions on real-name registration of telephone users, 2013; Anti-Telecom
and Online Fraud Law 2022, articles 9–14). The rules are the operator's: this table, in the order in which they are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from portal.base.clock import today
from portal.customers import PaperName

Kind = Literal["individual", "organisation"]
KINDS: tuple[Kind, ...] = ("individual", "organisation")


@dataclass(frozen=True, slots=True)
class RealNameRule:
    """Whoever orders one of `kinds` (of an offering) without naming a line he or she has already shows `papers`.

    `by`: who shows them. `unless_through`: channels where they are looked at on the spot. `each_time`: those of the papers that
    are looked at for every order; the others count as the customer's record has them.
    """

    kinds: frozenset[str]
    by: Kind
    papers: tuple[PaperName, ...]
    unless_through: frozenset[str] = frozenset()
    each_time: frozenset[PaperName] = frozenset()


RULES: tuple[RealNameRule, ...] = (
    RealNameRule(frozenset({"plan", "line", "internet", "sim"}), "individual", ("id_card",), frozenset({"counter"})),
    RealNameRule(
        frozenset({"plan", "line", "internet", "sim"}),
        "organisation",
        ("business_licence", "authorisation"),
        frozenset({"counter"}),
        each_time=frozenset({"authorisation"}),  # it is somebody's, and the record does not say whose
    ),
)


def papers_to_show(things: Iterable[tuple[str, bool]], *, by: str, channel: str) -> Mapping[str, bool]:
    """Give the papers an order asks for, and of each whether it is looked at each time.

    `things` are (kind, whether it is for a line that is had already).
    """
    new = {kind for kind, has_line in things if not has_line}
    wanted: dict[str, bool] = {}
    for rule in RULES:
        if rule.kinds & new and rule.by == by and channel not in rule.unless_through:
            wanted |= {paper: wanted.get(paper, False) or paper in rule.each_time for paper in rule.papers}
    return wanted


def papers_missing(documents: Mapping[str, Any] | None) -> Sequence[str]:
    """Give the papers an order still waits for, of what is kept with it (portal.orders.checking.papers_of_order)."""
    kept = documents or {}
    return [name for name in kept.get("wanted", ()) if name not in kept.get("seen", {})]


def papers_on_record(documents: Mapping[str, Any] | None) -> Mapping[str, date]:
    """Give the papers an order did not ask for again, and the day each was shown."""
    seen = (documents or {}).get("seen", {})
    return {name: today(datetime.fromisoformat(one["at"])) for name, one in seen.items() if one.get("on_record")}

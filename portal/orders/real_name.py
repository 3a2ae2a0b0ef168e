"""Real-name rules: which things are sold only to somebody whose papers were seen, and which papers those are.

The law asks the operator to know who holds a line (Provisions on real-name registration of telephone users, 2013; Anti-Telecom
and Online Fraud Law 2022, articles 9–14). The rules are the operator's: this table, in the order in which they are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from portal.customers import PaperName


@dataclass(frozen=True, slots=True)
class RealNameRule:
    """Whoever orders one of `kinds` (of an offering) without naming a line he or she has already shows `papers`.

    `by`: who shows them. `unless_through`: channels where they are looked at on the spot.
    """

    kinds: frozenset[str]
    by: Literal["individual", "organisation"]
    papers: tuple[PaperName, ...]
    unless_through: frozenset[str] = frozenset()


RULES: tuple[RealNameRule, ...] = (
    RealNameRule(frozenset({"plan", "line", "internet", "sim"}), "individual", ("id_card",), frozenset({"counter"})),
    RealNameRule(
        frozenset({"plan", "line", "internet", "sim"}), "organisation", ("business_licence", "authorisation"), frozenset({"counter"})
    ),
)


def papers_to_show(things: Iterable[tuple[str, bool]], *, by: str, channel: str) -> Sequence[PaperName]:
    """Give the papers an order asks for: `things` are (kind, whether it is for a line that is had already)."""
    new = {kind for kind, has_line in things if not has_line}
    wanted = [rule.papers for rule in RULES if rule.kinds & new and rule.by == by and channel not in rule.unless_through]
    return list(dict.fromkeys(paper for papers in wanted for paper in papers))


def papers_missing(documents: Mapping[str, Any] | None) -> Sequence[str]:
    """Give the papers an order still waits for, of what is kept with it: {"wanted": […], "seen": {name: by whom}}."""
    kept = documents or {}
    return [name for name in kept.get("wanted", ()) if name not in kept.get("seen", {})]

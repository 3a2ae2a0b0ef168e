"""Who may have an offering: the reasons against it, by code, for the face to put in words."""

from __future__ import annotations

from datetime import date

from portal.catalog.document import Eligibility
from portal.customers import Shopper, age_on, lives_in, tenure_months

REASONS = ("sign_in", "kind", "tier", "region", "tenure", "age", "documents", "new_only", "existing_only")
"""Every code there is: not signed in where somebody must be known, and what it is about the buyer that does not fit."""
_NOTHING = Eligibility()


def is_hidden(who: Eligibility, shopper: Shopper | None) -> bool:
    """Say whether an offer is for enterprises the buyer does not belong to: others' prices are nobody's to see."""
    if not who.enterprise:
        return False
    if shopper is None or shopper.enterprise is None:
        return True
    return bool(who.enterprises) and shopper.enterprise not in who.enterprises


def find_bars(who: Eligibility, shopper: Shopper | None, day: date) -> tuple[str, ...]:
    """Say why a buyer cannot have it on `day`, by codes of REASONS; nothing: can."""
    if who == _NOTHING:
        return ()
    if shopper is None:
        return ("sign_in",)
    bars = {
        "kind": bool(who.kinds) and shopper.kind not in who.kinds,
        "tier": bool(who.tiers) and shopper.tier not in who.tiers,
        "region": bool(who.regions) and not lives_in(shopper, who.regions),
        "tenure": not _within(tenure_months(shopper, day), who.tenure_months_min, who.tenure_months_max),
        "age": not _within(age_on(shopper, day), who.age_min, who.age_max),
        "documents": not shopper.documents.issuperset(who.documents),
        "new_only": who.customers == "new" and bool(shopper.products),
        "existing_only": who.customers == "existing" and not shopper.products,
    }
    return tuple(code for code, stands in bars.items() if stands)


def papers_to_ask(who: Eligibility, shopper: Shopper | None) -> tuple[str, ...]:
    """Give the papers (portal.customers.PAPERS) an offer asks for and a buyer has not shown; of nobody none is asked."""
    return () if shopper is None else tuple(name for name in who.documents if name not in shopper.documents)


def _within(value: int | None, least: int | None, most: int | None) -> bool:
    if least is None and most is None:
        return True
    return value is not None and (least is None or value >= least) and (most is None or value <= most)

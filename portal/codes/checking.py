"""Whether a batch can be made: every fault is named by its place."""

from __future__ import annotations

from datetime import datetime

from portal.base.errors import N_, Invalid
from portal.codes.entry import CHANNELS, MILLION, NewBatch, NewPrize
from portal.codes.making import MOST

MOST_PRIZES = 50
_LIMITS = ("per_customer", "per_customer_day", "per_day")


def check_batch(new: NewBatch, *, now: datetime) -> None:
    """Raise Invalid where a batch cannot be what was entered; places are `size`, `rules.per_day`, `prizes.2.weight`."""
    faults: dict[str, str] = {}
    if not all(new.name.get(language, "").strip() for language in ("zh", "en")):
        faults["name"] = N_("Enter a name in both languages.")
    if type(new.size) is not int or not 1 <= new.size <= MOST:
        faults["size"] = N_("Enter a number of codes from 1 to %(most)s.")
    if new.ends_at <= new.starts_at:
        faults["ends_at"] = N_("The last day is before the first.")
    elif new.ends_at <= now:
        faults["ends_at"] = N_("The last day has passed.")
    faults |= _faults_of_kind(new) | _faults_of_rules(new)
    for place, prize in enumerate(new.prizes, 1):
        faults |= {f"prizes.{place}.{name}": fault for name, fault in _faults_of_prize(prize).items()}
    if faults:
        raise Invalid(faults, most=MOST)


def _faults_of_kind(new: NewBatch) -> dict[str, str]:
    if new.kind == "coupon":
        faults = {} if new.campaign_code else {"campaign_code": N_("Enter the campaign these coupons open.")}
        return faults | ({"prizes": N_("Coupons have no prizes.")} if new.prizes else {})
    if not 1 <= len(new.prizes) <= MOST_PRIZES:
        return {"prizes": N_("Enter one prize or more.")}
    if sum(prize.weight for prize in new.prizes) > MILLION:
        return {"prizes": N_("The odds come to more than one million of a million.")}
    return {}


def _faults_of_rules(new: NewBatch) -> dict[str, str]:
    faults = {}
    for name in _LIMITS:
        limit = getattr(new.rules, name)
        if limit is not None and (type(limit) is not int or not 1 <= limit <= MOST):
            faults[f"rules.{name}"] = N_("Enter a whole number above zero, or nothing for no limit.")
    if not set(new.rules.channels) <= set(CHANNELS):
        faults["rules.channels"] = N_("There is no such channel.")
    return faults


def _faults_of_prize(prize: NewPrize) -> dict[str, str]:
    faults = {}
    if not all(prize.name.get(language, "").strip() for language in ("zh", "en")):
        faults["name"] = N_("Enter a name in both languages.")
    if type(prize.weight) is not int or not 1 <= prize.weight <= MILLION:
        faults["weight"] = N_("Enter how many of a million draws win it, from 1 to 1000000.")
    if prize.amount is not None and (type(prize.amount) is not int or not 1 <= prize.amount <= MOST):
        faults["amount"] = N_("Enter a whole number above zero, or nothing for no limit.")
    if prize.kind == "offering" and prize.amount is None:
        faults["amount"] = N_("Enter how many there are: goods are not given without end.")
    if prize.kind == "points" and (type(prize.points) is not int or not 1 <= prize.points <= MILLION):
        faults["points"] = N_("Enter the points it gives, from 1 to 1000000.")
    if prize.kind == "offering" and not prize.offering_code:
        faults["offering_code"] = N_("Enter the code of the offering it gives.")
    if prize.kind not in ("nothing", "points", "offering"):
        faults["kind"] = N_("Choose nothing, points or an offering.")
    return faults

"""How offers, carts and campaigns read, in every face: why a price is what it is, and why something cannot be had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from portal.base.errors import N_, Refused
from portal.base.i18n import pick_text
from portal.base.money import Money
from portal.carts import Fault, SellingRules, ShippingRule
from portal.catalog import Offer, OfferView, list_offerings
from portal.customers import PAPERS
from portal.faces.babel import gettext, ngettext
from portal.faces.language import language
from portal.faces.parts import portal
from portal.faces.words import joined, money, number, sentence, text
from portal.orders import NotForYou
from portal.promotions import Reason

CATEGORIES = {
    "plans": N_("Plans"),
    "bundles": N_("Bundles"),
    "broadband": N_("Broadband"),
    "lines": N_("Further lines"),
    "add-ons": N_("Add-ons"),
    "phones": N_("Phones"),
    "devices": N_("Devices"),
    "accessories": N_("Accessories"),
    "sim-cards": N_("SIM cards"),
    "services": N_("Services"),
}
OF_KIND = {
    "plan": "plans", "bundle": "bundles", "internet": "broadband", "line": "lines", "add_on": "add-ons", "device": "phones",
    "accessory": "accessories", "sim": "sim-cards", "service": "services",
}  # fmt: skip
"""The shelf of what was given none."""
ICONS = {
    "plan": "device-mobile", "bundle": "package", "internet": "router", "line": "users", "add_on": "plus", "device": "device-mobile",
    "accessory": "battery-charging", "sim": "id", "service": "tool", "gift": "gift",
}  # fmt: skip
BARS = {
    "sign_in": N_("Sign in to see whether you can have it."),
    "kind": N_("It is for another kind of customer."),
    "tier": N_("It is for members of another level."),
    "region": N_("It is not offered where you live."),
    "tenure": N_("It is for customers who have been with us for another length of time."),
    "age": N_("It is for people of another age."),
    "documents": N_("It needs a paper to be shown first, at any of our shops."),
    "new_only": N_("It is for new customers."),
    "existing_only": N_("It is for customers who have a plan with us already."),
}
MOST_NAMED = 3
USAGE = {"minute": N_("%(price)s a minute"), "mb": N_("%(price)s a megabyte"), "message": N_("%(price)s a message")}


def selling_rules() -> SellingRules:
    """Give how this installation sells."""
    settings = portal().settings
    shipping = ShippingRule(settings.shipping_fee_minor, settings.shipping_free_from_minor or None)
    return SellingRules(settings.currency, shipping, settings.order_pay_minutes, settings.quote_days)


def shelf_of(offer: OfferView) -> str:
    """Give the code of the shelf an offer stands on."""
    return offer.category or OF_KIND.get(offer.kind, offer.kind)


def category_name(code: str) -> str:
    """Give what a shelf is called."""
    return gettext(CATEGORIES[code]) if code in CATEGORIES else code.replace("_", " ").capitalize()


def offer_icon(offer: OfferView) -> str:
    """Give the icon an offer is shown by."""
    return offer.picture or ICONS.get(offer.kind, "tag")


def picture_url(picture: str) -> str:
    """Give the address of an offer's picture. Written by hand: a shelf asks for one a card."""
    return f"{request.script_root}/pictures/{picture}"


def bar_words(codes: tuple[str, ...], papers: tuple[str, ...] = ()) -> str:
    """Say why somebody cannot have an offer, and which papers would open it."""
    asked = [gettext(each.ask) for name, each in PAPERS.items() if name in papers]
    said = [gettext(BARS[code]) for code in codes if code in BARS and not (asked and code == "documents")]
    return joined([*said, *asked]) or gettext("It is not offered to you.")


def either(names: Iterable[str]) -> str:
    """Write things of which any one will do: a, b or c; of many the first few."""
    found = list(names)
    if len(found) > MOST_NAMED:
        found = [*found[:MOST_NAMED], gettext("another of the kind")]
    return reduce(lambda one, other: gettext("%(one)s or %(other)s", one=one, other=other), found) if found else ""


def fault_words(fault: Fault, names: Mapping[str, str]) -> str:
    """Say why a line of the cart cannot be ordered as it stands; `names` of offerings by code."""
    others = either(names.get(code, code) for code in fault.others)
    if fault.kind == "barred":
        return bar_words(fault.reasons, fault.papers)
    if fault.kind == "requires":
        return gettext("It needs %(others)s, which you do not have.", others=others)
    if fault.kind == "excludes":
        return gettext("It does not go together with %(others)s.", others=others)
    if fault.kind == "left":
        if not fault.limit:
            return gettext("The last one has just gone.")
        return ngettext("There is %(count)s left.", "There are %(count)s left.", fault.limit, count=number(fault.limit))
    return gettext("One customer may have %(count)s of it.", count=number(fault.limit or 0))


def standing_words(db: Session, offer: Offer | NotForYou) -> str:
    """Say why somebody cannot have an offer; nothing where nothing stands against it. No statement, one where others are named."""
    names = {each.code: text(dict(each.name)) for each in list_offerings(db)} if offer.conflicts else {}
    parts = [bar_words(offer.barred, offer.papers)] if offer.barred else []
    parts += [fault_words(Fault(each.kind, others=each.any_of or (each.other,)), names) for each in offer.conflicts]
    return joined(parts)


def refusal_words(db: Session, refusal: Refused) -> str:
    """Say a refusal; of an offering somebody cannot have, with the reason."""
    if isinstance(refusal, NotForYou):
        return joined([sentence(refusal), standing_words(db, refusal) or bar_words(())])
    return sentence(refusal)


def reason_words(reason: Reason) -> str:
    """Say what a campaign did to a price, or what is missing for it, in the reader's language."""
    return sentence(reason.sentence, **{name: _written(value) for name, value in reason.params.items()})


def charge_words(offer: OfferView) -> list[tuple[str, str]]:
    """Give the parts of a price that are not in its first line: deposit, tiers, usage, as (what, how much)."""
    charges, rows = offer.charges, []
    if charges.deposit_minor:
        rows.append((gettext("Deposit, given back at the end"), _money(charges.deposit_minor, charges.currency)))
    for from_quantity, amount in charges.tiers:
        if from_quantity > 1:
            rows.append((gettext("From %(count)s pieces", count=number(from_quantity)), _money(amount, charges.currency)))
    for unit, amount in charges.usage.items():
        if unit in USAGE:
            rows.append((gettext("Usage"), gettext(USAGE[unit], price=_money(amount, charges.currency))))
    return rows


def price_words(once_minor: int, monthly_minor: int, currency: str) -> str:
    """Write a price as people say it: ¥1,099.00, ¥59.00 a month, or both."""
    a_month = gettext("%(price)s a month", price=_money(monthly_minor, currency)) if monthly_minor else ""
    if a_month and once_minor:
        return gettext("%(once)s, then %(monthly)s", once=_money(once_minor, currency), monthly=a_month)
    return a_month or (_money(once_minor, currency) if once_minor else gettext("No charge"))


def terms_words(offer: OfferView, currency: str) -> list[str]:
    """Give what one agrees to with an offer, a sentence each."""
    terms, said = offer.terms, []
    if terms.months_bound:
        said.append(gettext("You are bound for %(count)s months.", count=number(terms.months_bound)))
        if terms.early_end_minor:
            said.append(gettext("Ending it before that costs %(price)s.", price=_money(terms.early_end_minor, currency)))
    if terms.notice_days:
        said.append(gettext("To end it, tell us %(count)s days before.", count=number(terms.notice_days)))
    if terms.return_days and offer.fulfilment == "goods":
        said.append(gettext("You can send it back within %(count)s days.", count=number(terms.return_days)))
    words = pick_text(terms.words, language()) if terms.words else ""
    return [*said, words] if words else said


def _money(minor: int, currency: str) -> str:
    return money(Money(minor, currency))


def _written(value: Any) -> str:
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, Mapping):
        return pick_text(value, language())
    return number(value) if isinstance(value, int) else str(value)

"""What a customer is told about a campaign: applied, beaten by another, missing something, used up, barred."""

from __future__ import annotations

from portal.base.errors import N_
from portal.base.money import Money
from portal.promotions.basket import Basket, Reason
from portal.promotions.compiling import Compiled, Hint
from portal.promotions.effects import Gain


def say_applied(campaign: Compiled, gain: Gain, currency: str) -> Reason:
    """It was applied."""
    amount = sum(gain.off.values()) + gain.off_shipping
    if amount:
        what = {"name": campaign.name, "amount": Money(amount, currency)}
        return Reason(campaign.code, campaign.name, "applied", N_("%(name)s: %(amount)s less."), what)
    return Reason(campaign.code, campaign.name, "applied", N_("You get: %(what)s."), {"what": campaign.reward})


def say_to_choose(campaign: Compiled) -> Reason:
    """A gift is still to be chosen."""
    return Reason(campaign.code, campaign.name, "missing", N_("Choose your gift: %(what)s."), {"what": campaign.reward})


def say_missing(campaign: Compiled, hint: Hint, much: int, currency: str) -> Reason:
    """Something more, and it would be applied."""
    what = {"what": campaign.reward, "more": Money(much, currency) if hint.of_money else much}
    sentence = N_("%(more)s more and you get: %(what)s.") if hint.of_money else N_("Add %(more)s more and you get: %(what)s.")
    return Reason(campaign.code, campaign.name, "missing", sentence, what)


def say_used_up(campaign: Compiled) -> Reason:
    """No use is left."""
    return Reason(campaign.code, campaign.name, "used_up", N_("%(name)s is used up."), {"name": campaign.name})


def say_not_together(campaign: Compiled, other: Compiled) -> Reason:
    """Another of the same exclusive category was applied."""
    what = {"name": campaign.name, "other": other.name}
    return Reason(campaign.code, campaign.name, "beaten", N_("%(name)s does not go together with %(other)s."), what)


def say_comes_first(campaign: Compiled, other: Compiled) -> Reason:
    """Another comes before it, and only one of the two holds."""
    what = {"name": campaign.name, "other": other.name}
    return Reason(campaign.code, campaign.name, "beaten", N_("%(other)s holds in place of %(name)s."), what)


def say_worth_less(campaign: Compiled, other: Compiled) -> Reason:
    """Another is better for the customer."""
    what = {"name": campaign.name, "other": other.name}
    return Reason(campaign.code, campaign.name, "beaten", N_("%(other)s saves you more than %(name)s."), what)


def say_better_without(campaign: Compiled) -> Reason:
    """Others together are better for the customer."""
    sentence = N_("Other offers together save you more than with %(name)s.")
    return Reason(campaign.code, campaign.name, "beaten", sentence, {"name": campaign.name})


def say_nothing_left(campaign: Compiled) -> Reason:
    """It holds, but there is nothing it could still be taken off."""
    sentence = N_("%(name)s changes nothing here: there is nothing left to take it off.")
    return Reason(campaign.code, campaign.name, "beaten", sentence, {"name": campaign.name})


def say_barred(code: str, campaign: Compiled | None, basket: Basket) -> Reason:
    """A code did nothing."""
    if campaign is None or not campaign.is_open(basket):
        return Reason(code, {}, "barred", N_("The offer this code belongs to does not run at the moment."))
    sentence = N_("The code for %(name)s does not hold for you, or not for what is in your cart.")
    return Reason(code, campaign.name, "barred", sentence, {"name": campaign.name})

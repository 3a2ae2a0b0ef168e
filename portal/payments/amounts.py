"""Which amounts can be paid: whole minor units, more than nothing, of a size somebody might mean."""

from __future__ import annotations

import re
from decimal import Decimal

from portal.base.errors import N_
from portal.base.money import minor_digits
from portal.payments.errors import BadAmount, WrongCurrency

MAX_PAYMENT_MINOR = 10**10
"""The largest amount of one payment or refund: a hundred million yuan."""
_TYPED = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)


def check_amount(amount_minor: int, currency: str, *, expected_currency: str) -> None:
    """Raise BadAmount or WrongCurrency, by name, for what cannot be paid or paid back."""
    if type(amount_minor) is not int:
        raise BadAmount(N_("An amount is counted in whole minor units."), code="not_whole")
    if amount_minor == 0:
        raise BadAmount(N_("An amount of nothing cannot be paid."), code="nothing")
    if amount_minor < 0:
        raise BadAmount(N_("An amount below nothing cannot be paid."), code="negative")
    if amount_minor > MAX_PAYMENT_MINOR:
        raise BadAmount(N_("An amount this large cannot be paid."), code="too_large")
    if currency != expected_currency:
        raise WrongCurrency(currency=expected_currency)


def read_amount(text: str, currency: str) -> int:
    """Read an amount in major units, such as `12.50`, as minor units; raises BadAmount for more decimals than there are."""
    if not _TYPED.fullmatch(text):
        raise BadAmount(code="not_whole")
    minor = Decimal(text).scaleb(minor_digits(currency))
    if minor != minor.to_integral_value():
        raise BadAmount(N_("An amount has at most %(digits)s decimals."), code="too_many_decimals", digits=minor_digits(currency))
    amount = int(minor)
    check_amount(amount, currency, expected_currency=currency)
    return amount

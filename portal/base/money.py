"""Money: integer minor units with a currency. Never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

from babel.numbers import get_currency_precision

MAX_MINOR = 10**15


@cache
def minor_digits(currency: str) -> int:
    """Give how many decimal places an ISO 4217 currency has: CNY 2, JPY 0 (CLDR)."""
    return int(get_currency_precision(currency))


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units of a currency. Adding two currencies raises ValueError, a float or bool TypeError."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError("money is counted in whole minor units")
        if abs(self.minor) > MAX_MINOR:
            raise ValueError("an amount this large is a mistake")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other

    @property
    def amount(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-minor_digits(self.currency))


def from_decimal(amount: Decimal | str, currency: str) -> Money:
    """Turn major units into Money, half to even at the last minor digit; raise ValueError for what is no finite number."""
    value = Decimal(amount)
    if not value.is_finite():
        raise ValueError("not an amount")
    return Money(int(value.scaleb(minor_digits(currency)).quantize(Decimal(1), ROUND_HALF_EVEN)), currency)


def share(total_minor: int, weights: list[int]) -> list[int]:
    """Part `total_minor` by `weights` so that the parts sum to it exactly (largest remainder; ties to the first).

    All weights zero: everything goes to the first part. Raises ValueError for no or negative weights.
    """
    if not weights or min(weights) < 0:
        raise ValueError("shares need weights of zero or more")
    whole = sum(weights)
    if whole == 0:
        return [total_minor] + [0] * (len(weights) - 1)
    sign, size = (1, total_minor) if total_minor >= 0 else (-1, -total_minor)
    parts = [size * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % whole), i))
    for i in order[: size - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]

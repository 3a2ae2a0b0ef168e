"""What a campaign brought, against those it was kept from: a difference of two shares with its 95 % interval. Pure.

The interval is Newcombe's hybrid score interval (R. G. Newcombe, "Interval estimation for the difference between independent
proportions: comparison of eleven methods", Statistics in Medicine 17, 1998, 873–890, method 10), built of Wilson's interval for
each share (E. B. Wilson, JASA 22, 1927, 209–212). Unlike the textbook interval it holds for small shares and small groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964
FEWEST = 5
"""With fewer buyers than this in either group nothing is said."""


@dataclass(frozen=True, slots=True)
class Uplift:
    """Shares who bought, of those who could have it and those it was kept from; their difference from `low` to `high`."""

    reached: int
    reached_buyers: int
    kept_from: int
    kept_from_buyers: int
    difference: float
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share of those who could have it that bought."""
        return self.reached_buyers / self.reached if self.reached else 0.0

    @property
    def share_without(self) -> float:
        """The share of those it was kept from that bought."""
        return self.kept_from_buyers / self.kept_from if self.kept_from else 0.0

    @property
    def verdict(self) -> str:
        """Say `few` where there are too few to tell, `unclear` where it may be nothing, else `more` or `less`."""
        if min(self.reached_buyers, self.kept_from_buyers) < FEWEST:
            return "few"
        if self.low <= 0 <= self.high:
            return "unclear"
        return "more" if self.low > 0 else "less"


def wilson(hits: int, of: int, z: float = Z95) -> tuple[float, float]:
    """Give Wilson's interval for a share."""
    if of <= 0:
        return 0.0, 1.0
    share, square = hits / of, z * z
    middle, spread = share + square / (2 * of), z * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, (middle - spread) / (1 + square / of)), min(1.0, (middle + spread) / (1 + square / of))


def compare(reached_buyers: int, reached: int, kept_from_buyers: int, kept_from: int) -> Uplift:
    """Give the difference of two shares with Newcombe's interval. More buyers than people count as that many people."""
    reached, kept_from = max(reached, reached_buyers), max(kept_from, kept_from_buyers)
    one = reached_buyers / reached if reached else 0.0
    other = kept_from_buyers / kept_from if kept_from else 0.0
    (low, high), (other_low, other_high) = wilson(reached_buyers, reached), wilson(kept_from_buyers, kept_from)
    difference = one - other
    return Uplift(
        reached, reached_buyers, kept_from, kept_from_buyers, difference,
        difference - sqrt((one - low) ** 2 + (other_high - other) ** 2), difference + sqrt((high - one) ** 2 + (other - other_low) ** 2),
    )  # fmt: skip

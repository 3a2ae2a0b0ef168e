"""The ledger accounts of points, and what is a number of points.

All of a customer's points, those issued, spent and expired too, stand in accounts of that customer's own: no row is
everybody's, so customers never wait for each other. Whoever changes lots posts first: the row of the account `points`
keeps everything that happens to one customer's lots in line.
"""

from __future__ import annotations

from typing import Literal

from portal.base.errors import N_, Invalid
from portal.base.ledger import Account
from portal.base.money import MAX_MINOR
from portal.points.data import Purse

Book = Literal["points", "points_held", "points_issued", "points_spent", "points_expired"]
NEVER_BELOW_NOTHING = ("points", "points_held")


def account_of(book: Book, customer_id: int, purse: Purse) -> Account:
    """Name one of a customer's accounts; what can be spent and what is held never fall below nothing."""
    return Account(book, owner_of(customer_id), unit_of(purse), floor=0 if book in NEVER_BELOW_NOTHING else None)


def owner_of(customer_id: int) -> str:
    """Name a customer as the ledger does."""
    return f"customer:{customer_id}"


def unit_of(purse: Purse) -> str:
    """Name what a purse is counted in: points of one purse never add up with another's."""
    return f"{purse}_points"


def movement_of(verb: str, customer_id: int, what: str) -> str:
    """Name a movement in the ledger: `points:earned:42:visit:2026-11-22:web`."""
    return f"points:{verb}:{customer_id}:{what}"


def check_amount(amount: int) -> None:
    """Raise Invalid for what is no whole number of points above zero, or more than anybody has."""
    if type(amount) is not int or not 0 < amount <= MAX_MINOR:
        raise Invalid({"points": N_("Enter a whole number of points above zero.")})

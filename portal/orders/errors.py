"""What the pipeline refuses."""

from __future__ import annotations

from portal.base.errors import N_, Refused
from portal.catalog import Conflict


class PriceChanged(Refused):
    """What was to be ordered costs something else by now. `amount` is the price of one, in the order's unit."""

    code = "price_changed"
    sentence = N_("The price has changed since you saw it. Nothing was ordered; look at the new price first.")

    def __init__(self, offering_code: str, amount: int) -> None:
        super().__init__()
        self.offering_code = offering_code
        self.amount = amount


class NotOffered(Refused):
    """The list does not, or no longer, offer this."""

    code = "not_offered"
    sentence = N_("This is no longer offered. Nothing was ordered.")


class OrderClosed(Refused):
    """The order stands, as `stands`, where this step does not start from."""

    code = "order_closed"
    sentence = N_("This order has moved on meanwhile. Look at where it stands now.")

    def __init__(self, stands: str) -> None:
        super().__init__()
        self.stands = stands


class AlreadyTaken(Refused):
    """Somebody at the desk is at work on the order."""

    code = "order_taken"
    sentence = N_("Somebody is already preparing this order.")


class CouponGone(Refused):
    """A coupon the order was priced with is held by the cart no more."""

    code = "coupon_gone"
    sentence = N_("A code you entered is no longer held for you. Nothing was ordered; look at the new price first.")


class MostReached(Refused):
    """The customer has, or has ordered, as many of it as one may have: `limit`."""

    code = "most_reached"
    sentence = N_("You have ordered as many of this as one customer can have. Nothing was ordered.")

    def __init__(self, offering_code: str, limit: int) -> None:
        super().__init__()
        self.offering_code = offering_code
        self.limit = limit


class NotForYou(Refused):
    """The customer cannot have it as things stand: `barred`, `conflicts`, `papers` say why, as the catalogue gives them."""

    code = "not_for_you"
    sentence = N_("You cannot have this as things stand. Nothing was ordered; the page of the offer says why.")

    def __init__(
        self, offering_code: str, barred: tuple[str, ...] = (), conflicts: tuple[Conflict, ...] = (), papers: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self.offering_code = offering_code
        self.barred = barred
        self.conflicts = conflicts
        self.papers = papers


class NotReturnable(Refused):
    """The time to return it is over, it was returned before, or it is nothing that can come back."""

    code = "not_returnable"
    sentence = N_("This cannot be returned here. Nothing was changed.")


class SamePerson(Refused):
    """Who asked for it, or decided on it, does not let the money go."""

    code = "same_person"
    sentence = N_("Somebody else has to do this step: two people look at it where money goes back.")


class DepositStays(Refused):
    """A pre-sale's deposit that is paid goes back by the pre-sale's rules alone."""

    code = "deposit_stays"
    sentence = N_("This deposit belongs to a place in a pre-sale. Give the place up on the page of the pre-sale.")

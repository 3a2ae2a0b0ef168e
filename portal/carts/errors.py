"""What a cart refuses."""

from __future__ import annotations

from portal.base.errors import N_, Refused


class CartChanged(Refused):
    """The cart comes to something else than its reader saw. `difference_minor`: how much more (or, below zero, less)."""

    code = "cart_changed"
    sentence = N_("The total has changed since you saw it. Nothing was ordered; look at the new one first.")

    def __init__(self, difference_minor: int) -> None:
        super().__init__()
        self.difference_minor = difference_minor


class CartBlocked(Refused):
    """Something in the cart cannot be ordered as it stands; the cart says which and why."""

    code = "cart_blocked"
    sentence = N_("Something in the cart cannot be ordered as it stands. The cart says what and why; nothing was ordered.")


class CartEmpty(Refused):
    """There is nothing in the cart."""

    code = "cart_empty"
    sentence = N_("There is nothing in the cart.")


class CartFull(Refused):
    """There are as many different things in the cart as one order takes."""

    code = "cart_full"
    sentence = N_("One order takes 20 different things. Order these first, then the next ones.")


class QuoteClosed(Refused):
    """The quote is past its day, withdrawn, or was ordered before."""

    code = "quote_closed"
    sentence = N_("This quote no longer holds. Put the things into the cart at today’s prices to go on.")

"""What the pipeline refuses."""

from __future__ import annotations

from portal.base.errors import N_, Refused


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

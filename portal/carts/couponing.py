"""Coupon codes in a cart: held for it while it lasts, so that nobody else can use them meanwhile.

The cart keeps a code's last letters alone, to show that it is there; whose it is and for how long, the codes' books say.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid
from portal.base.keys import Keys
from portal.carts.holders import holder_of
from portal.carts.keeping import KEPT, MOST_CODES, CartOf, keep, lock_cart
from portal.codes import CodeRefused, hold_coupon, release_coupon
from portal.identity import Guesser

SHOWN = 4
LONGEST = 60


def add_code(
    session: Session, keys: Keys, whose: CartOf, text: str, *, guesser: Guesser | None = None, now: datetime
) -> CodeRefused | None:
    """Hold a coupon for the cart, opening one where there is none; None where it is held now. Commit what is returned.

    Raises Invalid (`code`) for a typing error, and for a sixth code.
    """
    if not text.strip() or len(text) > LONGEST:
        raise Invalid({"code": N_("Enter the code as it is printed.")})
    cart = lock_cart(session, whose, now=now)
    kept = dict(cart.details.get("coupons", {}))
    if len(kept) >= MOST_CODES:
        raise Invalid({"code": N_("A cart takes five codes. Take one out first.")})
    held = hold_coupon(
        session,
        keys,
        whose.customer_id,
        text,
        holder=holder_of(cart.id),
        until=now + KEPT,
        channel=whose.channel,
        actor=whose.owner,
        now=now,
        guesser=guesser,
    )
    if isinstance(held, CodeRefused):
        return held
    kept[held.reference] = "".join(text.split()).upper()[-SHOWN:]
    keep(session, whose, cart, details=dict(cart.details) | {"coupons": kept})
    return None


def drop_code(session: Session, whose: CartOf, reference: str, *, now: datetime) -> None:
    """Take a code out of the cart and let go of it; without effect where it is not there."""
    cart = lock_cart(session, whose, now=now)
    kept = dict(cart.details.get("coupons", {}))
    if kept.pop(reference, None) is None:
        return
    keep(session, whose, cart, details=dict(cart.details) | {"coupons": kept})
    release_coupon(session, whose.customer_id, holder_of(cart.id), now=now, references=[reference])

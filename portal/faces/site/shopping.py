"""Who shops: the signed-in person for the customer he or she acts for, or somebody who is not known yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.ids import from_ref
from portal.base.money import Money
from portal.carts import Asking, CartOf, CartView, SellingRules, ask_for, get_cart
from portal.customers import Shopper, Viewer
from portal.faces.access import me, signed_in
from portal.faces.selling_words import selling_rules
from portal.faces.site.viewing import my_viewer


def my_cart(viewer: Viewer) -> CartOf:
    """Give whose cart it is that the signed-in person fills."""
    return CartOf(viewer.customer_id, viewer.actor, "web")


def asking_here(session: Session, *, now: datetime) -> tuple[Asking, Viewer | None]:
    """Give who looks at a shelf: a customer with all that bears on the price, or somebody who is not signed in."""
    rules, known = selling_rules(), signed_in()
    if known is None or known.customer_id is None or known.party_id is None:
        return Asking(shopper=None, channel="web", currency=rules.currency, shipping=rules.shipping), None
    viewer = my_viewer(session, now=now)
    return ask_for(session, my_cart(viewer), rules, party_id=me().party_id, now=now), viewer


def cart_here(session: Session, *, now: datetime) -> tuple[CartView, Viewer, SellingRules]:
    """Give the signed-in person's cart, priced now."""
    viewer, rules = my_viewer(session, now=now), selling_rules()
    return get_cart(session, my_cart(viewer), rules, party_id=me().party_id, now=now), viewer, rules


def lines_for(viewer: Viewer, shopper: Shopper | None) -> dict[int, str]:
    """Give the lines in the viewer's sight that something can be bought for: number by id."""
    lines = shopper.lines if shopper else ()
    return {line.subscription_id: line.number for line in lines if line.kind == "mobile" and viewer.sees_line(line.subscription_id)}


def ways_to_pay(viewer: Viewer) -> tuple[str, ...]:
    """Give how this person may pay: with the next bill whoever may order for the whole customer, online everybody."""
    return ("online", "bill") if viewer.may("orders") else ("online",)


def read_whole(text: str) -> int | None:
    """Read a whole number as people type it, full-width digits too; None for anything else, or a huge one."""
    import unicodedata

    digits = unicodedata.normalize("NFKC", text).strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None


def line_of(text: str, viewer: Viewer, shopper: Shopper | None) -> int | None:
    """Read a line's reference from a form; NotFound for one that is none of the viewer's."""
    if not text:
        return None
    try:
        found = from_ref(text)
    except ValueError as error:
        raise NotFound from error
    if found not in lines_for(viewer, shopper):
        raise NotFound
    return found


def money_of(minor: int, currency: str) -> Money:
    """Give an amount for a template."""
    return Money(minor, currency)

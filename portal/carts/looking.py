"""A cart as its owner sees it: priced now, beside what it came to when it was last shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.carts.asking import Asking
from portal.carts.basket import PricedBasket, may_have_line, needs_line, price_basket
from portal.carts.delivering import ShippingRule
from portal.carts.holders import holder_of
from portal.carts.keeping import CartOf, CartRow, find_cart, see
from portal.carts.pricing import PricedLine
from portal.codes import list_coupons
from portal.customers import get_shopper
from portal.orders import list_history
from portal.promotions import Coupon, History, get_live_for


@dataclass(frozen=True, slots=True)
class SellingRules:
    """How this operator sells: in which money, what sending costs, how long an order waits for its money, how long a quote holds."""

    currency: str = "CNY"
    shipping: ShippingRule = field(default_factory=ShippingRule)
    pay_minutes: int = 30
    quote_days: int = 14


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart priced for its owner now. `id` None: there is none yet. `codes`: the last letters of each by its reference.

    `seen_total_minor`: what it came to when it was last shown, None before that.
    """

    id: int | None
    asking: Asking
    basket: PricedBasket
    codes: Mapping[str, str]
    choices: Mapping[str, str]
    details: Mapping[str, Any]
    seen_total_minor: int | None

    @property
    def difference_minor(self) -> int:
        """How much more it comes to than when it was last shown, below zero how much less; 0 where it was never shown."""
        return 0 if self.seen_total_minor is None else self.basket.sums.total_minor - self.seen_total_minor

    @property
    def lines_to_choose(self) -> tuple[PricedLine, ...]:
        """The things that are, or can be, for a line, whether or not one was chosen."""
        return tuple(line for line in self.basket.lines if needs_line(line.offer) or may_have_line(line.offer))

    @property
    def lines_missing(self) -> tuple[PricedLine, ...]:
        """The things for which a line has to be chosen still, or of which the chosen one is none of the customer's."""
        own = set() if self.asking.shopper is None else {line.subscription_id for line in self.asking.shopper.lines}
        return tuple(
            line
            for line in self.lines_to_choose
            if line.subscription_id not in own and (line.subscription_id is not None or needs_line(line.offer))
        )

    @property
    def has_delivery(self) -> bool:
        """Whether it was said where goods go, or there are none."""
        return not self.basket.sends or bool(self.details.get("delivery") or self.details.get("outlet"))


def ask_for(session: Session, whose: CartOf, rules: SellingRules, *, party_id: int | None, now: datetime) -> Asking:
    """Give who asks: the customer as a shopper and what was bought before, as shelves need it. Three statements."""
    return _ask(session, whose, rules, None, party_id, now)


def get_cart(session: Session, whose: CartOf, rules: SellingRules, *, party_id: int | None = None, now: datetime) -> CartView:
    """Give somebody's cart, priced now; an empty one where there is none. Reads alone."""
    return view_of(session, whose, rules, find_cart(session, whose, now=now), party_id=party_id, now=now)


def view_of(session: Session, whose: CartOf, rules: SellingRules, cart: CartRow | None, *, party_id: int | None, now: datetime) -> CartView:
    """Price a cart as it is kept."""
    asking = _ask(session, whose, rules, cart, party_id, now)
    basket = price_basket(session, asking, () if cart is None else cart.wanted, now=now)
    if cart is None:
        return CartView(None, asking, basket, {}, {}, {}, None)
    shown = cart.details.get("coupons", {})
    codes = {each.code: str(shown.get(each.code, "")) for each in asking.coupons}
    return CartView(cart.id, asking, basket, codes, cart.choices, cart.details, cart.seen_total_minor)


@contextmanager
def changing(session: Session, whose: CartOf, rules: SellingRules, *, party_id: int | None, now: datetime) -> Iterator[None]:
    """Change a cart inside, and keep what it comes to after it as seen: its owner knows what he or she did.

    What had changed by itself before, and was not taken note of yet, stays to be told.
    """
    before = get_cart(session, whose, rules, party_id=party_id, now=now)
    pending = {line.position: (line.quantity, line.seen_minor) for line in before.basket.lines if line.is_changed}
    yield
    after = get_cart(session, whose, rules, party_id=party_id, now=now)
    if after.id is None:
        return
    seen = {line.position: line.charged_minor for line in after.basket.lines}
    for line in after.basket.lines:
        quantity, was = pending.get(line.position, (0, None))
        if quantity == line.quantity and was is not None:
            seen[line.position] = was
    told = sum(line.charged_minor - seen[line.position] for line in after.basket.lines)
    see(session, whose, after.id, after.basket.sums.total_minor - told, seen)


def mark_seen(session: Session, whose: CartOf, view: CartView) -> None:
    """Keep what the cart came to, now that its owner took note of it."""
    if view.id is not None:
        lines = {line.position: line.charged_minor for line in view.basket.lines}
        see(session, whose, view.id, view.basket.sums.total_minor, lines)


def _ask(session: Session, whose: CartOf, rules: SellingRules, cart: CartRow | None, party_id: int | None, now: datetime) -> Asking:
    details: Mapping[str, Any] = {} if cart is None else cart.details
    held = list_coupons(session, whose.customer_id, holder_of(cart.id)) if cart is not None and details.get("coupons") else ()
    coupons = tuple(Coupon(each.reference, each.campaign_code) for each in held)
    facts = list_history(session, whose.customer_id, now=now)
    live, history = get_live_for(
        session,
        whose.customer_id,
        History(facts.orders, facts.spent_minor, facts.bought, facts.first_at),
        holder=None if cart is None else holder_of(cart.id),
        coupons=coupons,
        now=now,
    )
    return Asking(
        shopper=get_shopper(session, whose.customer_id, now=now, party_id=party_id),
        channel=whose.channel,
        currency=rules.currency,
        shipping=rules.shipping,
        price_list=whose.price_list,
        picks_up=bool(details.get("outlet")),
        coupons=coupons,
        choices={} if cart is None else cart.choices,
        history=history,
        live=live,
    )

"""Quotes: a cart's price, kept until a day. A quote is never changed; whoever edits one gets another, with another number.

What campaigns give in it is reserved until it ends, so that the price it names can be kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import Invalid, NotFound
from portal.base.idempotency import claim, store
from portal.base.ids import ALPHABET, new_id
from portal.carts.asking import Wanted
from portal.carts.checkout import Checkout, check_ready, let_go_of_idle, missing_of, write_order
from portal.carts.errors import QuoteClosed
from portal.carts.holders import holder_of, holder_of_quote
from portal.carts.keeping import CartOf, close_cart, fill_anew, keep, lock_cart
from portal.carts.looking import SellingRules, view_of
from portal.carts.models import Quote
from portal.codes import move_coupons, release_coupon
from portal.orders import Delivery, Placed, PricedItem, PricedOrder, papers_of_order, place_priced
from portal.promotions import CampaignUseOf, release_uses, reserve_uses

MOST_SHOWN = 50
OPEN, ORDERED, WITHDRAWN = "open", "ordered", "withdrawn"


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A quote as it was made. `document` is the order it would be, with its prices; `status` open, ordered, withdrawn or expired."""

    id: int
    number: str
    document: Mapping[str, Any]
    total_minor: int
    currency: str
    status: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    order_id: int | None

    @property
    def items(self) -> Sequence[Mapping[str, Any]]:
        """What it is for, as it would be sold."""
        found: Sequence[Mapping[str, Any]] = self.document["items"]
        return found


_columns = (
    Quote.id, Quote.number, Quote.document, Quote.total_minor, Quote.currency, Quote.status, Quote.made_by, Quote.made_at,
    Quote.expires_at, Quote.order_id,
)  # fmt: skip
_of_it = sa.and_(Quote.customer_id == sa.bindparam("customer"), Quote.number == sa.bindparam("of_number"))
_one = sa.select(*_columns).where(_of_it)
_list = (
    sa.select(*_columns)
    .where(Quote.customer_id == sa.bindparam("customer"))
    .order_by(Quote.made_at.desc(), Quote.id.desc())
    .limit(MOST_SHOWN)
)
_add = sa.insert(Quote)
_still = sa.and_(_of_it, Quote.status == OPEN, Quote.expires_at > sa.bindparam("now"))
_take = sa.update(Quote).where(_still).values(status=ORDERED).returning(*_columns)
_withdraw = sa.update(Quote).where(_still).values(status=WITHDRAWN).returning(Quote.id)
_note_order = sa.update(Quote).where(_of_it).values(order_id=sa.bindparam("order"))


def save_quote(session: Session, whose: CartOf, rules: SellingRules, checkout: Checkout, *, now: datetime) -> QuoteView:
    """Keep the cart's price as a quote: priced once more, at the total that was shown. The cart is empty after it.

    The same key again gives the quote that stands. Raises what checking out raises, and CampaignGone.
    """
    scope = f"quote:{whose.customer_id}:{whose.owner}"
    before = claim(session, scope, checkout.key, str(checkout.expected_total_minor), now=now)
    if before is not None:
        return get_quote(session, whose.customer_id, str(before["number"]), now=now)
    cart = lock_cart(session, whose, now=now)
    view = view_of(session, whose, rules, cart, party_id=checkout.party_id, now=now)
    check_ready(view, checkout)
    let_go_of_idle(session, whose, view, now=now)
    order = write_order(session, whose, rules, view, checkout, now=now)
    quote_id, number, until = new_id(now), _new_number(), now + timedelta(days=rules.quote_days)
    row = {
        "customer_id": whose.customer_id, "id": quote_id, "number": number, "document": _written(order), "total_minor": order.total_minor,
        "currency": order.currency, "status": OPEN, "made_by": whose.owner, "made_at": now, "expires_at": until, "order_id": None,
    }  # fmt: skip
    session.connection().execute(_add, row)
    if order.uses:
        reserve_uses(session, whose.customer_id, order.uses, holder=holder_of_quote(quote_id), until=until, now=now)
    if order.coupons:
        move_coupons(session, whose.customer_id, holder_of(cart.id), holder_of_quote(quote_id), until=until, now=now)
    close_cart(session, whose, cart.id)
    store(session, scope, checkout.key, {"number": number})
    return get_quote(session, whose.customer_id, number, now=now)


def list_quotes(session: Session, customer_id: int, *, now: datetime) -> Sequence[QuoteView]:
    """Give a customer's quotes, the newest first, 50 at most. One statement."""
    return [_view(row, now) for row in session.connection().execute(_list, {"customer": customer_id})]


def get_quote(session: Session, customer_id: int, number: str, *, now: datetime) -> QuoteView:
    """Give one quote by its number; NotFound where the customer has none of it. One statement."""
    row = session.connection().execute(_one, {"customer": customer_id, "of_number": number}).first()
    if row is None:
        raise NotFound
    return _view(row, now)


def withdraw_quote(session: Session, customer_id: int, number: str, *, now: datetime) -> bool:
    """Take a quote back, and what was reserved for it; False where it holds no longer anyway. NotFound where there is none."""
    get_quote(session, customer_id, number, now=now)
    found = session.connection().execute(_withdraw, {"customer": customer_id, "of_number": number, "now": now}).first()
    if found is None:
        return False
    release_coupon(session, customer_id, holder_of_quote(found.id), now=now)
    release_uses(session, customer_id, holder_of_quote(found.id), now=now)
    return True


def order_quote(session: Session, whose: CartOf, rules: SellingRules, number: str, checkout: Checkout, *, now: datetime) -> Placed:
    """Order a quote at the price it names: once. The same key again gives the order that stands.

    Raises QuoteClosed past its day or where it was ordered or withdrawn, Invalid where it was not agreed to, NotFound, and what
    placing an order raises.
    """
    scope = f"quote-order:{whose.customer_id}"
    before = claim(session, scope, checkout.key, number, now=now)
    if before is not None:
        return Placed(int(before["order_id"]), str(before["reference"]), is_new=False)
    get_quote(session, whose.customer_id, number, now=now)
    _check(checkout)
    row = session.connection().execute(_take, {"customer": whose.customer_id, "of_number": number, "now": now}).first()
    if row is None:
        raise QuoteClosed
    order = _read(whose, row.document, holder_of_quote(row.id), rules, checkout, now)
    papers = papers_of_order(session, whose.customer_id, order.items, channel=order.channel, now=now)  # as of today
    placed = place_priced(session, replace(order, documents=papers), now=now)
    session.connection().execute(_note_order, {"customer": whose.customer_id, "of_number": number, "order": placed.order_id})
    store(session, scope, checkout.key, {"order_id": placed.order_id, "reference": placed.reference})
    return placed


def reopen_quote(session: Session, whose: CartOf, number: str, *, now: datetime) -> None:
    """Put what a quote was for into the cart, in the place of what lies there, at today's prices: to save another one."""
    quote = get_quote(session, whose.customer_id, number, now=now)
    wanted = tuple(
        Wanted(place, item["offering_code"], item["quantity"], item["subscription_id"], {}, None)
        for place, item in enumerate((each for each in quote.items if not each["is_gift"] and each["parent"] is None), 1)
    )
    cart = fill_anew(session, whose, wanted, now=now)
    details = {name: quote.document[name] for name in ("delivery", "outlet") if quote.document.get(name)}
    kept = {name: value for name, value in cart.details.items() if name not in ("delivery", "outlet")}
    keep(session, whose, cart, details=kept | details)


def _check(checkout: Checkout) -> None:
    missing = missing_of(checkout)
    if missing:
        raise Invalid(missing)


def _new_number() -> str:
    signs = "".join(secrets.choice(ALPHABET) for _ in range(8)).upper()
    return f"Q-{signs[:4]}-{signs[4:]}"


def _view(row: sa.Row[Any], now: datetime) -> QuoteView:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's own name for a row by its columns
    expired = row.status == OPEN and row.expires_at <= now
    return QuoteView(**{**values, "status": "expired" if expired else row.status})


_KEPT = (
    "price_list", "currency", "documents", "channel", "outlet", "place", "shipping_minor", "shipping_tax_minor",
    "other_discount_minor", "points", "promotion", "subscription_id",
)  # fmt: skip


def _written(order: PricedOrder) -> dict[str, Any]:
    """Write an order as a document; campaigns' uses are in the campaigns' books."""
    document = {name: getattr(order, name) for name in _KEPT}
    items = [{each.name: getattr(item, each.name) for each in fields(item)} for item in order.items]
    delivery = None if order.delivery is None else order.delivery.as_row()
    return document | {"items": items, "delivery": delivery, "uses": [asdict(use) for use in order.uses], "coupons": list(order.coupons)}


def _read(whose: CartOf, document: Mapping[str, Any], holder: str, rules: SellingRules, checkout: Checkout, now: datetime) -> PricedOrder:
    known = {each.name for each in fields(PricedItem)}
    items = tuple(PricedItem(**{name: value for name, value in item.items() if name in known}) for item in document["items"])
    total = sum(item.total_minor for item in items) + document["shipping_minor"]
    uses = tuple(CampaignUseOf(**use) for use in document["uses"])
    return PricedOrder(
        customer_id=whose.customer_id,
        items=items,
        key=checkout.key,
        identity=holder,
        payment=("online" if checkout.payment == "online" else "bill") if total else "none",
        pay_by=now + timedelta(minutes=rules.pay_minutes) if total and checkout.payment == "online" else None,
        party_id=checkout.party_id,
        delivery=None if document["delivery"] is None else Delivery(**document["delivery"]),
        uses=uses,
        reserved_by=holder if uses else None,
        coupons=tuple(document["coupons"]),
        coupons_of=holder,
        actor=checkout.actor,
        **{name: document[name] for name in _KEPT},
    )

"""Keeping a cart: what is put in, changed, taken out. Each change first takes the cart's own row, so changes come one by one.

A cart belongs to one customer and one owner (a person, an employee, a member of staff), who has one open cart at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.db import Json
from portal.base.driver import FrequentStatement
from portal.base.errors import N_, Invalid, NotFound
from portal.base.ids import new_id
from portal.carts.asking import Wanted
from portal.carts.errors import CartFull
from portal.carts.models import Cart, CartItem
from portal.interactions import CHANNELS

KEPT = timedelta(days=7)
"""A cart nobody touches for so long is empty again."""
MOST_ITEMS, MOST_OF_ONE, MOST_CODES = 20, 99, 5
HOW_MANY = N_("Enter a whole number from 1 to 99.")


@dataclass(frozen=True, slots=True)
class CartOf:
    """Whose cart it is: `owner` as in the audit log ("party:9"), `channel` where it is put together, `price_list` whose prices."""

    customer_id: int
    owner: str
    channel: str = "web"
    price_list: str = "standard"


@dataclass(frozen=True, slots=True)
class CartRow:
    """A cart as it is kept, without prices. `codes` as typed; `coupons` the campaign each opened; `choices` gifts by campaign."""

    id: int
    price_list: str
    channel: str
    codes: tuple[str, ...]
    choices: Mapping[str, str]
    details: Mapping[str, Any]
    seen_total_minor: int | None
    wanted: tuple[Wanted, ...]


_cart, _item = Cart.__table__, CartItem.__table__
_whose = sa.and_(Cart.customer_id == sa.bindparam("customer"), Cart.owner == sa.bindparam("of_owner"), Cart.status == "open")
_in_it = sa.and_(CartItem.customer_id == sa.bindparam("customer"), CartItem.cart_id == sa.bindparam("cart"))
_columns = (Cart.id, Cart.price_list, Cart.channel, Cart.codes, Cart.choices, Cart.details, Cart.seen_total_minor)
_find = FrequentStatement(sa.select(*_columns).where(_whose, Cart.expires_at > sa.bindparam("now")))
_items = (
    FrequentStatement(sa.select(
        CartItem.position, CartItem.offering_code, CartItem.quantity, CartItem.subscription_id, CartItem.options, CartItem.seen_minor
    )
    .where(_in_it)
    .order_by(CartItem.position))
)  # fmt: skip
_drop_old = FrequentStatement(sa.update(Cart).where(_whose, Cart.expires_at <= sa.bindparam("now")).values(status="dropped"))
_names = ("customer_id", "id", "owner", "channel", "status", "price_list", "codes", "choices", "details", "changed_at", "expires_at")
_open = FrequentStatement(
    {
        name: insert(Cart).values({each: sa.bindparam(each, type_=_cart.c[each].type) for each in _names}).on_conflict_do_nothing()
        for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
    }
)
_touch = FrequentStatement(
    sa.update(Cart)
    .where(_whose, Cart.expires_at > sa.bindparam("now"))
    .values(changed_at=sa.bindparam("now"), expires_at=sa.bindparam("until", type_=_cart.c.expires_at.type))
    .returning(*_columns)
)
_same_line = sa.func.coalesce(CartItem.subscription_id, 0) == sa.func.coalesce(sa.bindparam("line", type_=sa.BigInteger()), 0)
_more = FrequentStatement(
    sa.update(CartItem)
    .where(_in_it, CartItem.offering_code == sa.bindparam("code"), _same_line)
    .values(quantity=CartItem.quantity + sa.bindparam("more", type_=sa.Integer()))
    .returning(CartItem.quantity)
)
_next = FrequentStatement(sa.select(sa.func.coalesce(sa.func.max(CartItem.position), 0) + 1, sa.func.count()).where(_in_it))
_add = FrequentStatement(sa.insert(CartItem))
_one_item = sa.and_(_in_it, CartItem.position == sa.bindparam("at"))
_set_quantity = sa.update(CartItem).where(_one_item).values(quantity=sa.bindparam("new_quantity")).returning(CartItem.position)
_set_line = sa.update(CartItem).where(_one_item).values(subscription_id=sa.bindparam("line"))
_remove = sa.delete(CartItem).where(_one_item).returning(CartItem.position)
_empty = sa.delete(CartItem).where(_in_it)
_one_cart = sa.and_(Cart.customer_id == sa.bindparam("customer"), Cart.id == sa.bindparam("cart"))
_keep = (
    FrequentStatement(sa.update(Cart)
    .where(_one_cart)
    .values(
        codes=sa.bindparam("new_codes", type_=Json),
        choices=sa.bindparam("new_choices", type_=Json),
        details=sa.bindparam("new_details", type_=Json),
    ))
)  # fmt: skip
_see_total = FrequentStatement(sa.update(Cart).where(_one_cart).values(seen_total_minor=sa.bindparam("seen")))
_see_item = sa.update(CartItem).where(_one_item).values(seen_minor=sa.bindparam("seen"))
_close = FrequentStatement(sa.update(Cart).where(_one_cart, Cart.status == "open").values(status="ordered").returning(Cart.id))
_count = FrequentStatement(
    sa.select(sa.func.coalesce(sa.func.sum(CartItem.quantity), 0))
    .join_from(Cart, CartItem, sa.and_(CartItem.customer_id == Cart.customer_id, CartItem.cart_id == Cart.id))
    .where(_whose, Cart.expires_at > sa.bindparam("now"))
)


def find_cart(session: Session, whose: CartOf, *, now: datetime) -> CartRow | None:
    """Give somebody's open cart as it is kept; None where there is none, or it lay too long. Two statements."""
    row = _find.first(session, {"customer": whose.customer_id, "of_owner": whose.owner, "now": now})
    return None if row is None else _read(session, whose.customer_id, row)


def count_cart(session: Session, whose: CartOf, *, now: datetime) -> int:
    """Give how many pieces lie in somebody's open cart. One statement."""
    found = _count.scalar(session, {"customer": whose.customer_id, "of_owner": whose.owner, "now": now})
    return int(found)


def lock_cart(session: Session, whose: CartOf, *, now: datetime) -> CartRow:
    """Take somebody's open cart for a change, opening one where there is none; others who want to change it wait."""
    if whose.channel not in CHANNELS:
        raise ValueError("a cart is put together in a channel")
    params = {"customer": whose.customer_id, "of_owner": whose.owner, "now": now}
    row = _touch.first(session, params | {"until": now + KEPT})
    if row is None:
        _drop_old.change(session, params)
        fresh = {
            "customer_id": whose.customer_id, "id": new_id(now), "owner": whose.owner, "channel": whose.channel, "status": "open",
            "price_list": whose.price_list, "codes": [], "choices": {}, "details": {}, "changed_at": now, "expires_at": now + KEPT,
        }  # fmt: skip
        _open.change(session, fresh)  # somebody else's click may have been quicker: theirs is used
        row = _touch.rows(session, params | {"until": now + KEPT})[0]
    return _read(session, whose.customer_id, row)


def put_in(session: Session, whose: CartOf, offering_code: str, quantity: int, *, line: int | None = None, now: datetime) -> None:
    """Put so many of an offering the list offers into the cart; of what lies there already there are so many more.

    Raises Invalid for a quantity that is none, or of which there would be more than 99, CartFull for a 21st thing.
    """
    _check(quantity)
    cart = lock_cart(session, whose, now=now)
    params: dict[str, Any] = {"customer": whose.customer_id, "cart": cart.id}
    found = (
        _more.first(session, params | {"code": offering_code, "line": line, "more": quantity})
        if _has(cart, offering_code, line, quantity)
        else None
    )
    if found is not None:
        return
    position, there = _next.rows(session, params)[0]
    if there >= MOST_ITEMS:
        raise CartFull
    row = {
        "customer_id": whose.customer_id, "cart_id": cart.id, "position": position, "offering_code": offering_code,
        "quantity": quantity, "subscription_id": line, "options": {}, "seen_minor": None,
    }  # fmt: skip
    _add.change(session, row)


def _has(cart: CartRow, offering_code: str, line: int | None, quantity: int) -> bool:
    for each in cart.wanted:
        if (each.offering_code, each.subscription_id) == (offering_code, line):
            _check(each.quantity + quantity)
            return True
    return False


def set_quantity(session: Session, whose: CartOf, position: int, quantity: int, *, now: datetime) -> None:
    """Have so many of one thing in the cart. Raises Invalid for a quantity that is none, NotFound for what is not there."""
    _check(quantity)
    cart = lock_cart(session, whose, now=now)
    params = {"customer": whose.customer_id, "cart": cart.id, "at": position, "new_quantity": quantity}
    if session.connection().execute(_set_quantity, params).first() is None:
        raise NotFound


def take_out(session: Session, whose: CartOf, position: int, *, now: datetime) -> bool:
    """Take one thing out of the cart; False where it is not there any more."""
    cart = lock_cart(session, whose, now=now)
    params = {"customer": whose.customer_id, "cart": cart.id, "at": position}
    return session.connection().execute(_remove, params).first() is not None


def set_lines(session: Session, whose: CartOf, lines: Mapping[int, int | None], *, now: datetime) -> None:
    """Say which line each thing is for, by position. Whether the lines are the customer's is the caller's to have checked."""
    cart = lock_cart(session, whose, now=now)
    params = [{"customer": whose.customer_id, "cart": cart.id, "at": at, "line": line} for at, line in sorted(lines.items())]
    if params:
        session.connection().execute(_set_line, params)


def keep_choice(session: Session, whose: CartOf, campaign_code: str, choice: str | None, *, now: datetime) -> None:
    """Keep which gift of a campaign was chosen; None takes the choice back."""
    cart = lock_cart(session, whose, now=now)
    choices = {code: chosen for code, chosen in cart.choices.items() if code != campaign_code}
    if choice is not None:
        choices[campaign_code] = choice
    keep(session, whose, cart, choices=choices)


def keep_details(session: Session, whose: CartOf, details: Mapping[str, Any], *, now: datetime) -> None:
    """Keep what was said about delivery and payment so far, beside what was said before."""
    cart = lock_cart(session, whose, now=now)
    keep(session, whose, cart, details=dict(cart.details) | dict(details))


def keep(
    session: Session,
    whose: CartOf,
    cart: CartRow,
    *,
    codes: tuple[str, ...] | None = None,
    choices: Mapping[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write codes, choices or details of a cart that was taken for a change."""
    params = {
        "customer": whose.customer_id,
        "cart": cart.id,
        "new_codes": list(cart.codes if codes is None else codes),
        "new_choices": dict(cart.choices if choices is None else choices),
        "new_details": dict(cart.details if details is None else details),
    }
    _keep.change(session, params)


def see(session: Session, whose: CartOf, cart_id: int, total_minor: int, lines: Mapping[int, int]) -> None:
    """Keep what a cart and its things came to when they were shown, so that the next look can tell what changed."""
    connection = session.connection()
    base = {"customer": whose.customer_id, "cart": cart_id}
    _see_total.change(session, base | {"seen": total_minor})
    if lines:
        connection.execute(_see_item, [base | {"at": at, "seen": seen} for at, seen in sorted(lines.items())])


def fill_anew(session: Session, whose: CartOf, wanted: tuple[Wanted, ...], *, now: datetime) -> CartRow:
    """Empty the cart and put these things in, as a quote had them."""
    cart = lock_cart(session, whose, now=now)
    session.connection().execute(_empty, {"customer": whose.customer_id, "cart": cart.id})
    rows = [
        {
            "customer_id": whose.customer_id, "cart_id": cart.id, "position": each.position, "offering_code": each.offering_code,
            "quantity": each.quantity, "subscription_id": each.subscription_id, "options": dict(each.options),
            "seen_minor": each.seen_minor,
        }
        for each in wanted
    ]  # fmt: skip
    if rows:
        _add.change_all(session, rows)
    return cart


def close_cart(session: Session, whose: CartOf, cart_id: int) -> bool:
    """Have a cart be ordered: once. The next thing put in opens another."""
    return _close.first(session, {"customer": whose.customer_id, "cart": cart_id}) is not None


def _check(quantity: int) -> None:
    if type(quantity) is not int or not 1 <= quantity <= MOST_OF_ONE:
        raise Invalid({"quantity": HOW_MANY})


def _read(session: Session, customer_id: int, row: sa.Row[Any]) -> CartRow:
    rows = _items.rows(session, {"customer": customer_id, "cart": row.id})
    wanted = tuple(Wanted(*each) for each in rows)
    return CartRow(row.id, row.price_list, row.channel, tuple(row.codes), row.choices, row.details, row.seen_total_minor, wanted)

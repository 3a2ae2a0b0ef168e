"""Carts: what somebody is about to order, priced whenever it is looked at; quotes; the checkout."""

from portal.carts.asking import Asking, Wanted
from portal.carts.basket import PricedBasket, PricedOffer, list_priced, may_have_line, needs_line, price_basket, price_shelf
from portal.carts.checkout import PAYMENTS, Checkout, check_out
from portal.carts.couponing import add_code, drop_code
from portal.carts.delivering import OUTLETS, OUTLETS_BY_CODE, Outlet, ShippingRule
from portal.carts.errors import CartBlocked, CartChanged, CartEmpty, CartFull, QuoteClosed
from portal.carts.keeping import CartOf, count_cart, keep_choice, keep_details, put_in, set_lines, set_quantity, take_out
from portal.carts.looking import CartView, SellingRules, ask_for, changing, get_cart, mark_seen
from portal.carts.pricing import Fault, PricedLine, Sums, tax_within
from portal.carts.quotes import QuoteView, get_quote, list_quotes, order_quote, reopen_quote, save_quote, withdraw_quote
from portal.carts.sweeping import expire_quote, forget_carts, list_lapsed_quotes

__all__ = [
    "OUTLETS",
    "OUTLETS_BY_CODE",
    "PAYMENTS",
    "Asking",
    "CartBlocked",
    "CartChanged",
    "CartEmpty",
    "CartFull",
    "CartOf",
    "CartView",
    "Checkout",
    "Fault",
    "Outlet",
    "PricedBasket",
    "PricedLine",
    "PricedOffer",
    "QuoteClosed",
    "QuoteView",
    "SellingRules",
    "ShippingRule",
    "Sums",
    "Wanted",
    "add_code",
    "ask_for",
    "changing",
    "check_out",
    "count_cart",
    "drop_code",
    "expire_quote",
    "forget_carts",
    "get_cart",
    "get_quote",
    "keep_choice",
    "keep_details",
    "list_lapsed_quotes",
    "list_priced",
    "list_quotes",
    "mark_seen",
    "may_have_line",
    "needs_line",
    "order_quote",
    "price_basket",
    "price_shelf",
    "put_in",
    "reopen_quote",
    "save_quote",
    "set_lines",
    "set_quantity",
    "take_out",
    "tax_within",
    "withdraw_quote",
]

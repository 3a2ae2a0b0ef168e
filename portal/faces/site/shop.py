"""The shop: shelves anybody may look at, priced with every campaign that holds, and one offer in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from flask import Response, make_response, render_template, request

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.ids import to_ref
from portal.carts import PricedOffer, count_cart, list_priced, needs_line
from portal.catalog import OfferView, find_conflicts
from portal.faces import selling_words
from portal.faces.access import anybody, requires
from portal.faces.forms import FormState
from portal.faces.site.blueprint import bp
from portal.faces.site.shopping import asking_here, lines_for, my_cart
from portal.faces.transactions import reading
from portal.faces.words import text
from portal.flashsales import SaleView, list_shown_sales
from portal.presales import find_shown_presale

for _name in ("reason_words", "bar_words", "charge_words", "category_name", "offer_icon", "picture_url", "either"):
    bp.add_app_template_filter(getattr(selling_words, _name), _name)
bp.add_app_template_global(selling_words.price_words, "price_words")
bp.add_app_template_global(selling_words.fault_words, "fault_words")
bp.add_app_template_global(selling_words.terms_words, "terms_words")
bp.add_app_template_filter(to_ref, "ref")
bp.add_app_template_global(needs_line, "needs_line")

NEAR = timedelta(days=3)
"""So long before its start the shop points at a flash sale."""
ORDER = tuple(selling_words.CATEGORIES)


@bp.get("/shop")
@requires(anybody)
def show_shop() -> Response:
    """Show the shelves, or the one of `category`; priced for whoever looks, with the reason where a price is reduced."""
    now, wanted = clock.now(), request.args.get("category")
    with reading() as db:
        asking, viewer = asking_here(db, now=now)
        offers = list_priced(db, asking, now=now)
        pieces = count_cart(db, my_cart(viewer), now=now) if viewer else 0
        sales = list_shown_sales(db, now=now)
    shelves = shelves_of(offers)
    if wanted and wanted not in shelves:
        raise NotFound
    page = render_template(
        "site/shop/shop.html",
        shelves={wanted: shelves[wanted]} if wanted else shelves,
        categories=list(shelves),
        wanted=wanted,
        pieces=pieces,
        sales=sales_near(sales, now),
        now=now,
    )
    return make_response(page)


@bp.get("/shop/<code:code>")
@requires(anybody)
def show_offer(code: str) -> Response:
    """Show one offer: what its price is made of, what one agrees to, what it needs, and whether the reader can have it."""
    return offer_page(code, FormState({"quantity": "1"}))


def offer_page(code: str, state: FormState) -> Response:
    """Give the page of one offer; NotFound for one that is not offered here."""
    now = clock.now()
    with reading() as db:
        asking, viewer = asking_here(db, now=now)
        shelf = {each.offer.code: each for each in list_priced(db, asking, now=now)}
        if code not in shelf:
            raise NotFound
        pieces = count_cart(db, my_cart(viewer), now=now) if viewer else 0
        presale = find_shown_presale(db, code)
    priced = shelf[code]
    names = {each.offer.code: text(dict(each.offer.name)) for each in shelf.values()}
    page = render_template(
        "site/shop/offer.html",
        priced=priced,
        offer=priced.offer,
        names=names,
        needs=needs_of(priced.offer, asking.held),
        lines=lines_for(viewer, asking.shopper) if viewer and needs_line(priced.offer) else {},
        for_line=needs_line(priced.offer),
        known=viewer is not None,
        pieces=pieces,
        presale=presale,
        state=state,
    )
    return make_response(page, state.status)


def sales_near(sales: Sequence[SaleView], now: datetime) -> Sequence[SaleView]:
    """Give the flash sales that are on, or begin within three days, the next first; three at most."""
    near = [each for each in sales if each.starts_at <= now + NEAR and each.phase(now) != "over"]
    return sorted(near, key=lambda each: each.starts_at)[:3]


def needs_of(offer: OfferView, held: frozenset[str]) -> Sequence[Mapping[str, object]]:
    """Give what an offer needs and excludes, and whether that stands against this reader."""
    against = {(each.kind, each.other) for each in find_conflicts([offer], held)}
    rows: list[Mapping[str, object]] = [
        {"kind": "requires", "codes": (code,), "against": ("requires", code) in against} for code in offer.requires
    ]
    if offer.add_on_of:
        rows.append({"kind": "requires", "codes": offer.add_on_of, "against": ("requires", offer.add_on_of[0]) in against})
    rows += [{"kind": "excludes", "codes": (code,), "against": ("excludes", code) in against} for code in offer.excludes]
    return rows


def shelves_of(offers: Sequence[PricedOffer]) -> dict[str, list[PricedOffer]]:
    """Put offers on their shelves, in the order a shop shows them; gifts are no goods."""
    sold = [each for each in offers if each.offer.kind != "gift"]
    found: dict[str, list[PricedOffer]] = {}
    for each in sold:
        found.setdefault(selling_words.shelf_of(each.offer), []).append(each)
    return dict(sorted(found.items(), key=lambda item: (ORDER.index(item[0]) if item[0] in ORDER else len(ORDER), item[0])))

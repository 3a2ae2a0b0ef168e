"""One gift: what it is, where it shall go, a last look, and the order. What was typed travels along as a draft."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import from_ref, new_token, to_ref
from portal.catalog import POINTS, STANDARD, Buyer, Offer, SoldOut, get_offer
from portal.customers import AddressView, ProfileCard, Viewer, profile_card
from portal.faces.access import MINUTES_5, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.order_words import numbers_grouped
from portal.faces.selling_words import standing_words
from portal.faces.site.blueprint import bp
from portal.faces.site.drafts import read_draft, write_draft
from portal.faces.site.points import store_page
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import points_of, sentence
from portal.orders import Delivery, Item, MostReached, NewOrder, NotForYou, NotOffered, PriceChanged, place_order
from portal.points import NotEnoughPoints, PointsCard, points_card, sees_points

FIELDS = ("line", "name", "phone", "address")
LONGEST = {"name": 60, "phone": 30, "address": 200}
FEWEST_DIGITS = 7
LONGEST_KEY = 100
MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Look:
    """One gift before one reader: how many points there are, which lines, which address."""

    viewer: Viewer
    offer: Offer
    points: PointsCard
    profile: ProfileCard
    stands: str = ""
    """What stands against it that has to do with who asks, in words."""

    @property
    def missing(self) -> int:
        """How many points are missing; 0 where there are enough."""
        return max(0, self.offer.amount - self.points.available)

    @property
    def is_gone(self) -> bool:
        """Whether there is none left."""
        return self.offer.left == 0

    @property
    def can_have(self) -> bool:
        """Whether it can be had at all as things stand: for this customer, enough points, one left, a line it could go to."""
        return not self.stands and not self.missing and not self.is_gone and (self.offer.fulfilment != "data_pack" or bool(self.lines))

    @property
    def lines(self) -> dict[str, str]:
        """The lines a data pack can go to: number by reference."""
        lines = [line for line in self.profile.lines if line.kind == "mobile" and line.status == "active"]
        return {to_ref(line.subscription_id): line.number for line in lines}


@bp.get("/points/gifts/<code:code>")
@requires(subscriber)
def show_gift(code: str) -> Response:
    """Show a gift, and ask where it shall go; `draft` brings back what was typed before."""
    look = _look(code)
    kept = read_draft(_purpose(code), request.args.get("draft"), now=clock.now())
    return _gift_page(look, FormState(dict(kept) if kept is not None else _prefilled(look)))


@bp.post("/points/gifts/<code:code>")
@requires(subscriber)
def take_details(code: str) -> Response:
    """Take where the gift shall go, and lead on to the last look."""
    look, state = _look(code), typed(*FIELDS)
    with state.catching():
        _check(look, state)
    if state.errors or not look.can_have:
        return _gift_page(look, state)
    draft = write_draft(_purpose(code), state.values, now=clock.now())
    return go(url_for("site.check_redemption", code=code, draft=draft))


@bp.get("/points/gifts/<code:code>/redemptions")
@requires(subscriber, recent_proof=MINUTES_5)
def check_redemption(code: str) -> Response:
    """Show what would be done, before anything is."""
    values = _draft(code)
    if values is None:
        return go(url_for("site.show_gift", code=code))
    look, state = _look(code), FormState(values)
    with state.catching():
        _check(look, state)  # a line may have ended since
    return _gift_page(look, state) if state.errors else _check_page(look, values)


@bp.post("/points/gifts/<code:code>/redemptions")
@requires(subscriber, recent_proof=MINUTES_5)
def redeem_gift(code: str) -> Response:
    """Redeem the gift: an order, placed once however often it is sent. What stands against it is said, and nothing is lost."""
    values, key, shown = _draft(code), request.form.get("idempotency_key", ""), _whole(request.form.get("shown", ""))
    if values is None:
        return go(url_for("site.show_gift", code=code))
    if not 0 < len(key) <= LONGEST_KEY or shown is None:
        return go(url_for("site.check_redemption", code=code, draft=request.args.get("draft")))
    now = clock.now()
    try:
        with writing() as db:
            viewer = my_viewer(db, now=now)
            if not sees_points(viewer):
                raise NotFound
            placed = place_order(db, _order(viewer, code, values, key, shown), now=now)
    except NotOffered as refusal:
        return store_page(refused=sentence(refusal))
    except (NotEnoughPoints, SoldOut, PriceChanged, NotForYou, MostReached) as refusal:
        return _check_page(_look(code), values, refusal)
    redeemed, before = gettext("Redeemed. Nothing more is needed from you."), gettext("This was sent before; here it is.")
    session["done"] = redeemed if placed.is_new else before
    return go(url_for("site.show_order", order_id=placed.order_id))


def _look(code: str) -> Look:
    now = clock.now()
    with reading() as db:
        viewer = my_viewer(db, now=now)
        points = points_card(db, viewer, now=now)
        offer = get_offer(db, STANDARD, code, Buyer(viewer.customer_id, "web", me().party_id), unit=POINTS, now=now)
        return Look(viewer, offer, points, profile_card(db, viewer, now=now), standing_words(db, offer))


def _purpose(code: str) -> str:
    return f"gift:{code}"


def _draft(code: str) -> dict[str, str] | None:
    kept = read_draft(_purpose(code), request.args.get("draft"), now=clock.now())
    return None if kept is None else dict(kept)


def _prefilled(look: Look) -> dict[str, str]:
    """Start with what we know: the line one signed in with, one's name, number and address."""
    number_of_mine = me().number or ""
    grouped = numbers_grouped(number_of_mine)
    mine = next((ref for ref, shown in look.lines.items() if shown == grouped), next(iter(look.lines), ""))
    address = written(look.profile.address) if look.profile.address else ""
    return {"line": mine, "name": look.profile.name, "phone": grouped, "address": address}


def written(address: AddressView) -> str:
    """Write an address in one line, naming a province that is its own city once."""
    return "".join(dict.fromkeys((address.province, address.city, address.area))) + address.line


def _check(look: Look, state: FormState) -> None:
    """Raise Invalid for what is missing or wrong in what this gift needs."""
    wrong: dict[str, str] = {}
    if look.offer.fulfilment == "data_pack" and state.values["line"] not in look.lines:
        wrong["line"] = N_("Choose the line it is for.")
    if look.offer.fulfilment == "goods":
        wrong |= {name: N_("This is too long.") for name, most in LONGEST.items() if len(request.form.get(name, "")) > most}
        if sum(each.isdigit() for each in state.values["phone"]) < FEWEST_DIGITS:
            wrong["phone"] = N_("Enter a number at which the courier can reach you.")
        wrong |= {name: N_("This is needed to send it to you.") for name in LONGEST if not state.values[name].strip()}
    if wrong:
        raise Invalid({name: wrong[name] for name in FIELDS if name in wrong})


def _order(viewer: Viewer, code: str, values: dict[str, str], key: str, shown: int) -> NewOrder:
    parts = {name: " ".join(values.get(name, "").split()) for name in LONGEST}
    try:
        line = from_ref(values["line"]) if values.get("line") else None
    except ValueError as error:
        raise NotFound from error
    return NewOrder(
        customer_id=viewer.customer_id,
        items=(Item(code, 1, shown),),
        price_list=STANDARD,
        unit=POINTS,
        channel="web",
        key=key,
        party_id=me().party_id,
        subscription_id=line,
        delivery=Delivery(**parts) if any(parts.values()) else None,
        actor=viewer.actor,
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def _gift_page(look: Look, state: FormState) -> Response:
    if not look.can_have:  # there is no form to correct anything in
        state = FormState(state.values)
    page = render_template("site/points/gift.html", look=look, offer=look.offer, state=state)
    return make_response(page, 409 if request.method == "POST" and not look.can_have else state.status)


def _check_page(look: Look, values: dict[str, str], refusal: Refused | None = None) -> Response:
    draft = request.args.get("draft")
    page = render_template(
        "site/points/check.html",
        look=look,
        offer=look.offer,
        values=values,
        line=look.lines.get(values.get("line", "")),
        refused=_why(look, refusal),
        can_redeem=not look.stands and not look.missing and not look.is_gone and not isinstance(refusal, MostReached),
        key=request.form.get("idempotency_key") or new_token(),
        change_url=url_for("site.show_gift", code=look.offer.code, draft=draft),
        action=url_for("site.redeem_gift", code=look.offer.code, draft=draft),
    )
    return make_response(page, refusal.status if refusal else 200)


def _why(look: Look, refusal: Refused | None) -> dict[str, str] | None:
    """Say why the gift cannot be had as things stand, and what to do; None where it can."""
    if look.is_gone:
        return {
            "title": gettext("The last one has just gone"),
            "text": gettext("Nothing was taken; your points are all there. What you entered stays on this page: look again later."),
        }
    if look.missing:
        return {
            "title": gettext("%(points)s missing", points=points_of(look.missing)),
            "text": gettext("Nothing was taken. Your points can also be in use for an order you have just placed."),
        }
    if isinstance(refusal, PriceChanged):
        return {
            "title": gettext("The price is %(points)s now", points=points_of(refusal.amount)),
            "text": gettext("It has changed since you saw it. Nothing was taken; redeem it at the new price, or leave it."),
        }
    if look.stands:
        return {"title": gettext("You cannot have this one"), "text": look.stands}
    return None if refusal is None else {"title": gettext("Not possible right now"), "text": sentence(refusal)}

"""How a flash sale and a pre-sale read: the rule as it is published, and where somebody stands, without a promise nobody can keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.base.errors import N_
from portal.base.money import Money
from portal.faces.babel import gettext
from portal.faces.words import clock_time, joined, moment, money, number, points_of
from portal.flashsales import EntryView, Phase, SaleState, SaleView
from portal.presales import PlaceView, PresaleView

PHASES: dict[Phase, tuple[str, str, str]] = {
    "draft": (N_("Being prepared"), "neutral", "edit"),
    "announced": (N_("Announced"), "info", "calendar"),
    "open": (N_("Open for entry"), "ok", "login"),
    "running": (N_("Running"), "ok", "clock"),
    "over": (N_("Over"), "neutral", "circle-check"),
    "cancelled": (N_("Called off"), "neutral", "circle-x"),
}
"""The phases of a sale as `status()` takes them: word, state, icon."""
SLOWEST = 30


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands: a title, what it means, its state as `alert()` takes it; `seconds` until the page asks again (None: no more).

    `can`: what can be done now: enter, order, pay, leave.
    """

    title: str
    text: str
    state: str
    can: frozenset[str] = frozenset()
    seconds: float | None = None


def phase_look(sale: SaleView, now: datetime) -> tuple[str, str, str]:
    """Give a sale's phase as `status()` takes it: word, state, icon."""
    word, state, icon = PHASES[sale.phase(now)]
    return gettext(word), state, icon


def price_of(sale: SaleView) -> str:
    """Write what a piece costs."""
    return points_of(sale.amount) if sale.in_points else money(Money(sale.amount, sale.unit))


def rule_of(sale: SaleView) -> Sequence[str]:
    """Write the rule of a sale, sentence by sentence."""
    said = []
    if sale.rule == "draw":
        said.append(gettext("Enter until the start. When you do makes no difference: at the start an order is drawn by lot."))
    elif sale.early_are_drawn:
        said.append(gettext("Who enters before the start gets a place by lot; who enters later stands behind, in the order of coming."))
    else:
        said.append(gettext("Places are given in the order of coming, from the start on."))
    said.append(
        gettext(
            "The first %(pieces)s in line have a piece kept for them for %(minutes)s minutes. One that is not ordered and paid in that time"
            " goes to whoever is next.",
            pieces=number(sale.pieces),
            minutes=number(sale.pay_minutes),
        )
    )
    said.append(gettext("One piece for each customer. Coming back, reloading or using several windows changes nothing."))
    return said


def standing_of(entry: EntryView | None, state: SaleState, now: datetime) -> Standing:
    """Say where a customer stands in a sale."""
    sale = state.sale
    if entry is None:
        return _outside(state, now)
    if entry.status == "entered":
        seconds = (sale.starts_at - now).total_seconds()
        if seconds > 0:
            text = gettext("You are in. At %(time)s places are given; this page then shows yours.", time=clock_time(sale.starts_at))
            return Standing(gettext("Entered"), text, "info", frozenset({"leave"}), _calm(max(2.0, seconds / 4), entry))
        return Standing(gettext("Entered"), gettext("Your place is being given."), "info", frozenset({"leave"}), _calm(1.0, entry))
    if entry.status == "waiting":
        return Standing(
            gettext("You are number %(place)s in line", place=number(entry.place or 0)), _estimate(entry, state), "info",
            frozenset({"leave"}), _calm(2.0 + entry.ahead / 20, entry),
        )  # fmt: skip
    return _decided(entry, sale, now)


def _outside(state: SaleState, now: datetime) -> Standing:
    sale = state.sale
    phase = sale.phase(now)
    if phase == "announced":
        return Standing(gettext("Not open yet"), gettext("You can enter from %(time)s on.", time=moment(sale.opens_at)), "neutral")
    if phase in ("over", "cancelled"):
        return Standing(gettext("Nobody can enter any more"), gettext("This sale is over."), "neutral")
    if state.is_sold_out:
        return Standing(gettext("Sold out"), gettext("Every piece is paid for."), "neutral")
    if not sale.can_enter(now):
        text = gettext("Entry closed at %(time)s, when the order was drawn.", time=clock_time(sale.starts_at))
        return Standing(gettext("Entry is closed"), text, "neutral")
    if state.free or phase == "open":
        return Standing(gettext("You can enter now"), gettext("It costs nothing, and binds you to nothing."), "ok", frozenset({"enter"}))
    text = gettext(
        "Every piece is kept for somebody or sold; %(waiting)s wait. Up to %(pieces)s can still come free.",
        waiting=number(state.waiting), pieces=number(state.may_come_free),
    )  # fmt: skip
    return Standing(gettext("You can stand in line"), text, "warn", frozenset({"enter"}))


def _estimate(entry: EntryView, state: SaleState) -> str:
    """Say what a place is worth: how many are before, how many pieces can still come free, and when the next may."""
    ahead, free = entry.ahead, state.may_come_free
    if free <= 0:
        return gettext("Every piece is paid for. One that is given back goes to the first in line; do not count on it.")
    said = gettext(
        "%(ahead)s are before you. %(pieces)s pieces are not paid yet and can still come free.", ahead=number(ahead), pieces=number(free)
    )
    if ahead >= free:
        return joined([said, gettext("It is not likely that your turn comes.")])
    if state.next_free_at is not None:
        return joined([said, gettext("The next may come free at %(time)s.", time=clock_time(state.next_free_at))])
    return said


def _decided(entry: EntryView, sale: SaleView, now: datetime) -> Standing:
    if entry.status == "admitted" and entry.holds_piece(now):
        until = clock_time(entry.admitted_until or now)
        text = gettext("Order and pay it until %(time)s. After that it goes to whoever is next.", time=until)
        return Standing(gettext("A piece is kept for you"), text, "ok", frozenset({"order", "leave"}), _calm(15.0, entry))
    if entry.status == "ordered":
        until = clock_time(entry.admitted_until or now)
        return Standing(gettext("Ordered"), gettext("Pay until %(time)s, and it is yours.", time=until), "warn", frozenset({"pay"}))
    if entry.status == "paid":
        return Standing(gettext("It is yours"), gettext("The order says what happens next."), "ok", frozenset({"pay"}))
    if entry.status in ("admitted", "lapsed"):
        text = gettext("It was not ordered and paid in time, and went to whoever is next. Nothing was taken from you.")
        return Standing(gettext("The time is over"), text, "neutral")
    text = gettext("Nothing was taken from you.")
    return Standing(
        gettext("It did not work out this time") if sale.status == "over" else gettext("You are out of this sale"), text, "neutral"
    )


def _calm(seconds: float, entry: EntryView) -> float:
    """Give when the page asks again: the more slowly the longer it takes, and not all at the same moment."""
    return round(min(seconds, SLOWEST) + int(entry.ticket[:2], 16) / 256, 2)


def presale_rule(presale: PresaleView) -> Sequence[str]:
    """Write the rule of a pre-sale, sentence by sentence."""
    kept = gettext("If you do not pay the rest in that time, your place goes to the next one and your deposit stays with us.")
    back = gettext("If you do not pay the rest in that time, your place goes to the next one and your deposit goes back to you.")
    return [
        gettext("A deposit of %(deposit)s keeps a place. Numbers are given in the order in which deposits arrive; none is left out.",
                deposit=money(Money(presale.deposit_minor, presale.currency))),
        gettext("As pieces come in, from %(day)s on, we invite in the order of numbers. You then have %(hours)s hours to pay the rest.",
                day=moment(presale.releases_at), hours=number(presale.pay_hours)),
        (presale.keeps_deposit and kept) or back,
        gettext("Until the first pieces are released you can give your place up and get the deposit back."),
    ]  # fmt: skip


def place_standing(place: PlaceView | None, presale: PresaleView, now: datetime) -> Standing:
    """Say where a customer stands in a pre-sale."""
    if place is None or place.status in ("given_up", "gone"):
        return _without_place(presale, now, before=place is not None)
    if place.status == "unpaid":
        text = gettext("Your number is given when the deposit arrives. The order says until when the place is kept.")
        return Standing(gettext("The deposit is not paid yet"), text, "warn", frozenset({"pay_deposit"}))
    if place.status == "waiting":
        can = frozenset({"give_up"} if presale.status == "announced" else ())
        text = gettext("%(ahead)s are before you. You are told here and in your activity when it is your turn.", ahead=number(place.ahead))
        return Standing(gettext("You have number %(number)s", number=number(place.number or 0)), text, "info", can)
    if place.is_invited(now):
        until = moment(place.invited_until or now)
        return Standing(gettext("It is your turn"), gettext("Pay the rest until %(time)s.", time=until), "ok", frozenset({"order_rest"}))
    return _at_the_end(place)


def _at_the_end(place: PlaceView) -> Standing:
    if place.status == "ordered":
        return Standing(gettext("The rest is not paid yet"), gettext("The order says until when."), "warn", frozenset({"pay_rest"}))
    if place.status == "bought":
        return Standing(gettext("It is yours"), gettext("The order says what happens next."), "ok", frozenset({"pay_rest"}))
    text = gettext("The rest was not paid in time. Your deposit: see its order.")
    return Standing(gettext("The invitation is over"), text, "neutral", frozenset({"pay_deposit"}))


def _without_place(presale: PresaleView, now: datetime, *, before: bool) -> Standing:
    if not presale.is_open(now):
        if presale.status == "announced" and now < presale.opens_at:
            text = gettext("Places are given from %(time)s on.", time=moment(presale.opens_at))
            return Standing(gettext("Not open yet"), text, "neutral")
        return Standing(gettext("No places are given any more"), gettext("Look into the shop: it may be there."), "neutral")
    if presale.left == 0:
        return Standing(gettext("Every place is taken"), gettext("A place that is given up is offered here again."), "neutral")
    title = gettext("You gave your place up") if before else gettext("You can take a place now")
    text = gettext("With the deposit you get the next number.")
    return Standing(title, text, "ok", frozenset({"take"}))

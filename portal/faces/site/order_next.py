"""What happens next with an order, or what came of it, in a sentence or two for whoever ordered."""

from __future__ import annotations

from portal.carts import OUTLETS_BY_CODE
from portal.customers import PAPERS, Viewer
from portal.faces.babel import gettext
from portal.faces.order_words import REASONS
from portal.faces.words import joined, moment, sentence, text
from portal.orders import OrderView


def is_own(viewer: Viewer, order: OrderView) -> bool:
    """Say whether the order is this person's to move: any for who may, of others those he or she placed."""
    return viewer.may("orders") or (bool(order.steps) and order.steps[0].actor == viewer.actor)


def may_cancel(viewer: Viewer, order: OrderView) -> bool:
    """Say whether this person may still give the order up."""
    return order.summary.can_cancel and is_own(viewer, order)


def what_next(order: OrderView) -> str:
    """Say in a sentence what happens next, or what came of it."""
    one = order.summary
    ended = {"cancelled": _cancelled, "returned": _returned, "completed": _completed, "shipped": _shipped}.get(one.status)
    if ended is not None:
        return ended(order)
    if one.is_being_stopped:
        return _stopping()
    if order.papers_missing:
        papers = joined(sentence(each.name) for name, each in PAPERS.items() if name in order.papers_missing)
        return gettext("Before we set it up, we have to see: %(papers)s. Show it at an outlet, or when we call you.", papers=papers)
    if one.waits_for_payment and one.pay_by is not None:
        return gettext("It is kept for you until %(when)s. Once you have paid, we prepare it.", when=moment(one.pay_by))
    return _prepared(order)


def why_not(order: OrderView) -> str:
    """Say why the order can no longer be given up."""
    if order.summary.is_being_stopped:
        return _stopping()
    if order.summary.can_cancel:
        return gettext("Whoever placed this order can cancel it. Nothing was changed.")
    if order.summary.status == "reserved":
        return gettext("The order is being packed already, so it can no longer be cancelled here. Nothing was changed.")
    return gettext("The order can no longer be cancelled: it stands at “%(status)s”.", status=sentence(order.summary.state.name))


def _stopping() -> str:
    return gettext(
        "It was with the carrier already, so we asked for the parcel to be stopped. If that works, the order is cancelled and what you "
        "paid goes back; if it is too late, the parcel comes to you: refuse it at the door, or return it afterwards."
    )


def _returned(_: OrderView) -> str:
    return gettext("All of it came back to us. What you paid goes back the way it came.")


def _cancelled(order: OrderView) -> str:
    last = [step for step in order.steps if step.kind == "cancelled"]
    reason = REASONS.get((last[-1].note if last else "") or "")
    said = [gettext("This order was cancelled. What it took was given back at once.")]
    if order.money.refunded_minor:
        said.append(gettext("What you paid goes back the way it came; that can take a few days."))
    return joined(said + ([gettext("Reason: %(reason)s.", reason=gettext(reason))] if reason else []))


def _completed(order: OrderView) -> str:
    ways = {item.fulfilment for item in order.items}
    if "voucher" in ways:
        return gettext("Your voucher is below. It can be used once; keep it to yourself.")
    if "data_pack" in ways or ways == {"service"}:
        return gettext("It is added to your line.")
    return gettext("It has arrived.") if any(step.kind == "shipped" for step in order.steps) else gettext("It is on its way to you.")


def _shipped(order: OrderView) -> str:
    number = next((step.note for step in reversed(order.steps) if step.kind == "shipped"), None)
    if number:
        return gettext("It is on its way to you under the number %(number)s. Tell us here once you have it.", number=number)
    return gettext("It is on its way to you. Tell us here once you have it.")


def _outlet(order: OrderView) -> str:
    known = OUTLETS_BY_CODE.get(order.outlet or "")
    return text(known.name) if known else order.outlet or ""


def _prepared(order: OrderView) -> str:
    one = order.summary
    if one.due_at is None:
        return gettext("It is yours within a minute. Load this page again to see it.")
    when = moment(one.due_at)
    if one.task == "provision":
        return gettext("We set it up by %(when)s at the latest.", when=when)
    if one.task == "collect":
        return gettext("It is kept for you at the outlet %(outlet)s until %(when)s.", outlet=_outlet(order), when=when)
    if one.is_taken:
        return gettext("It is being packed now and is sent by %(when)s at the latest.", when=when)
    if one.status == "provisioned":
        return gettext("It is set up. What is sent with it leaves by %(when)s at the latest.", when=when)
    return gettext("We prepare it and send it by %(when)s at the latest. Until we begin, you can cancel it.", when=when)

"""Money at the order desk: the days compared with the providers, what does not agree, and refunds nobody would make."""

from __future__ import annotations

from flask import Response, make_response, render_template, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import N_
from portal.base.money import Money
from portal.faces.access import me, order_desk, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.identity import find_staff_names
from portal.payments import (
    AlreadySettled,
    DayView,
    ItemView,
    PaymentView,
    count_open_items,
    find_payment_of_item,
    get_item,
    get_payment,
    list_days,
    list_items,
    list_refused_refunds,
    payment_currency,
    settle_item,
)

WHAT = {
    "missing_here": N_("The provider has it, we do not"), "missing_there": N_("We have it, the provider does not"),
    "amount_differs": N_("The amounts differ"), "not_booked": N_("It is not in our books"),
}  # fmt: skip
ADVICE = {
    "missing_here": N_("Look for the reference at the provider. Money nobody here asked for goes back to whoever paid."),
    "missing_there": N_("Look a day before and after: what was paid around midnight may stand on the other day’s bill."),
    "amount_differs": N_("Ask the provider for the receipt. What was paid too much goes back."),
    "not_booked": N_("Tell those who run this system: the books lack a movement."),
}
KINDS = {"payment": N_("Payment"), "refund": N_("Refund")}
STATES = {
    "even": (N_("Agrees"), "ok"), "differs": (N_("Differs"), "bad"), "no_bill": (N_("No bill yet"), "due"),
    "running": (N_("Being compared"), "info"),
}  # fmt: skip
PROVIDERS = {"sandbox": N_("Sandbox"), "wechat": N_("WeChat Pay"), "alipay": N_("Alipay")}
DAYS = 14


@bp.get("/payments")
@requires(order_desk)
def list_reconciliation() -> str:
    """Show what does not agree, the oldest day first, then the last days and the refunds that were refused."""
    with reading() as db:
        items, days, refused = list_items(db), list_days(db, limit=DAYS), list_refused_refunds(db)
        count = count_open_items(db)
        payments = {each.payment_id: get_payment(db, each.payment_id) for each in refused}
    return render_template(
        "office/payments/days.html", items=[_row(each) for each in items], count=count, days=[_day(each) for each in days],
        refused=[(each, payments[each.payment_id], _money(each.amount_minor, payments[each.payment_id].currency)) for each in refused],
        done=session.pop("done", None),
    )  # fmt: skip


@bp.get("/payments/<ref:item_id>")
@requires(order_desk)
def show_difference(item_id: int) -> Response:
    """Show one thing that does not agree, and what is known of it."""
    return _page(item_id, FormState())


@bp.post("/payments/<ref:item_id>")
@requires(order_desk)
def settle_difference(item_id: int) -> Response | BaseResponse:
    """Settle it with what was found out. It moves no money, and is in the audit log."""
    state, now = typed("note"), clock.now()
    try:
        with state.catching(), writing() as db:
            found = get_item(db, item_id)
            settle_item(db, item_id, state.values["note"], staff_id=me().staff.id, now=now)
            detail = {"what": found.what, "reference": found.reference, "day": str(found.day)}
            entry = Entry(me().staff.actor, "payments.difference_settled", "office", subject=f"reconciliation:{item_id}", detail=detail)
            record(db, portal().keys.audit[0], entry, now=now)
    except AlreadySettled as refusal:
        state.errors[""] = sentence(refusal)
    if state.errors:
        return _page(item_id, state)
    session["done"] = gettext("Settled.")
    return go(url_for("office.list_reconciliation"))


def _page(item_id: int, state: FormState) -> Response:
    with reading() as db:
        found = get_item(db, item_id)
        payment = find_payment_of_item(db, found)
        names = find_staff_names(db, set() if found.settled_by is None else {found.settled_by})
    page = render_template(
        "office/payments/difference.html", row=_row(found, payment), item=found, payment=payment, state=state,
        advice=gettext(ADVICE[found.what]), note=_note(found), settled_by=names.get(found.settled_by or 0),
        asked=_money(payment.amount_minor, payment.currency) if payment else None,
    )  # fmt: skip
    return make_response(page, state.status)


def _note(found: ItemView) -> str | None:
    """Give the note of an item: as a person wrote it, or the comparison's own, in words."""
    return found.note if found.note is None or found.settled_by is not None else gettext(found.note)


def _row(item: ItemView, payment: PaymentView | None = None) -> dict[str, object]:
    currency = payment.currency if payment else payment_currency()
    return {
        "item": item, "url": url_for("office.show_difference", item_id=item.id), "what": gettext(WHAT[item.what]),
        "kind": gettext(KINDS[item.kind]), "provider": gettext(PROVIDERS[item.provider]), "theirs": _money(item.theirs_minor, currency),
        "ours": _money(item.ours_minor, currency),
    }  # fmt: skip


def _day(day: DayView) -> dict[str, object]:
    word, state = STATES[day.status]
    sums = {name: _money(getattr(day, f"{name}_minor"), payment_currency()) for name in ("theirs", "ours", "ledger")}
    return {"day": day, "word": gettext(word), "state": state, "provider": gettext(PROVIDERS[day.provider]), **sums}


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)

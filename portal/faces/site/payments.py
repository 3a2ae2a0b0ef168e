"""Paying an order: on to the provider's page at the top of the window, back here, and waiting for the provider's word."""

from __future__ import annotations

from flask import Response, g, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.money import Money
from portal.customers import Viewer
from portal.faces.access import requires, subscriber
from portal.faces.babel import gettext
from portal.faces.htmx import go, page_or_region
from portal.faces.parts import portal
from portal.faces.paying import Payer, pay_origins
from portal.faces.qr import draw_qr
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.orders import OrderClosed, OrderView, get_order, request_payment, subject_of
from portal.payments import PaymentView, find_payment_of, get_payment, list_providers

PROVIDERS = {"sandbox": "Sandbox", "wechat": "WeChat Pay", "alipay": "Alipay"}
SUBJECT = "order:"
SCANNED = "qr"
"""The kind of an action that is a code to be scanned, and no address to go to."""
WAITS = 20
"""So often a page asks by itself whether the money is there; after that its reader is told where it will be seen."""


@bp.get("/orders/<ref:order_id>/payment")
@requires(subscriber)
def ask_payment(order_id: int) -> Response:
    """Show what is to be paid, until when and how; lead to the order where nothing is, or not any more.

    What is paid by scanning is drawn here, as long as it is asked for.
    """
    viewer, order, payment = _look(order_id)
    if not is_open(order) or (payment is not None and payment.is_paid):
        return go(url_for("site.show_order", order_id=order_id))
    return _payment_page(viewer, order, payment)


@bp.post("/orders/<ref:order_id>/payment")
@requires(subscriber)
def go_and_pay(order_id: int) -> Response:
    """Ask the provider for the payment, once while it is open, and lead on to its page."""
    wanted = request.form.get("provider") or None
    if wanted is not None and wanted not in list_providers():
        raise NotFound
    viewer, order, _ = _look(order_id)
    parts = portal()
    try:
        with writing() as db:
            payment = request_payment(db, viewer.customer_id, order_id, provider=wanted, now=clock.now())
    except OrderClosed:
        return go(url_for("site.show_order", order_id=order_id))
    if not payment.action:
        payment = Payer(parts.db, parts.providers, parts.settings, clock.now).open_now(payment.id)
    action = payment.action or {}
    if payment.is_paid:
        return go(url_for("site.show_order", order_id=order_id))
    if not action.get("url"):
        return _payment_page(viewer, order, away=True)
    if action.get("kind") == SCANNED:
        return go(url_for("site.ask_payment", order_id=order_id) + "#scan")
    g.form_targets = (*g.get("form_targets", ()), *pay_origins(parts.settings))
    return go(str(action["url"]))


@bp.get("/payments/<ref:payment_id>")
@requires(subscriber)
def come_back_from_payment(payment_id: int) -> Response:
    """Take a customer back from the provider to what was paid for. What the address says about the money counts for nothing."""
    with reading() as db:
        viewer = my_viewer(db, now=clock.now())
        payment = get_payment(db, payment_id)
    if payment.customer_id != viewer.customer_id or not payment.subject.startswith(SUBJECT):
        raise NotFound
    return go(url_for("site.wait_for_payment", order_id=int(payment.subject.removeprefix(SUBJECT))))


@bp.get("/orders/<ref:order_id>/payment/state")
@requires(subscriber)
def wait_for_payment(order_id: int) -> Response:
    """Say whether the money is there; the page asks again by itself, ever more slowly, and leads to the order once it is."""
    _, order, payment = _look(order_id)
    if payment is None or payment.is_paid or not is_open(order):
        if payment is not None and payment.is_paid:
            session["done"] = gettext("Paid. Thank you.")
        return go(url_for("site.show_order", order_id=order_id))
    asked = min(int(request.args.get("asked", "0")[:3] or 0) if request.args.get("asked", "0").isdigit() else 0, WAITS)
    return page_or_region(
        "site/cart/waiting.html",
        "site/cart/_waiting.html",
        order=order,
        amount=Money(payment.amount_minor, payment.currency),
        asked=asked,
        again=asked < WAITS,
        seconds=2 if asked < 5 else 5 if asked < 12 else 15,
    )


def is_open(order: OrderView) -> bool:
    """Say whether an order waits for its money."""
    return order.summary.waits_for_payment


def _look(order_id: int) -> tuple[Viewer, OrderView, PaymentView | None]:
    with reading() as db:
        viewer = my_viewer(db, now=clock.now())
        order = get_order(db, viewer, order_id)
        return viewer, order, find_payment_of(db, subject_of(order_id))


def _payment_page(viewer: Viewer, order: OrderView, payment: PaymentView | None = None, *, away: bool = False) -> Response:
    g.viewer = viewer
    g.form_targets = (*g.get("form_targets", ()), *pay_origins(portal().settings))
    page = render_template(
        "site/cart/payment.html",
        order=order,
        amount=Money(order.summary.total_minor, order.summary.currency),
        providers=[(name, PROVIDERS.get(name, name)) for name in list_providers()],
        away=away,
        scan=_scan(payment),
        scanned_by=PROVIDERS.get(payment.provider, payment.provider) if payment is not None else "",
        done=session.pop("done", None),
    )
    return make_response(page, 503 if away else 200)


def _scan(payment: PaymentView | None) -> str | None:
    """Draw the code of an open payment that is paid by scanning it; None for every other."""
    if payment is None or payment.status != "pending" or clock.now() >= payment.expires_at:
        return None
    action = payment.action or {}
    return draw_qr(str(action["url"])) if action.get("kind") == SCANNED and action.get("url") else None

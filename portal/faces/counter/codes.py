"""Redeeming a code for a customer at the counter: the cap is on the table, the customer's page is open."""

from __future__ import annotations

from flask import Response, request, session, url_for

from portal.base import clock
from portal.base.audit import Entry, record
from portal.codes import CodeRefused, Redeemed, Redeemer, redeem_code
from portal.customers import get_owner
from portal.faces.access import me, requires, staff
from portal.faces.babel import gettext
from portal.faces.code_refusals import refusal_words
from portal.faces.counter.blueprint import bp
from portal.faces.counter.customer import customer_page, look, must_be_open
from portal.faces.forms import typed
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import text
from portal.identity import Guesser

LONGEST = 60


@bp.post("/customers/<ref:customer_id>/redeemed-codes")
@requires(staff)
def redeem_for_customer(customer_id: int) -> Response:
    """Redeem a code for an open customer. What stands against it is said beside the field; it is in the audit log."""
    now, state, answer = clock.now(), typed("prize_code"), None
    with reading() as db:
        get_owner(db, customer_id)  # who is nobody is not found, whoever asks
    _, viewer, _ = look(customer_id, now=now)
    must_be_open(viewer)
    clerk = me().staff
    redeemer = Redeemer(customer_id, "counter", clerk.actor, Guesser(customer_id, staff_id=clerk.id))
    with state.catching(), writing() as db:
        answer = redeem_code(db, portal().keys, request.form.get("prize_code", "")[:LONGEST], redeemer, now=now)
        if isinstance(answer, Redeemed):
            noted = Entry(clerk.actor, "codes.redeemed", "counter", customer_id, f"code:{answer.batch_id}:{answer.number}")
            record(db, portal().keys.audit[0], noted, now=now)
    if isinstance(answer, Redeemed):
        session["code_redeemed"] = _told(answer)
        return go(url_for("counter.show_customer", customer_id=customer_id) + "#redeem")
    if "code" in state.errors:
        state.errors["prize_code"] = state.errors.pop("code")
    status = None
    if isinstance(answer, CodeRefused):
        state.errors["prize_code"] = refusal_words(answer)
        status = 429 if answer.retry_after_seconds else None
    return customer_page(customer_id, state, status=status)


def _told(answer: Redeemed) -> str:
    if answer.prize is None:
        return gettext("Redeemed. It won nothing this time.")
    return gettext("Redeemed. Won: %(prize)s", prize=text(dict(answer.prize.name)))

"""Opening a customer: by the code read out, or with a reason; and closing again."""

from __future__ import annotations

from flask import Response, request, session, url_for

from portal.base import clock
from portal.base.errors import N_, Invalid
from portal.base.ids import from_ref
from portal.faces.access import me, requires, staff
from portal.faces.code_words import code_words
from portal.faces.counter.blueprint import bp
from portal.faces.counter.customer import codes_sent, customer_page
from portal.faces.forms import typed
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.transactions import writing
from portal.faces.words import sentence
from portal.identity import (
    CODE_SENTENCES,
    CodeSent,
    Limited,
    OpeningView,
    close_opening,
    open_customer_by_code,
    open_customer_by_reason,
    send_counter_code,
)

MOST_UNDER_WAY = 5


@bp.post("/customers/<ref:customer_id>/codes")
@requires(staff)
def send_code(customer_id: int) -> Response:
    """Send a code to one of the customer's lines."""
    state = typed("line")
    with state.catching(), writing() as db:
        line = _line(request.form.get("line", ""))
        answer = send_counter_code(
            db, portal().keys, me().staff, customer_id, line, now=clock.now(), sentence=sentence(CODE_SENTENCES["counter"])
        )
    if state.errors:
        return customer_page(customer_id, state)
    if isinstance(answer, CodeSent):
        session["codes_sent"] = dict([*list(codes_sent().items())[-MOST_UNDER_WAY:], (str(customer_id), request.form["line"])])
    elif str(customer_id) not in codes_sent():
        state.errors["line"] = code_words(answer)
        return customer_page(customer_id, state, status=429)
    return go(url_for("counter.show_customer", customer_id=customer_id))


@bp.post("/customers/<ref:customer_id>/openings/by-code")
@requires(staff)
def open_by_code(customer_id: int) -> Response:
    """Open the customer with the code that was read out."""
    state = typed()
    with state.catching(), writing() as db:
        line = _line(codes_sent().get(str(customer_id), ""))
        answer = open_customer_by_code(
            db, portal().keys, me().staff, customer_id, line, code=request.form.get("code", ""), settings=portal().settings, now=clock.now()
        )
    if state.errors:
        return customer_page(customer_id, state)
    if isinstance(answer, OpeningView):
        session["codes_sent"] = {one: line for one, line in codes_sent().items() if one != str(customer_id)}
        return go(url_for("counter.show_customer", customer_id=customer_id))
    state.errors["code"] = code_words(answer)
    return customer_page(customer_id, state, status=429 if isinstance(answer, Limited) else None)


@bp.post("/customers/<ref:customer_id>/openings/by-reason")
@requires(staff)
def open_by_reason(customer_id: int) -> Response:
    """Open the customer with a reason; it is noted and shown to the customer."""
    state = typed("reason", "note")
    with state.catching(), writing() as db:
        open_customer_by_reason(
            db,
            portal().keys,
            me().staff,
            customer_id,
            reason=request.form.get("reason", ""),
            note=request.form.get("note", ""),
            settings=portal().settings,
            now=clock.now(),
        )
    if state.errors:
        return customer_page(customer_id, state)
    return go(url_for("counter.show_customer", customer_id=customer_id))


@bp.post("/customers/<ref:customer_id>/openings/close")
@requires(staff)
def close(customer_id: int) -> Response:
    """Mask the customer again."""
    with writing() as db:
        close_opening(db, portal().keys, me().staff, customer_id, now=clock.now())
    return go(url_for("counter.show_desk"))


def _line(ref: str) -> int:
    try:
        return from_ref(ref)
    except ValueError as error:
        raise Invalid({"line": N_("Choose the line the code goes to.")}) from error

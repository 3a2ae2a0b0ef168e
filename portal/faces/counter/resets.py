"""Starting a new service password at the counter: an activation is handed over, and the customer sets the password (ASVS 6.4.6)."""

from __future__ import annotations

from flask import Response, request, url_for

from portal.base import clock
from portal.base.errors import N_, Invalid
from portal.base.ids import from_ref
from portal.faces.access import me, requires, staff
from portal.faces.counter.blueprint import bp
from portal.faces.counter.customer import customer_page
from portal.faces.forms import typed
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.shown_once import hand_on
from portal.faces.transactions import writing
from portal.faces.words import sentence
from portal.identity import RESET_STARTED, start_password_reset


@bp.post("/customers/<ref:customer_id>/activations")
@requires(staff)
def start_reset(customer_id: int) -> Response:
    """Make an activation for one of the lines of an open customer; the next page shows it, this once. A masked one is nobody here."""
    state = typed("reset_line")
    with state.catching(), writing() as db:
        made = start_password_reset(
            db,
            portal().keys,
            me().staff,
            customer_id,
            _line(request.form.get("reset_line", "")),
            document_seen=request.form.get("document") == "yes",
            settings=portal().settings,
            now=clock.now(),
            said=sentence(RESET_STARTED, outlet=me().staff.outlet, support=portal().settings.support_number),
        )
    if state.errors:
        return customer_page(customer_id, state)
    hand_on(f"activation:{customer_id}", made.code)
    return go(url_for("counter.show_customer", customer_id=customer_id))


def _line(ref: str) -> int:
    try:
        return from_ref(ref)
    except ValueError as error:
        raise Invalid({"reset_line": N_("Choose the line whose password was forgotten.")}) from error

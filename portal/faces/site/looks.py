"""Who looked: every sight of one's data by staff, from the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Response, make_response, render_template, request

from portal.base import clock
from portal.base.errors import N_, NotFound
from portal.faces.access import requires, subscriber
from portal.faces.babel import gettext
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading
from portal.identity import Look, list_looks

ROLES = {
    "clerk": N_("Counter staff no. %(number)s"),
    "supervisor": N_("Supervisor no. %(number)s"),
    "order_desk": N_("Order desk no. %(number)s"),
}
OTHER_ROLE = N_("Staff no. %(number)s")


@dataclass(frozen=True, slots=True)
class LookRow:
    """One look in the reader's words."""

    at: datetime
    where: str
    who: str
    how: str
    tone: str
    why: str


@bp.get("/me/looks")
@requires(subscriber)
def list_looks_at_me() -> Response:
    """Show who looked, newest first. The customer's owner sees it; a member of the account does not."""
    now = clock.now()
    with reading() as session:
        viewer = my_viewer(session, now=now)
        if not viewer.whole:
            raise NotFound
        page = list_looks(session, viewer.customer_id, before=request.args.get("before"))
    rows = [spell_out(look) for look in page.items]
    return make_response(render_template("site/me/looks.html", looks=rows, older=page.older))


def spell_out(look: Look) -> LookRow:
    """Put a look into words: where, which role and number, what was seen, and why."""
    if look.action == "customer.code_sent":
        how, tone = gettext("Sent you a code"), "info"
    elif look.proof == "order":
        how, tone = (gettext("Saw where your order goes"), "info") if look.opened else (gettext("Saw your order, masked"), "neutral")
    elif look.opened:
        how, tone = gettext("Opened in full") if look.action == "customer.opened" else gettext("Saw everything"), "warn"
    else:
        how, tone = gettext("Saw masked data"), "neutral"
    why = gettext(look.reason) if look.reason else gettext("You gave a code") if look.proof == "code" else ""
    who = gettext(ROLES.get(look.role, OTHER_ROLE), number=look.staff_number)
    return LookRow(look.at, look.outlet, who, how, tone, why)

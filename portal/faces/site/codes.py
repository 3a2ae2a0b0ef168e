"""Redeeming a code from a bottle cap or a voucher: typed once, and what it won is said at once."""

from __future__ import annotations

from flask import Response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.codes import CodeRefused, Redeemed, Redeemer, redeem_code
from portal.faces.access import me, requires, subscriber
from portal.faces.code_refusals import refusal_words
from portal.faces.forms import FormState, limited_page, typed
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.visiting import visitor
from portal.identity import Guesser, Limited
from portal.points import points_card

LONGEST = 60


@bp.get("/points/codes")
@requires(subscriber)
def ask_prize_code() -> Response:
    """Ask for a code; after one was redeemed, say first what it won."""
    return _page(FormState(), None)


@bp.post("/points/codes")
@requires(subscriber)
def redeem_prize_code() -> Response | BaseResponse:
    """Redeem a code. What stands against it is said beside the field; a wrong one counts, a typing error does not."""
    state, answer, now = typed("code"), None, clock.now()
    with reading() as db:
        customer_id = my_viewer(db, now=now).customer_id
        points_card(db, my_viewer(db, now=now), now=now)  # whose points are not his to see has nothing to win here
    signed_in = me()
    guesser = Guesser(customer_id, party_id=signed_in.party_id, visitor=visitor(known=True))
    redeemer = Redeemer(customer_id, "web", f"party:{signed_in.party_id}", guesser, signed_in.party_id)
    with state.catching(), writing() as db:
        answer = redeem_code(db, portal().keys, request.form.get("code", "")[:LONGEST], redeemer, now=now)
    if isinstance(answer, Redeemed):
        session["redeemed"] = _told(answer)
        return go(url_for("site.ask_prize_code"))
    if isinstance(answer, CodeRefused):
        state.errors["code"] = refusal_words(answer)
        if answer.retry_after_seconds is not None:
            return _page(state, Limited(answer.retry_after_seconds))
    return _page(state, None)


def _told(answer: Redeemed) -> dict[str, object]:
    prize = answer.prize
    return {"name": dict(answer.name), "prize": dict(prize.name) if prize else None, "kind": prize.kind if prize else "nothing"}


def _page(state: FormState, limited: Limited | None) -> Response:
    now = clock.now()
    with reading() as db:
        card = points_card(db, my_viewer(db, now=now), now=now)
    page = render_template("site/codes/redeem.html", state=state, points=card, redeemed=session.pop("redeemed", None))
    return limited_page(page, state, limited)

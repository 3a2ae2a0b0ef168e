"""Looking up one code in the office: its batch, its number, what became of it. Each look is noted; wrong codes count as anybody's.

The code comes in a form and never in an address, and whose it is is shown to nobody here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Response, make_response, render_template
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.errors import N_, Invalid
from portal.codes import CodeFound, CodeRefused, CodeUseView, PrizeView, find_use, get_batch, look_up_code
from portal.faces.access import marketing, me, requires
from portal.faces.babel import gettext
from portal.faces.campaign_terms import CHANNEL_WORDS
from portal.faces.code_refusals import refusal_words
from portal.faces.forms import FormState, typed
from portal.faces.office.blueprint import bp
from portal.faces.office.sign_on import note
from portal.faces.parts import portal
from portal.faces.transactions import writing
from portal.faces.words import sentence

LONGEST = 60
STATES: Mapping[str, tuple[str, str]] = {
    "stopped": (N_("Stopped"), "bad"),
    "void": (N_("No longer good"), "bad"),
    "used": (N_("Redeemed"), "neutral"),
    "held": (N_("In a cart or an order"), "info"),
    "early": (N_("Approved"), "info"),
    "over": (N_("Over"), "neutral"),
    "good": (N_("Good now"), "ok"),
}


@dataclass(frozen=True, slots=True)
class LookedUp:
    """One code as the office may see it. `use`: what became of it; `prize`: what it won."""

    code: CodeFound
    use: CodeUseView | None
    prize: PrizeView | None
    state: str

    @property
    def looks(self) -> tuple[str, str]:
        """How it stands, as a word and a look."""
        word, look = STATES[self.state]
        return gettext(word), look

    @property
    def channel(self) -> str:
        """Where it was brought, in words."""
        return sentence(CHANNEL_WORDS[self.use.channel]) if self.use and self.use.channel in CHANNEL_WORDS else ""


@bp.get("/codes/look-up")
@requires(marketing)
def ask_code_lookup() -> Response:
    """Ask which code."""
    return _page(FormState({"code": ""}))


@bp.post("/codes/look-up")
@requires(marketing)
def look_up_one_code() -> Response:
    """Say what a code is and what became of it; a wrong one is counted, and said beside the field."""
    state, found, now = typed("code"), None, clock.now()
    with state.catching(), writing() as db:
        if not 0 < len(state.values["code"].strip()) <= LONGEST:
            raise Invalid({"code": N_("Enter the code as it is printed.")})
        answer = look_up_code(db, portal().keys, state.values["code"], staff_id=me().staff.id, now=now)
        if isinstance(answer, CodeRefused):
            state.errors["code"] = refusal_words(answer)
            note(db, "codes.looked_up", "code:none")
        else:
            found = _looked_up(db, answer, now)
            note(db, "codes.looked_up", f"batch:{answer.batch_id}", detail={"number": answer.number})
    return _page(state, found)


def _looked_up(db: Session, code: CodeFound, now: datetime) -> LookedUp:
    use = find_use(db, code.batch_id, code.number)
    prizes = get_batch(db, code.batch_id).prizes if use is not None and use.prize is not None else ()
    prize = next((each for each in prizes if use is not None and each.position == use.prize), None)
    return LookedUp(code, use, prize, _state_of(code, use, now))


def _state_of(code: CodeFound, use: CodeUseView | None, now: datetime) -> str:
    if use is not None and (use.status == "used" or use.expires_at is None or use.expires_at > now):
        return use.status
    if code.status != "active":
        return code.status
    if code.is_void:
        return "void"
    return "early" if now < code.starts_at else "over" if now >= code.ends_at else "good"


def _page(state: FormState, found: LookedUp | None = None) -> Response:
    return make_response(render_template("office/codes/look_up.html", state=state, found=found), state.status)

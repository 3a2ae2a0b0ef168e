"""The message tray: what each number's phone would show, and what is sent from it. Demo and test only; production has no such page."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from portal.base import clock
from portal.base.errors import N_, Invalid
from portal.customers import parse_number
from portal.faces.access import anybody, requires
from portal.faces.forms import FormState, typed
from portal.faces.parts import portal
from portal.faces.transactions import reading
from portal.faces.worker.texts import TextDesk
from portal.messaging import list_tray

bp = Blueprint("tray", __name__)
LONGEST = 140
"""As many bytes as a text message has; more is no message of one's own phone."""


def in_address(number: str) -> str:
    """Write a number for an address in groups, so that pages and logs hold no bare number."""
    return f"{number[:3]}-{number[3:7]}-{number[7:]}"


@bp.get("/")
@requires(anybody)
def show_tray() -> Response | str:
    """Ask for a number, or go on to the one typed."""
    wanted = request.args.get("number")
    if wanted is None:
        return render_template("tray/tray.html", state=FormState())
    state = FormState({"number": wanted[:200]})
    number = ""
    with state.catching():
        number = parse_number(wanted, portal().settings.country)
    if state.errors:
        return render_template("tray/tray.html", state=state)
    return redirect(url_for("tray.show_number", number=in_address(number)), 303)


@bp.get("/<number>")
@requires(anybody)
def show_number(number: str) -> Response:
    """Show the messages one number received, newest first."""
    return _number_page(parse_number(number, portal().settings.country), FormState({"text": ""}))


@bp.post("/<number>")
@requires(anybody)
def send_text(number: str) -> Response:
    """Take a text as if the number's phone had sent it to us; what comes of it is answered by message."""
    parts, state = portal(), typed("text")
    plain = parse_number(number, parts.settings.country)
    text = state.values["text"].strip()
    with state.catching():
        if not 0 < len(text) <= LONGEST:
            raise Invalid({"text": N_("Write what the message says, up to 140 signs.")})
        TextDesk(parts.db, parts.keys, parts.settings.country, clock.now).take(plain, text)
    if state.errors:
        return _number_page(plain, state)
    return redirect(url_for("tray.show_number", number=in_address(plain)), 303)


def _number_page(plain: str, state: FormState) -> Response:
    with reading() as session:
        messages = list_tray(session, plain)
    page = render_template("tray/number.html", messages=messages, number=plain, here=in_address(plain), state=state)
    return make_response(page, state.status)

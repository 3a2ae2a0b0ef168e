"""The message tray: what each number's phone would show. Demo and test only; a production start has no such page."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from portal.customers import parse_number
from portal.faces.access import anybody, requires
from portal.faces.forms import FormState, typed
from portal.faces.parts import portal
from portal.faces.transactions import reading
from portal.messaging import list_tray

bp = Blueprint("tray", __name__)


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
def show_number(number: str) -> str:
    """Show the messages one number received, newest first."""
    plain = parse_number(number, portal().settings.country)
    with reading() as session:
        messages = list_tray(session, plain)
    return render_template("tray/number.html", messages=messages, number=plain, state=typed())

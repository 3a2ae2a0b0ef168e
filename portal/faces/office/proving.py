"""A fresh proof in the form it is for: who proved themselves a while ago types a code of their authenticator beside the rest.

So nothing that was typed is lost, and no page is left for it. Ten minutes: as long as a form takes, so that a code is no habit.
"""

from __future__ import annotations

from flask import Response, g, request

from portal.base import clock
from portal.faces import cookies
from portal.faces.access import me
from portal.faces.babel import gettext
from portal.faces.code_words import wait_words
from portal.faces.forms import FormState
from portal.faces.office.blueprint import bp
from portal.faces.parts import portal
from portal.faces.transactions import writing
from portal.faces.visiting import visitor
from portal.identity import Limited, StaffWrong, prove_staff

PROVED_WITHIN = 10 * 60


def asks_code() -> bool:
    """Say whether a form that changes something has to ask for a code."""
    return "staff_token" not in g and not me().proved_within(PROVED_WITHIN, clock.now())


def prove(state: FormState) -> bool:
    """Say whether whoever sends this form has proved who they are; if not, the form says what is missing."""
    if not asks_code():
        return True
    code = request.form.get("code", "")[:40]
    if not code.strip():
        state.errors["code"] = gettext("Enter the code your authenticator shows now. You proved yourself a while ago.")
        return False
    with writing() as db:
        answer = prove_staff(db, portal().keys, me(), visitor(known=True), totp=code, now=clock.now())
    if isinstance(answer, Limited):
        state.errors["code"] = wait_words(answer)
    elif isinstance(answer, StaffWrong):
        state.errors["code"] = gettext("That is not the code, or it was used before. Wait for the next one.")
    else:
        g.staff_token = answer.token
    return "staff_token" in g


@bp.after_request
def go_on(response: Response) -> Response:
    """Give the browser the token under which a session goes on that was proved anew."""
    if "staff_token" in g:
        cookies.put(response, cookies.STAFF, g.staff_token)
    return response

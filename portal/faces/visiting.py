"""Who stands before the door: this request's browser, as identity wants to know it."""

from __future__ import annotations

from flask import request, session
from sqlalchemy.orm import Session

from portal.base.ids import new_token
from portal.faces.cookies import device_id
from portal.faces.requests import client_ip
from portal.identity import Visitor, knows_device, label_device


def visitor(db: Session | None = None, number: str | None = None, *, known: bool = False) -> Visitor:
    """Describe the browser. With `db` and `number`: also whether that number's user has signed in with it before."""
    if db is not None and number is not None:
        known = knows_device(db, number, device_id())
    return Visitor(device_id(), client_ip(), label_device(request.user_agent.string), known)


def flow() -> str:
    """Give the token that binds codes to this browser's sign-in under way."""
    if "flow" not in session:
        session["flow"] = new_token()
    return str(session["flow"])


def end_flow() -> None:
    """Forget the sign-in under way, CSRF secret included: what a stranger planted before is dead after."""
    session.clear()

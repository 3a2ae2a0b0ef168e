"""What every request carries: an id for the logs, and the reader's address behind trusted proxies."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g, request

from portal.base.errors import Unreadable

_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")


def init_app(app: Flask) -> None:
    """Give each request an id and send it back."""
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
    sent = [*request.args.values(), *(request.form.values() if request.method == "POST" else ())]
    if any("\x00" in value for value in sent):  # PostgreSQL stores no NUL, and no person types one
        raise Unreadable


def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    return response


def request_id() -> str:
    """Give the id under which this request stands in the logs."""
    return str(g.get("request_id", ""))


def client_ip() -> str:
    """Give the reader's address; X-Forwarded-For counts behind trusted proxies only (ProxyFix has dealt with it)."""
    return request.remote_addr or "unknown"

"""Two blueprints: `sso` for pages people see, `oauth` for what programs call.

What programs call takes no cookie, so a forged request has nothing to ride on, and there is no CSRF token: each call brings its
own proof. It answers in JSON whatever goes wrong, in the words of RFC 6749.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, url_for
from werkzeug.exceptions import HTTPException

from portal.base.errors import PortalError, TooMany, Unavailable
from portal.faces.access import csrf

bp = Blueprint("sso", __name__)
machines = Blueprint("oauth", __name__)
csrf.exempt(machines)

_CODES = {429: "temporarily_unavailable", 503: "temporarily_unavailable"}


@bp.context_processor
def page_frame() -> dict[str, Any]:
    """Give layouts their switches; these pages lead nowhere else."""
    return {
        "language_url": url_for("site.set_language"),
        "theme_url": url_for("site.set_theme"),
        "home_url": url_for("site.show_home"),
        "here": "",
        "tabs": [],
    }


@machines.errorhandler(PortalError)
def tell_refusal(refusal: PortalError) -> Response:
    """Say what stands against a call as JSON."""
    code = _CODES.get(refusal.status, "invalid_request" if refusal.status < 500 else "server_error")
    response = make_response({"error": code}, refusal.status)
    if isinstance(refusal, TooMany | Unavailable):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return response


@machines.errorhandler(HTTPException)
def tell_web_error(error: HTTPException) -> Response:
    """Say the web's own errors as JSON: a body too large, a method that is not taken."""
    return make_response({"error": "invalid_request"}, error.code or 400)

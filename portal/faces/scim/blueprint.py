"""The blueprint, and how a call is refused: RFC 7644 3.12, whatever went wrong.

Directories bring a token in a header and no cookie, so a forged request has nothing to ride on: there is no CSRF token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, make_response
from flask.json import dumps
from pydantic import ValidationError
from scim2_models import Error, SCIMException
from werkzeug.exceptions import HTTPException

from portal.base.errors import Invalid, NotFound, PortalError, Refused, TooMany, Unavailable
from portal.faces.access import csrf

MEDIA_TYPE = "application/scim+json"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

bp = Blueprint("scim", __name__, url_prefix="/scim/v2")
csrf.exempt(bp)

_KEYWORDS = {"uniqueness": (409, "uniqueness"), "version": (412, None), "too_many_to_look_at": (400, "tooMany")}


class NoToken(Exception):
    """The call brought no token, or one that is not good, or no longer."""


def answer(body: Mapping[str, Any] | None, status: int = 200) -> Response:
    """Give an answer in SCIM's media type; without a body where there is none."""
    response = make_response("" if body is None else dumps(body), status)
    if body is None:
        response.headers.pop("Content-Type", None)
    else:
        response.mimetype = MEDIA_TYPE
    return response


def error_of(error: Exception) -> dict[str, Any]:
    """Give what went wrong as an error of RFC 7644 3.12. `status` is a text there."""
    status, keyword, detail = _read(error)
    said = {"schemas": [ERROR], "status": str(status), "detail": detail}
    return said | {"scimType": keyword} if keyword else said


def _read(error: Exception) -> tuple[int, str | None, str]:
    if isinstance(error, ValidationError):
        first = Error.from_validation_errors(error)[0]
        return first.status or 400, first.scim_type, _plain(first.detail or "")
    if isinstance(error, SCIMException):
        return error.status, error.scim_type or None, _plain(str(error))
    return _read_ours(error) if isinstance(error, PortalError) else (500, None, PortalError.sentence)


def _read_ours(error: PortalError) -> tuple[int, str | None, str]:
    if isinstance(error, NotFound):
        return 404, None, "there is no such resource"
    if isinstance(error, Invalid):
        return 400, "invalidValue", " ".join(error.fields.values())
    if isinstance(error, Refused) and error.code in _KEYWORDS:
        status, keyword = _KEYWORDS[error.code]
        return status, keyword, error.sentence if keyword else "the resource was changed meanwhile"
    return error.status, None, error.sentence


def _plain(detail: str) -> str:
    """Give pydantic's several lines as one, without what it was given: that may be somebody's data."""
    lines = [line.strip() for line in detail.splitlines() if line.strip()]
    if len(lines) > 1 and "validation error" in lines[0]:
        lines = lines[1:3]
    return " ".join(line.partition(" [type=")[0] for line in lines)


@bp.errorhandler(PortalError)
@bp.errorhandler(SCIMException)
@bp.errorhandler(ValidationError)
def tell(error: Exception) -> Response:
    """Answer a refused call."""
    body = error_of(error)
    response = answer(body, int(body["status"]))
    if isinstance(error, TooMany | Unavailable):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


@bp.errorhandler(NoToken)
def ask_for_token(_: NoToken) -> Response:
    """Answer a call without a good token (RFC 6750 3)."""
    response = answer({"schemas": [ERROR], "status": "401", "detail": "bring this enterprise's directory token"}, 401)
    response.headers["WWW-Authenticate"] = 'Bearer realm="scim"'
    return response


@bp.errorhandler(HTTPException)
def tell_web_error(error: HTTPException) -> Response:
    """Say the web's own errors: a body too large."""
    status = error.code or 500
    return answer({"schemas": [ERROR], "status": str(status), "detail": error.name}, status)

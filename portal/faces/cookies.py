"""Our cookies: one name each, all `__Host-`, Secure, HttpOnly, SameSite (guard.md 12).

Browsers treat http://localhost as secure; on another host without TLS they drop these cookies: `bin/run --tls`.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, g, request
from itsdangerous import BadSignature, URLSafeSerializer

from portal.base.ids import new_token
from portal.faces.parts import portal

FORM = "__Host-onehall-form"
SUBSCRIBER = "__Host-onehall"
STAFF = "__Host-onehall-staff"
DEVICE = "__Host-onehall-device"
PREFERENCES = "__Host-onehall-look"
DEVICE_DAYS = 400


def init_app(app: Flask) -> None:
    """Configure Flask's own (signed) cookie, which holds forms under way, and send the device cookie."""
    keys = app.extensions["portal"].keys
    app.secret_key = keys.cookies[0]
    app.config.update(
        SECRET_KEY_FALLBACKS=list(keys.cookies[1:]),
        SESSION_COOKIE_NAME=FORM,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
    )
    app.after_request(_send_device)


def put(response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    """Set one of our cookies; without `max_age` it ends with the browser."""
    response.set_cookie(name, value, max_age=max_age, secure=True, httponly=True, samesite="Lax", path="/")


def drop(response: Response, name: str) -> None:
    """Remove one of our cookies."""
    response.delete_cookie(name, secure=True, httponly=True, samesite="Lax", path="/")


def device_id() -> str:
    """Give this browser's id, from its signed cookie, or a new one that is sent with the answer."""
    if "device_id" not in g:
        g.device_id = _read_device() or new_token(16)
        g.device_is_new = _read_device() is None
    return str(g.device_id)


def _read_device() -> str | None:
    for secret in portal().keys.cookies:
        try:
            value = URLSafeSerializer(secret, salt="device").loads(request.cookies.get(DEVICE, ""))
        except BadSignature:
            continue
        return value if isinstance(value, str) else None
    return None


def _send_device(response: Response) -> Response:
    if g.get("device_is_new"):
        value = URLSafeSerializer(portal().keys.cookies[0], salt="device").dumps(g.device_id)
        put(response, DEVICE, str(value), max_age=DEVICE_DAYS * 86400)
    return response

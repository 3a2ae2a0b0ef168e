"""Devices without a keyboard ask here (RFC 8628 3.1): a code to poll with, a short one to show, and a picture of the way."""

from __future__ import annotations

import io
import re

import segno
from flask import Response, jsonify, make_response, request

from portal.base import clock
from portal.base.errors import NotFound
from portal.faces.access import machine, requires
from portal.faces.parts import portal
from portal.faces.provider import endpoint
from portal.faces.sso.blueprint import machines
from portal.faces.sso.calling import authenticate, opened, read_form, refusal_of
from portal.faces.sso.cors import open_to_client
from portal.openid import ClientRefused, TokenRefused, start_device

_USER_CODE = re.compile(r"[A-Z]{4}-[A-Z]{4}")


@machines.post("/oauth/device_authorization")
@requires(machine)
def begin_device() -> Response:
    """Let a device wait for somebody who is signed in."""
    now, form = clock.now(), read_form()
    with opened(form, writes=True) as db:
        client = authenticate(db, form, now=now)
        if isinstance(client, ClientRefused):
            started = None
        else:
            started = start_device(db, portal().keys, client, scope=form.get("scope", ""), now=now)
    if isinstance(client, ClientRefused):
        raise refusal_of(client)
    assert started is not None, "an authenticated client is answered"
    if isinstance(started, TokenRefused):
        raise refusal_of(started, client)
    page = endpoint("sso.ask_user_code")
    body = {
        "device_code": started.device_code,
        "user_code": started.user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={started.user_code}",
        "expires_in": started.expires_in_seconds,
        "interval": started.interval_seconds,
    }
    return open_to_client(jsonify(body), client)


@machines.get("/oauth/device/qr.svg")
@requires(machine)
def draw_user_code() -> Response:
    """Draw the way to the page, for a device that cannot: it says nothing but what it was given."""
    user_code = request.args.get("user_code", "")
    if not _USER_CODE.fullmatch(user_code):
        raise NotFound
    drawn = io.BytesIO()
    segno.make(f"{endpoint('sso.ask_user_code')}?user_code={user_code}", error="m").save(drawn, kind="svg", scale=8, border=4, light="#fff")
    response = make_response(drawn.getvalue())
    response.mimetype = "image/svg+xml"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response

"""Security headers of every answer (guard.md 40, 41): nonce CSP, nothing from elsewhere, nothing framed.

But a mini-store's pages, refusals among them, are framed by that store's own list of origins, and by nobody else.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

from portal.faces.framing import framed_by

YEAR_SECONDS = 31_536_000


def init_app(app: Flask) -> None:
    """Send the headers with every answer and give templates the nonce."""
    app.after_request(_send)
    app.context_processor(lambda: {"csp_nonce": nonce()})


def nonce() -> str:
    """Give this request's nonce, fresh each time."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _send(response: Response) -> Response:
    headers = response.headers
    hosts = framed_by() if response.mimetype == "text/html" else ()
    ancestors = " ".join(hosts) or "'none'"
    if response.mimetype == "text/html":
        targets = " ".join(("'self'", *g.get("form_targets", ())))  # single sign-on: a form leads on to the site that asked
        headers["Content-Security-Policy"] = (
            "default-src 'none'; "
            f"script-src 'nonce-{nonce()}' 'strict-dynamic'; style-src 'self' 'nonce-{nonce()}'; img-src 'self' data:; "
            f"connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action {targets}; frame-ancestors {ancestors}; "
            "base-uri 'none'; object-src 'none'"
        )
    else:
        headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    headers["X-Content-Type-Options"] = "nosniff"
    if hosts:  # X-Frame-Options knows no list: it is left out. The other two let a host page be cross-origin isolated.
        headers["Cross-Origin-Embedder-Policy"] = "require-corp"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    else:
        headers["X-Frame-Options"] = "DENY"
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}; includeSubDomains"
    return response

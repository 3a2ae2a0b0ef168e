"""The only reader of HX- headers. Knows where htmx 4 and Flask-HTMX 0.4 disagree.

htmx 4 sends the target as `div#id`, sends no trigger, and restores history with a request that wants the whole page.
"""

from __future__ import annotations

from flask import Flask, Response, make_response, redirect, render_template, request
from flask_htmx import HTMX

_htmx = HTMX()


def init_app(app: Flask) -> None:
    """Make answers vary by the header that decides between page and region."""
    _htmx.init_app(app)
    app.after_request(_vary)


def _vary(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.vary.add("HX-Request")
        response.vary.add("HX-Request-Type")
    return response


def wants_region() -> bool:
    """Say whether the answer goes into a part of a page (and not, say, into a restored history entry)."""
    if not _htmx or _htmx.history_restore_request or _htmx.boosted:
        return False
    return request.headers.get("HX-Request-Type", "partial") == "partial"


def target_id() -> str | None:
    """Give the id of the element the answer goes into, if it has one."""
    target = _htmx.target or ""
    return target.rpartition("#")[2] or None


def page_or_region(page: str, region: str, *, status: int = 200, **context: object) -> Response:
    """Render the region alone for htmx, else the page that includes it, from the same context."""
    return make_response(render_template(region if wants_region() else page, **context), status)


def go(url: str) -> Response:
    """Send the reader on after a write: 303 for a form, HX-Redirect where htmx asked, so that the page changes."""
    if _htmx and not _htmx.boosted:
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
        return response
    return redirect(url, 303)  # type: ignore[return-value]

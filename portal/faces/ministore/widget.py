"""The component's two addresses: one that never changes, to be pinned by its hash, and one that moves with us."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request

from portal.base.errors import NotFound
from portal.faces.access import anybody, requires
from portal.faces.component import Release, newest, releases

widgets = Blueprint("widgets", __name__)
YEAR, FIVE_MINUTES = "public, max-age=31536000, immutable", "public, max-age=300"


@widgets.get("/v1/mini-store.js")
@requires(anybody)
def show_newest() -> Response:
    """Give the newest release, kept for five minutes."""
    return _sent(newest(), FIVE_MINUTES)


@widgets.get("/<release>/mini-store.js")
@requires(anybody)
def show_release(release: str) -> Response:
    """Give one release, for good."""
    found = releases().get(release)
    if found is None:
        raise NotFound
    return _sent(found, YEAR)


def _sent(release: Release, kept: str) -> Response:
    coding = next((name for name in release.packed if request.accept_encodings.quality(name) > 0), None)
    response = make_response(release.packed[coding] if coding else release.plain)
    response.mimetype = "text/javascript"
    if coding:
        response.headers["Content-Encoding"] = coding
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = kept
    # A public script without secrets: any page may load it, and check it by its hash.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.set_etag(release.name)
    return response.make_conditional(request)  # type: ignore[return-value] # it gives itself

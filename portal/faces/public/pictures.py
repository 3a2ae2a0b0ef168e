"""Pictures of offers, under the hash of their content: for everybody, and the same for ever."""

from __future__ import annotations

from flask import Response, make_response, request

from portal.catalog import get_picture
from portal.faces.access import anybody, requires
from portal.faces.public.blueprint import bp
from portal.faces.transactions import reading

FOR_EVER = "public, max-age=31536000, immutable"


@bp.get("/pictures/<string(length=64):picture>")
@requires(anybody)
def show_picture(picture: str) -> Response:
    """Give a picture."""
    with reading() as db:
        found = get_picture(db, picture)
    response = make_response(found.content)
    response.mimetype = found.media_type
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Content-Disposition"] = "inline"
    response.set_etag(found.hash)
    response.make_conditional(request)
    return response

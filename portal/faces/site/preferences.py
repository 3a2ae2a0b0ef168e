"""Language and colour scheme: two small forms on every page, signed in or not."""

from __future__ import annotations

from flask import Response, request

from portal.base.errors import N_, Invalid
from portal.customers import set_language as keep_language
from portal.faces import cookies
from portal.faces.access import anybody, requires, safe_next, signed_in
from portal.faces.htmx import go
from portal.faces.language import preference_cookie
from portal.faces.site.blueprint import bp
from portal.faces.transactions import writing

YEAR_SECONDS = 365 * 86400


@bp.post("/language")
@requires(anybody)
def set_language() -> Response:
    """Switch the language; a signed-in person's messages follow."""
    wanted = {"zh-Hans-CN": "zh"}.get(request.form.get("lang", ""), request.form.get("lang", ""))
    response = _remember(new_language=wanted)
    session = signed_in()
    if session is not None and session.party_id is not None:
        with writing() as db:
            keep_language(db, session.party_id, wanted)
    return response


@bp.post("/theme")
@requires(anybody)
def set_theme() -> Response:
    """Switch between light, dark and what the device says."""
    return _remember(new_theme=request.form.get("theme", ""))


def _remember(*, new_language: str | None = None, new_theme: str | None = None) -> Response:
    try:
        value = preference_cookie(new_language, new_theme)
    except ValueError as error:
        raise Invalid({"": N_("That is not one of the choices.")}) from error
    response = go(safe_next(request.form.get("next"), "/"))
    cookies.put(response, cookies.PREFERENCES, value, max_age=YEAR_SECONDS)
    return response

"""How a refusal looks: a page, a region for htmx, or an RFC 9457 problem for a program. Only this module renders them."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, make_response, render_template, request, url_for
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal.base.errors import N_, Forbidden, NotFound, PortalError, ProofNeeded, Refused, TooMany, Unavailable
from portal.faces.access import CODE, STAFF_FACES, signed_in, staff_home
from portal.faces.babel import gettext
from portal.faces.framing import within_store
from portal.faces.htmx import go, target_id, wants_region
from portal.faces.requests import request_id
from portal.faces.words import sentence

log = structlog.get_logger()

TITLES = {
    400: N_("This request could not be read"),
    401: N_("Please sign in"),
    403: N_("Not with this sign-in"),
    404: N_("Nothing here"),
    405: N_("Nothing here"),
    409: N_("Not possible right now"),
    413: N_("That is too much at once"),
    422: N_("Please check what you entered"),
    429: N_("Too many tries"),
    500: N_("This did not work"),
    503: N_("One moment"),
}


class FormExpired(Refused):
    """The form's token is missing, old or of another session."""

    code = "form_expired"
    status = 400
    sentence = N_("This page was open for a long time, or cookies are switched off. Open it again and send it once more.")


class TooLarge(Refused):
    """The body is larger than anything we take."""

    code = "too_large"
    status = 413
    sentence = N_("What was sent is larger than this form takes.")


def init_app(app: Flask) -> None:
    """Catch refusals, the web's own errors, a database that is away, and our mistakes."""
    app.register_error_handler(PortalError, show)
    app.register_error_handler(HTTPException, _web)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(InterfaceError, _away)
    app.register_error_handler(PoolTimeout, _away)
    app.register_error_handler(Exception, _mistake)


def show(refusal: PortalError) -> Response:
    """Render a refusal for whoever asked."""
    if isinstance(refusal, ProofNeeded) and request.blueprint == "site":
        back = request.full_path.rstrip("?") if request.method == "GET" else _page_of_the_form()
        return go(url_for("site.ask_proof", next=back, level=refusal.level if refusal.level > CODE else None))
    if _wants_problem():
        response = _problem(refusal)
    else:
        page = "ministore/refused.html" if within_store() else "errors/page.html"
        template = "errors/_region.html" if wants_region() else page
        response = make_response(
            render_template(
                template,
                title=gettext(TITLES.get(refusal.status, TITLES[500])),
                sentence=sentence(refusal),
                actions=_ways_on(refusal),
                status=refusal.status,
                request_id=request_id(),
                target_id=target_id() if wants_region() else None,
            ),
            refusal.status,
        )
    if isinstance(refusal, TooMany | Unavailable):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return response


def _page_of_the_form() -> str:
    """Give the path of the page a form stood on, as the browser says it; the start page where it says nothing."""
    before = urlsplit(request.referrer or "")
    if before.netloc != request.host:
        return "/"
    return f"{before.path}?{before.query}" if before.query else before.path


def _ways_on(refusal: PortalError) -> list[dict[str, str]]:
    if within_store():  # a frame has no start page to go to; the page around it is loaded again by its reader
        return []
    home = url_for("site.show_home")
    if request.blueprint in STAFF_FACES:
        session = signed_in()
        home = staff_home(session.staff.role if session else None)
    ways = [{"label": gettext("To the start page"), "url": home}]
    if request.method == "GET" and isinstance(refusal, Unavailable | TooMany):
        ways.insert(0, {"label": gettext("Load this page again"), "url": request.full_path.rstrip("?")})
    return ways


def _wants_problem() -> bool:
    if not request.accept_mimetypes:
        return False
    return request.accept_mimetypes.best_match(["text/html", "application/problem+json", "application/json"], "text/html") != "text/html"


def _problem(refusal: PortalError) -> Response:
    body = {
        "type": f"urn:onehall:problem:{refusal.code}",
        "title": gettext(TITLES.get(refusal.status, TITLES[500])),
        "status": refusal.status,
        "detail": sentence(refusal),
        "instance": f"urn:onehall:request:{request_id()}",
    }
    response = make_response(body, refusal.status)
    response.mimetype = "application/problem+json"
    return response


def _web(error: HTTPException) -> Response:
    if error.response is not None and (error.code or 500) < 400:
        return error.get_response()  # type: ignore[return-value]
    status = error.code or 500
    if status in (404, 405):
        response = _with_status(NotFound(), status)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response
    if status == 413:
        return show(TooLarge())
    if status == 429:
        return show(TooMany(retry_after_seconds=60))
    if status == 400:
        return show(FormExpired())
    return _with_status(Forbidden() if status in (401, 403) else PortalError(), status)


def _with_status(refusal: PortalError, status: int) -> Response:
    refusal.status = status
    return show(refusal)


def _away(error: Exception) -> Response:
    log.warning("database_away", kind=type(error).__name__)
    g.principal = None  # the page that says so must not ask the database who is reading it
    return show(Unavailable())


def _mistake(error: Exception) -> Response:
    log.error("unexpected_error", kind=type(error).__name__, exc_info=error)
    return show(PortalError())

"""Whether the process lives, whether it can serve, and its figures."""

from __future__ import annotations

import hmac

import structlog
from flask import Response, current_app, request
from sqlalchemy import literal, select
from sqlalchemy.exc import SQLAlchemyError

from portal.base import metrics, outbox
from portal.base.errors import Forbidden
from portal.faces.access import machine, requires
from portal.faces.parts import portal
from portal.faces.public.blueprint import bp
from portal.faces.transactions import reading
from portal.messaging import count_waiting
from portal.migrations import is_at_head

log = structlog.get_logger()

_LOOPBACK = ("127.", "::1", "::ffff:127.")
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


@bp.get("/healthz")
@requires(machine)
def tell_health() -> Response:
    """Say that the process answers. Asks nothing else: a database that is away is no reason to restart us."""
    return _said("alive", 200)


@bp.get("/readyz")
@requires(machine)
def tell_readiness() -> Response:
    """Say whether requests can be served: the database answers and has the shape this release was written for."""
    database = portal().db
    try:
        with reading() as session:
            session.execute(select(literal(1)))
        at_head = is_at_head(database)
    except SQLAlchemyError as error:
        log.warning("not_ready", kind=type(error).__name__)
        return _said("the database does not answer", 503)
    return _said("ready", 200) if at_head else _said("the database is not migrated: flask db upgrade", 503)


@bp.get("/metrics")
@requires(machine)
def show_metrics() -> Response:
    """Give the figures to whoever holds the token; without one set, to this machine alone."""
    if not _may_measure():
        raise Forbidden
    figures: dict[str, tuple[str, str, dict[str, int]]] = {}
    try:
        with reading() as session:
            figures["portal_outbox_events"] = ("Events not delivered yet.", "status", dict(outbox.count_waiting(session)))
            figures["portal_messages_waiting"] = ("Messages that have not left.", "status", dict(count_waiting(session)))
    except SQLAlchemyError as error:
        log.warning("figures_missing", kind=type(error).__name__)
    return Response(metrics.render(figures), content_type=metrics.CONTENT_TYPE)


def _may_measure() -> bool:
    token = portal().settings.metrics_token.get_secret_value()
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    # A proxy on this machine would make everybody a neighbour: what was forwarded is not from here.
    near = (request.remote_addr or "").startswith(_LOOPBACK)
    return near and not any(request.headers.get(name) for name in _FORWARDED)


def _said(text: str, status: int) -> Response:
    return current_app.response_class(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")

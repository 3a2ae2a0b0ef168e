"""Each request's log line and figures, for every face. Names the endpoint, never the address: addresses hold ids."""

from __future__ import annotations

import time

import structlog
from flask import Response, g, request

from portal.base.metrics import request_seconds, requests_total
from portal.faces.public.blueprint import bp
from portal.faces.requests import request_id

log = structlog.get_logger("portal.requests")

_QUIET = frozenset({"public.tell_health", "public.tell_readiness", "public.show_metrics"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@bp.before_app_request
def start() -> None:
    """Note the time, and bind the request's id to every log line of it."""
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id())


@bp.after_app_request
def finish(response: Response) -> Response:
    """Count and log the request."""
    took = time.perf_counter() - g.get("started", time.perf_counter())
    endpoint = request.endpoint or "none"
    method = request.method if request.method in _METHODS else "OTHER"
    requests_total.labels(endpoint, method, str(response.status_code)).inc()
    request_seconds.labels(endpoint).observe(took)
    if endpoint not in _QUIET:
        log.info("request", endpoint=endpoint, method=method, status=response.status_code, ms=round(took * 1000, 1))
    return response

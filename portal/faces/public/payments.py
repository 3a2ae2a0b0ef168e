"""Where providers of payments notify. The raw bytes decide who speaks; the answer says what became of it."""

from __future__ import annotations

import structlog
from flask import Response, request

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.metrics import payment_notices_total
from portal.faces.access import csrf, machine, requires
from portal.faces.parts import portal
from portal.faces.public.blueprint import bp
from portal.faces.transactions import writing
from portal.payments import EventReused, NotGenuine, PaymentProvider, receive_notice

log = structlog.get_logger()

MOST_BYTES = 64 * 1024


@bp.post("/payments/<provider>/notifications")
@requires(machine)
def take_notification(provider: str) -> Response:
    """Take in what a provider says, once; what is not genuine leaves a line in the log and a count, and nothing else."""
    speaker = portal().providers.get(provider)
    if speaker is None:
        raise NotFound
    now = clock.now()
    try:
        if (request.content_length or 0) > MOST_BYTES:
            raise NotGenuine("too_large")  # noqa: TRY301 - refused as everything that is not genuine
        notice = speaker.parse_notification(request.get_data(), request.headers, now=now)  # type: ignore[arg-type]  # a Headers is a Mapping in all but name
    except NotGenuine as refused:
        log.warning("payment_notice_refused", provider=provider, why=str(refused))
        return _answer(speaker, provider, "refused")
    try:
        with writing() as session:
            received = receive_notice(session, provider, notice, now=now)
    except EventReused:
        log.warning("payment_notice_reused", provider=provider, reference=notice.reference)
        return _answer(speaker, provider, "event_reused")
    if received.outcome not in ("applied", "known"):
        log.warning("payment_notice", provider=provider, reference=notice.reference, outcome=received.outcome, repeated=received.repeated)
    return _answer(speaker, provider, received.outcome)


def _answer(speaker: PaymentProvider, provider: str, outcome: str) -> Response:
    payment_notices_total.labels(provider, outcome).inc()
    said = speaker.acknowledge(outcome)
    return Response(said.body, said.status, content_type=said.content_type)


csrf.exempt(take_notification)  # a provider's own call: it comes without cookies, and its signature is the proof

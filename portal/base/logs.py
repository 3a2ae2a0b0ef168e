"""Logs: one event per line, as JSON, with a stable name and fields; never a number, code or token (guard.md 33).

    log = structlog.get_logger()
    log.info("event_failed", event_id=7)

`mask` is the last look at each event before it is written, ours and those of libraries alike: it hides the values of
telling keys, masks what looks like a mobile number, hides six digits that stand alone, and keeps an event on its line.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

HIDDEN = "[hidden]"
_MOBILE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[ -]?)?(1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")
_CODE = re.compile(r"(?<![\w.])\d{6}(?!\w|\.\d)")
_TELLING = re.compile(
    r"(?:^|_)(?:code|otp|pin|password|passwd|secret|token|cookie|cookies|authorization|body|totp|csrf|number|msisdn|phone)s?$",
    re.IGNORECASE,
)
_HARMLESS = frozenset({"error_code", "status_code", "refusal_code", "exit_code", "row_number", "line_number", "has_password"})
_DEPTH = 6
_HANDLER = "portal"


def mask_text(text: str) -> str:
    """Mask mobile numbers in `text` (138****1234) and hide six digits that stand alone."""
    return _CODE.sub("******", _MOBILE.sub(r"\1****\2", text))


def mask(_: object, __: str, event: EventDict) -> EventDict:
    """Hide what must not be logged, wherever in the event it stands."""
    return {key: _masked(key, value, 0) for key, value in event.items()}


def _masked(key: str, value: Any, depth: int) -> Any:
    if key == "timestamp" or key.startswith("_") or value is None or isinstance(value, bool | float):
        return value
    if (key not in _HARMLESS and _TELLING.search(key)) or depth > _DEPTH:
        return HIDDEN
    if isinstance(value, dict):
        return {str(name): _masked(str(name), one, depth + 1) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", one, depth + 1) for one in value]
    if isinstance(value, int):
        return mask_text(str(value)) if _MOBILE.fullmatch(str(value)) else value
    text = mask_text(str(value))
    return text if key == "exception" else text.replace("\r", "\\r").replace("\n", "\\n")


def configure_logging(*, json: bool = True, stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send every log, ours and the libraries', through `mask` to `stream` (standard error unless told)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str) if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    # Ours go straight to the stream: by way of the standard library's loggers each line cost twice as much.
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_logger_name,
                structlog.stdlib.PositionalArgumentsFormatter(),
                *shared,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.set_name(_HANDLER)
    root = logging.getLogger()
    for former in [one for one in root.handlers if one.get_name() == _HANDLER]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(level)
    # werkzeug and granian would log addresses with their queries; huey each tick; alembic each look.
    for name in ("werkzeug", "granian.access", "huey", "alembic", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("alembic.ddl").setLevel(logging.ERROR)  # it warns of each index on an expression
    for name in ("werkzeug", "granian", "_granian", "granian.access"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True

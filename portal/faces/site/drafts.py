"""What was typed into a form of several pages, carried along in the address until it is sent.

Encrypted and bound to who typed it for whom, so that neither the address nor a log tells an address or a number, nobody
else can use it, and no page between (a code asked for, an error, going back) loses it. Nothing is kept on our side.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from portal.faces.access import me
from portal.faces.parts import portal

KEPT_FOR = timedelta(hours=12)
LONGEST = 6000


def write_draft(purpose: str, values: Mapping[str, str], *, now: datetime) -> str:
    """Write what was typed for `purpose` (such as `gift:coffee`) as a word for an address."""
    body = {"for": _bound_to(purpose), "at": int(now.timestamp()), "values": dict(values)}
    return portal().keys.encrypt(json.dumps(body, ensure_ascii=False))


def read_draft(purpose: str, word: str | None, *, now: datetime) -> Mapping[str, str] | None:
    """Read what `write_draft` gave; None for what is none, is somebody else's, for something else, or too old."""
    if not word or len(word) > LONGEST or not word.isascii():
        return None
    try:
        body = json.loads(portal().keys.decrypt(word))
    except ValueError:
        return None
    if not isinstance(body, dict) or body.get("for") != _bound_to(purpose):
        return None
    if now.timestamp() - body["at"] > KEPT_FOR.total_seconds():
        return None
    return {str(name): str(value) for name, value in body["values"].items()}


def _bound_to(purpose: str) -> list[str | int | None]:
    return [purpose, me().party_id, me().customer_id]

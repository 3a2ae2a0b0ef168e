"""JSON to a system of the operator's own, signed: an HMAC over the moment and the very bytes, so that it knows it is we who ask.

No answer, one that is no JSON object, and a server's own fault (5xx) all mean the same: it is not known what became of it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.adapters.outbound import CallRefused, Outbound

SIGNATURE, MOMENT = "X-Signature", "X-Timestamp"


class Away(Exception):
    """No answer, or none that says anything."""


@dataclass(frozen=True, slots=True)
class SignedJson:
    """Posts to `address`. `seconds`: how long an answer may take."""

    address: str
    secret: bytes
    seconds: float = 5.0
    clock: Callable[[], float] = time.time

    def post(self, path: str, body: Mapping[str, Any], key: str) -> tuple[int, Mapping[str, Any]]:
        """Post a body under an idempotency key; give status and answer. Raises Away."""
        raw = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
        moment = str(int(self.clock()))
        seal = hmac.new(self.secret, moment.encode() + b"." + path.encode() + b"." + raw, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, MOMENT: moment, SIGNATURE: seal}
        try:
            answer = Outbound(allow_private=True, seconds=self.seconds).post(self.address.rstrip("/") + path, raw, headers)
            said = json.loads(answer.body)
        except (CallRefused, ValueError) as error:
            raise Away(type(error).__name__) from error
        if answer.status >= 500 or not isinstance(said, dict):
            raise Away(f"answered {answer.status}")
        return answer.status, said

"""The billing system over HTTP, in the manner of TMF622 (product orders): posted under our own number, asked after by it.

`POST {address}/productOrder` with externalId = our reference (and Idempotency-Key the same); the answer's `state` counts:
acknowledged, inProgress, pending, held: accepted; completed: done; rejected, failed, cancelled: refused; else not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.adapters.signed_json import Away, SignedJson
from portal.orders import Answer, SetUp

STATES = {
    **dict.fromkeys(("acknowledged", "inProgress", "pending", "held"), "accepted"),
    "completed": "done",
    **dict.fromkeys(("rejected", "failed", "cancelled"), "refused"),
}
MOST = 100


class HttpBss:
    """Asks a billing system at an address of the operator's."""

    by_hand = False

    def __init__(self, address: str, secret: bytes, *, seconds: float = 5.0) -> None:
        self._line = SignedJson(address, secret, seconds)

    def order(self, request: SetUp) -> Answer:
        """Ask for something under its reference; the same again is the same order there."""
        item = {
            "id": "1", "action": request.action, "quantity": request.quantity,
            "productOffering": {"id": request.offering_code},
            "product": {"subscription": request.subscription_id, "number": request.number},
            "itemPrice": {"monthlyMinor": request.monthly_minor}, "itemTerm": dict(request.terms),
        }  # fmt: skip
        body = {"externalId": request.reference, "customer": request.customer_id, "productOrderItem": [item]}
        return self._ask("/productOrder", body, request.reference)

    def query(self, reference: str) -> Answer:
        """Ask how an order stands."""
        return self._ask("/productOrder/query", {"externalId": reference}, reference)

    def _ask(self, path: str, body: Mapping[str, Any], reference: str) -> Answer:
        try:
            status, said = self._line.post(path, body, reference)
        except Away:
            return Answer("unknown")
        end = STATES.get(str(said.get("state")))
        if end is None or said.get("externalId") != reference or status not in (200, 201, 202, 409, 422):
            return Answer("unknown")
        theirs, why, number = (said.get(name) for name in ("id", "reason", "number"))
        return Answer(end, _short(theirs), _short(why), _short(number))  # type: ignore[arg-type]


def _short(value: object) -> str | None:
    """Give a short text; nothing for what is none."""
    return value[:MOST] if isinstance(value, str) and value else None

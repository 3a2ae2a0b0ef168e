"""A carrier over HTTP: parcels announced and asked after under our own number.

`POST {address}/parcels`, `POST {address}/parcels/query` and `POST {address}/parcels/cancel`; the answer repeats `reference`, and its
`state` counts: sent, on_the_way, delivered, failed, refused, unheard (to a query alone: it was never announced); to the calling back
of a parcel stopped, unheard (it was never announced, and is not carried if it still is) and too_late. Whatever else is no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from portal.adapters.signed_json import Away, SignedJson
from portal.orders import Carried, Parcel, Recalled

ENDS = frozenset({"sent", "on_the_way", "delivered", "failed", "refused", "unheard"})
RECALLS: Mapping[str, Literal["done", "refused"]] = {"stopped": "done", "unheard": "done", "too_late": "refused"}
MOST, MOST_EVENTS = 60, 50


class HttpLogistics:
    """Asks a carrier at an address of the operator's."""

    by_hand = False

    def __init__(self, address: str, secret: bytes, *, seconds: float = 5.0) -> None:
        self._line = SignedJson(address, secret, seconds)

    def send(self, parcel: Parcel) -> Carried:
        """Announce a parcel; the same reference again is the same parcel there."""
        to = {"name": parcel.name, "phone": parcel.phone, "address": parcel.address}
        return self._ask("/parcels", {"reference": parcel.reference, "to": to, "pieces": parcel.pieces}, parcel.reference)

    def track(self, reference: str) -> Carried:
        """Ask where a parcel is."""
        return self._ask("/parcels/query", {"reference": reference}, reference)

    def cancel(self, reference: str) -> Recalled:
        """Call a parcel back; the same reference again is the same calling back there."""
        said = self._post("/parcels/cancel", {"reference": reference}, reference)
        end = RECALLS.get(str(said.get("state")))
        return Recalled(end or "unknown", _text(said.get("carrier")), _text(said.get("tracking")) or None)

    def _ask(self, path: str, body: Mapping[str, Any], reference: str) -> Carried:
        said = self._post(path, body, reference)
        end = said.get("state")
        if end not in ENDS:
            return Carried("unknown")
        return Carried(end, _text(said.get("carrier")), _text(said.get("tracking")) or None, _events(said.get("events")))

    def _post(self, path: str, body: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
        """Give what was answered about this very parcel; nothing where that is no answer."""
        try:
            _, said = self._line.post(path, body, reference)
        except Away:
            return {}
        return said if said.get("reference") == reference else {}


def _text(value: object) -> str:
    return value[:MOST] if isinstance(value, str) else ""


def _events(told: Any) -> tuple[Mapping[str, str], ...]:
    """Give what is well-formed of a parcel's way."""
    rows = told[:MOST_EVENTS] if isinstance(told, list) else []
    return tuple({name: _text(row.get(name)) for name in ("at", "what", "place")} for row in rows if isinstance(row, dict))

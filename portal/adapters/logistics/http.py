"""A carrier over HTTP: parcels announced and asked after under our own number.

`POST {address}/parcels` and `POST {address}/parcels/query`; the answer repeats `reference`, and its `state` counts: sent, on_the_way,
delivered, failed, refused, unheard (to a query alone: it was never announced); whatever else is no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.adapters.signed_json import Away, SignedJson
from portal.orders import Carried, Parcel

ENDS = frozenset({"sent", "on_the_way", "delivered", "failed", "refused", "unheard"})
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

    def _ask(self, path: str, body: Mapping[str, Any], reference: str) -> Carried:
        try:
            _, said = self._line.post(path, body, reference)
        except Away:
            return Carried("unknown")
        end = said.get("state")
        if end not in ENDS or said.get("reference") != reference:
            return Carried("unknown")
        return Carried(end, _text(said.get("carrier")), _text(said.get("tracking")) or None, _events(said.get("events")))


def _text(value: object) -> str:
    return value[:MOST] if isinstance(value, str) else ""


def _events(told: Any) -> tuple[Mapping[str, str], ...]:
    """Give what is well-formed of a parcel's way."""
    rows = told[:MOST_EVENTS] if isinstance(told, list) else []
    return tuple({name: _text(row.get(name)) for name in ("at", "what", "place")} for row in rows if isinstance(row, dict))

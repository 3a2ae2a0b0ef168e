"""The sandbox provider (sandbox/): JSON over HTTP, signed both ways by HMAC-SHA-256 over time, id, purpose and raw bytes."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.adapters.outbound import CallRefused, Outbound
from portal.base import clock
from portal.base.clock import day_start
from portal.base.ids import new_token
from portal.payments import (
    Acknowledgement,
    BillLine,
    NotGenuine,
    Notice,
    PaymentRequest,
    ProviderAway,
    ProviderRefused,
    RefundReported,
    RefundRequest,
    Reported,
)

SIGNATURE = "Sandbox-Signature"
FRESH = timedelta(minutes=5)
KINDS = ("paid", "closed", "refunded", "refund_failed")


@dataclass(frozen=True, slots=True)
class SandboxProvider:
    """The sandbox at `address`. The first of `secrets` signs, all are believed; `zone`: where its bill's days begin."""

    address: str
    secrets: Sequence[str] = field(repr=False)
    zone: ZoneInfo
    outbound: Outbound = field(default_factory=lambda: Outbound(allow_private=True))
    clock: Callable[[], datetime] = clock.now
    name: str = "sandbox"

    def create(self, request: PaymentRequest) -> Mapping[str, Any]:
        """Ask for money; the customer is sent to the sandbox's page."""
        asked = {
            "merchant_ref": request.merchant_ref, "amount_minor": request.amount_minor, "currency": request.currency,
            "description": request.description, "expires_at": request.expires_at.timestamp(), "notify_url": request.notify_url,
            "return_url": request.return_url,
        }  # fmt: skip
        said = self._call("create", asked)
        return {"kind": "redirect", "url": str(said["url"])}

    def query(self, merchant_ref: str) -> Reported:
        """Ask how a payment stands."""
        return _reported(self._call("query", {"merchant_ref": merchant_ref}))

    def close(self, merchant_ref: str) -> Reported:
        """End a payment."""
        return _reported(self._call("close", {"merchant_ref": merchant_ref}))

    def refund(self, request: RefundRequest) -> RefundReported:
        """Ask for money to go back."""
        asked = {
            "merchant_ref": request.merchant_ref, "refund_ref": request.refund_ref, "amount_minor": request.amount_minor,
            "notify_url": request.notify_url,
        }  # fmt: skip
        return _refund_reported(self._call("refund", asked))

    def query_refund(self, merchant_ref: str, refund_ref: str) -> RefundReported:
        """Ask how a refund stands."""
        return _refund_reported(self._call("query-refund", {"merchant_ref": merchant_ref, "refund_ref": refund_ref}))

    def parse_notification(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:
        """Read a notification; raises NotGenuine. The id that counts is the signed one."""
        self._check(headers.get(SIGNATURE, ""), "notification", raw, now)
        try:
            said = json.loads(raw)
            notice = Notice(
                event_id=said["id"], kind=said["kind"], reference=said["reference"], amount_minor=said["amount_minor"],
                currency=said["currency"], occurred_at=_moment(said["occurred_at"]) or now, provider_ref=said.get("provider_ref"),
                digest=hashlib.sha256(raw).hexdigest(), error=said.get("error"),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise NotGenuine("unreadable") from error
        texts = (notice.event_id, notice.reference, notice.currency)
        if notice.kind not in KINDS or type(notice.amount_minor) is not int or not all(isinstance(each, str) for each in texts):
            raise NotGenuine("unreadable")
        return notice

    def acknowledge(self, outcome: str) -> Acknowledgement:
        """Say what became of a notification: 200 for what was taken in, 4xx with its name for the rest."""
        status = {"applied": 200, "late": 200, "known": 200, "refused": 401}.get(outcome, 422)
        return Acknowledgement(status, "application/json", json.dumps({"outcome": outcome}).encode())

    def fetch_bill(self, day: date) -> Iterator[BillLine] | None:
        """Give a day's lines, piece by piece; None for a day that is not over."""
        start, end = day_start(day, self.zone), day_start(day + timedelta(days=1), self.zone)
        return None if end > self.clock() else self._lines(start.timestamp(), end.timestamp())

    def _lines(self, start: float, end: float) -> Iterator[BillLine]:
        after: int | None = 0
        while after is not None:
            piece = self._call("bill", {"start": start, "end": end, "after": after})
            for line in piece["lines"]:
                facts = (line["kind"], line["reference"], line["provider_ref"], line["amount_minor"], line["currency"])
                yield BillLine(*facts, _moment(line["occurred_at"]))
            after = piece["next"]

    def _call(self, what: str, asked: Mapping[str, Any]) -> Any:
        raw, path = json.dumps(asked).encode(), f"/api/{what}"
        headers = {"Content-Type": "application/json", SIGNATURE: self._sign(path, raw)}
        try:
            answer = self.outbound.post(self.address.rstrip("/") + path, raw, headers)
            said = json.loads(answer.body)
        except (CallRefused, ValueError) as error:
            raise ProviderAway(str(error)) from error
        if answer.status >= 500 or not isinstance(said, dict):
            raise ProviderAway(f"answered {answer.status}")
        if answer.status != 200:
            raise ProviderRefused(str(said.get("error", answer.status)))
        return said

    def _sign(self, purpose: str, raw: bytes) -> str:
        at, ident = int(self.clock().timestamp()), new_token(8)
        return f"t={at},id={ident},v1={seal(self.secrets[0], str(at), ident, purpose, raw)}"

    def _check(self, header: str, purpose: str, raw: bytes, now: datetime) -> None:
        parts = dict(part.partition("=")[::2] for part in header.split(","))
        at, ident, said = parts.get("t", ""), parts.get("id", ""), parts.get("v1", "")
        made = [seal(each, at, ident, purpose, raw) for each in self.secrets]
        if not any(hmac.compare_digest(each.encode(), said.encode()) for each in made):
            raise NotGenuine("signature")
        moment = _moment(int(at[:12])) if at.isascii() and at.isdigit() else None
        if moment is None or abs(now - moment) > FRESH:
            raise NotGenuine("not_fresh")


def seal(secret: str, at: str, ident: str, purpose: str, raw: bytes) -> str:
    """Give the seal of a message."""
    return hmac.new(secret.encode(), f"{at}.{ident}.{purpose}.".encode() + raw, hashlib.sha256).hexdigest()


def _reported(said: Mapping[str, Any]) -> Reported:
    if said.get("state") not in ("unpaid", "paid", "closed"):
        return Reported("unknown")
    return Reported(said["state"], said["amount_minor"], said["currency"], said["provider_ref"], _moment(said["occurred_at"]))


def _refund_reported(said: Mapping[str, Any]) -> RefundReported:
    if said.get("state") not in ("done", "pending", "refused"):
        return RefundReported("unknown")
    facts = (said["amount_minor"], said["currency"], said["provider_ref"], _moment(said["occurred_at"]), said["error"])
    return RefundReported(said["state"], *facts)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

"""WeChat Pay v3 (PyPI wechatpayv3): RSA-SHA256 both ways, notifications sealed with AES-256-GCM besides.

The library checks no time and fetches certificates for a serial number it does not know: both are looked at before it is
asked, so that a replay is refused and a stranger cannot make this server call out.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from wechatpayv3 import WeChatPay, WeChatPayType

from portal.base.money import from_decimal
from portal.base.settings import Settings
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

FRESH = timedelta(minutes=5)
SECONDS = (3, 5)
ZONE = ZoneInfo("Asia/Shanghai")
_AGAIN = frozenset({"SYSTEM_ERROR", "FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "NOT_ENOUGH", "BANK_ERROR"})
_STATES = {
    "SUCCESS": "paid",
    "REFUND": "paid",
    "NOTPAY": "unpaid",
    "USERPAYING": "unpaid",
    "PAYERROR": "unpaid",
    "CLOSED": "closed",
    "REVOKED": "closed",
}
_REFUNDS = {"SUCCESS": "done", "PROCESSING": "pending", "CLOSED": "refused", "ABNORMAL": "refused"}
_KINDS = {"TRANSACTION.SUCCESS": "paid", "REFUND.SUCCESS": "refunded", "REFUND.ABNORMAL": "refund_failed", "REFUND.CLOSED": "refund_failed"}


@dataclass(frozen=True, slots=True)
class WeChatProvider:
    """WeChat Pay for one merchant: the customer scans a QR code (`native`)."""

    client: Any = field(repr=False)
    app_id: str
    merchant_id: str
    public_key_id: str
    name: str = "wechat"

    def create(self, request: PaymentRequest) -> Mapping[str, Any]:
        """Ask for money; the customer scans `url` as a QR code."""
        said = self._call(
            self.client.pay, description=request.description[:120], out_trade_no=request.merchant_ref,
            amount={"total": request.amount_minor, "currency": request.currency}, notify_url=request.notify_url,
            time_expire=request.expires_at.astimezone(ZONE).isoformat(timespec="seconds"),
        )  # fmt: skip
        return {"kind": "qr", "url": str(said["code_url"])}

    def query(self, merchant_ref: str) -> Reported:
        """Ask how a payment stands."""
        try:
            said = self._call(self.client.query, out_trade_no=merchant_ref)
        except ProviderRefused as refused:
            if str(refused) in ("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"):
                return Reported("unknown")
            raise
        self._check_merchant(said, ProviderAway)
        amount = said.get("amount") or {}
        state = _STATES.get(said.get("trade_state", ""), "unknown")
        facts = (
            int(amount.get("total", 0)),
            str(amount.get("currency", "")),
            said.get("transaction_id"),
            _moment(said.get("success_time")),
        )
        return Reported(cast("Any", state), *facts)

    def close(self, merchant_ref: str) -> Reported:
        """End a payment; where that is refused, say how it stands."""
        try:
            self._call(self.client.close, out_trade_no=merchant_ref)
        except ProviderRefused:
            return self.query(merchant_ref)
        return Reported("closed")

    def refund(self, request: RefundRequest) -> RefundReported:
        """Ask for money to go back."""
        amount = {"refund": request.amount_minor, "total": request.total_minor, "currency": request.currency}
        said = self._call(
            self.client.refund, out_refund_no=request.refund_ref, out_trade_no=request.merchant_ref, amount=amount,
            reason=request.reason[:80] or None, notify_url=request.notify_url,
        )  # fmt: skip
        return _refund_reported(said)

    def query_refund(self, merchant_ref: str, refund_ref: str) -> RefundReported:  # noqa: ARG002 - WeChat Pay asks for one of them
        """Ask how a refund stands."""
        try:
            return _refund_reported(self._call(self.client.query_refund, out_refund_no=refund_ref))
        except ProviderRefused as refused:
            if str(refused) == "RESOURCE_NOT_EXISTS":
                return RefundReported("unknown")
            raise

    def parse_notification(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:
        """Read a notification; raises NotGenuine."""
        names = ("Signature", "Timestamp", "Nonce", "Serial", "Signature-Type")
        given = {f"Wechatpay-{name}": headers.get(f"Wechatpay-{name}", "") for name in names}
        if given["Wechatpay-Serial"] != self.public_key_id:
            raise NotGenuine("serial")
        at = given["Wechatpay-Timestamp"]
        if not (at.isascii() and at.isdigit() and len(at) <= 12) or abs(now - datetime.fromtimestamp(int(at), UTC)) > FRESH:
            raise NotGenuine("not_fresh")
        try:
            said = self.client.callback(given, raw.decode())
        except Exception as error:
            raise NotGenuine("unreadable") from error
        if not said:
            raise NotGenuine("signature")
        try:
            return self._notice(said, raw, now)
        except (KeyError, TypeError, ValueError) as error:
            raise NotGenuine("unreadable") from error

    def acknowledge(self, outcome: str) -> Acknowledgement:
        """Say what became of a notification: 200 for what was taken in; anything else has it sent again."""
        good = outcome in ("applied", "late", "known")
        body = {"code": "SUCCESS" if good else "FAIL", "message": outcome}
        return Acknowledgement(200 if good else 401 if outcome == "refused" else 422, "application/json", json.dumps(body).encode())

    def fetch_bill(self, day: date) -> Iterator[BillLine] | None:
        """Give a day's lines; None while the bill is not made. Its sum is checked before a line is believed."""
        try:
            said = self._call(self.client.trade_bill, bill_date=day.isoformat())
        except ProviderRefused as refused:
            if str(refused) == "NO_STATEMENT_EXIST":
                return iter(())
            if str(refused) == "STATEMENT_CREATING":
                return None
            raise
        try:
            status, packed = self.client.download_bill(said["download_url"])
            data = gzip.decompress(packed) if status == 200 else b""
        except Exception as error:
            raise ProviderAway(type(error).__name__) from error
        if status != 200 or hashlib.sha1(data, usedforsecurity=False).hexdigest() != said["hash_value"]:  # their choice; TLS carries it
            raise ProviderAway("the bill is not what was announced")
        return _bill_lines(data)

    def _notice(self, said: Mapping[str, Any], raw: bytes, now: datetime) -> Notice:
        facts, kind = said["resource"], _KINDS[said["event_type"]]
        self._check_merchant(facts, NotGenuine)
        refunding = kind != "paid"
        status = facts["refund_status" if refunding else "trade_state"]
        if status != said["event_type"].partition(".")[2]:  # the name of the event stands outside of what is sealed
            raise NotGenuine("unreadable")
        amount = facts["amount"]
        return Notice(
            event_id=str(said["id"]), kind=cast("Any", kind), reference=str(facts["out_refund_no" if refunding else "out_trade_no"]),
            amount_minor=_whole(amount["refund" if refunding else "total"]), currency=str(amount.get("currency", "CNY")),
            occurred_at=_moment(facts.get("success_time")) or now, provider_ref=facts.get("refund_id" if refunding else "transaction_id"),
            digest=hashlib.sha256(raw).hexdigest(), error=status if kind == "refund_failed" else None,
        )  # fmt: skip

    def _check_merchant(self, facts: Mapping[str, Any], wrong: type[Exception]) -> None:
        if str(facts.get("mchid")) != self.merchant_id or facts.get("appid", self.app_id) != self.app_id:
            raise wrong("merchant")

    def _call(self, act: Callable[..., Any], **values: Any) -> Any:
        try:
            status, body = act(**values)
            said = json.loads(body) if body else {}
        except Exception as error:
            raise ProviderAway(type(error).__name__) from error
        if 200 <= status < 300:
            return said
        code = str(said.get("code", status)) if isinstance(said, dict) else str(status)
        if status >= 500 or status == 429 or code in _AGAIN:
            raise ProviderAway(code)
        raise ProviderRefused(code)


def make_wechat(settings: Settings) -> WeChatProvider:
    """Make it from the settings, which name all it needs."""
    assert settings.wechat_key_file is not None, "settings are checked"
    assert settings.wechat_public_key_file is not None, "settings are checked"
    client = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE, mchid=settings.wechat_merchant_id, private_key=settings.wechat_key_file.read_text(),
        cert_serial_no=settings.wechat_serial, appid=settings.wechat_app_id, apiv3_key=settings.wechat_api_v3_key.get_secret_value(),
        timeout=SECONDS, public_key=settings.wechat_public_key_file.read_text(), public_key_id=settings.wechat_public_key_id,
    )  # fmt: skip
    client._core._gate_way = settings.wechat_gateway.rstrip("/")  # noqa: SLF001 - the library has no other way to another address
    return WeChatProvider(client, settings.wechat_app_id, settings.wechat_merchant_id, settings.wechat_public_key_id)


def _refund_reported(said: Mapping[str, Any]) -> RefundReported:
    amount = said.get("amount") or {}
    status = str(said.get("status", ""))
    state = _REFUNDS.get(status, "unknown")
    facts = (int(amount.get("refund", 0)), str(amount.get("currency", "CNY")), said.get("refund_id"), _moment(said.get("success_time")))
    return RefundReported(cast("Any", state), *facts, error=status if state == "refused" else None)


def _bill_lines(data: bytes) -> Iterator[BillLine]:
    """Read the lines: Chinese headings, each value behind a backtick, a summary of two lines at the end."""
    for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"))):
        if not str(row["交易时间"]).startswith("`"):
            return
        fields = {name: str(value).removeprefix("`") for name, value in row.items() if name}
        at = datetime.strptime(fields["交易时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE)
        currency = fields["货币种类"]
        if fields["交易状态"] == "SUCCESS":
            yield BillLine(
                "payment", fields["商户订单号"], fields["微信订单号"], from_decimal(fields["订单金额"], currency).minor, currency, at
            )
        elif fields["交易状态"] == "REFUND":
            amount = from_decimal(fields["退款金额"], currency).minor
            yield BillLine("refund", fields["商户退款单号"], fields["微信退款单号"], amount, currency, at)


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("an amount is counted in whole minor units")
    return value


def _moment(text: Any) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(UTC)

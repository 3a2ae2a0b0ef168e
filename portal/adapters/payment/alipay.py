"""Alipay (PyPI python-alipay-sdk): RSA2 both ways. Its notifications are forms; what answers them is the word `success`.

A notification about a refund says TRADE_SUCCESS or TRADE_CLOSED of the payment once more and the sum of all refunds so
far: it is read as that sum, never as a payment. Refunds are settled by the answer to them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from alipay import AliPay, AliPayConfig

from portal.base import clock
from portal.base.money import from_decimal
from portal.base.settings import Settings
from portal.payments import (
    Acknowledgement,
    BadAmount,
    BillLine,
    NotGenuine,
    Notice,
    NoticeKind,
    PaymentRequest,
    ProviderAway,
    ProviderRefused,
    RefundReported,
    RefundRequest,
    Reported,
    read_amount,
)

FRESH = timedelta(minutes=5)
SECONDS = 5
MAX_BILL = 256 * 1024 * 1024
ZONE = ZoneInfo("Asia/Shanghai")
CURRENCY = "CNY"
_FORM = "%Y-%m-%d %H:%M:%S"
_AGAIN = frozenset({"ACQ.SYSTEM_ERROR", "isp.unknow-error", "aop.unknow-error", "ACQ.SELLER_BALANCE_NOT_ENOUGH"})
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class AlipayProvider:
    """Alipay for one seller: the customer is sent to Alipay's page."""

    client: Any = field(repr=False)
    app_id: str
    seller_id: str
    gateway: str
    clock: Callable[[], datetime] = clock.now
    name: str = "alipay"

    def create(self, request: PaymentRequest) -> Mapping[str, Any]:
        """Sign the address of Alipay's page; nothing is called: Alipay knows the payment once the customer is there."""
        asked = {
            "out_trade_no": request.merchant_ref, "total_amount": _major(request.amount_minor), "subject": request.description[:120],
            "product_code": "FAST_INSTANT_TRADE_PAY", "time_expire": request.expires_at.astimezone(ZONE).strftime(_FORM),
        }  # fmt: skip
        more = {"notify_url": request.notify_url, "return_url": request.return_url, "timestamp": self._stamp()}
        signed = self.client.client_api("alipay.trade.page.pay", biz_content=asked, **more)
        return {"kind": "redirect", "url": f"{self.gateway}?{signed}"}

    def query(self, merchant_ref: str) -> Reported:
        """Ask how a payment stands."""
        try:
            said = self._call("alipay.trade.query", {"out_trade_no": merchant_ref})
        except ProviderRefused as refused:
            if str(refused) == "ACQ.TRADE_NOT_EXIST":
                return Reported("unknown")
            raise
        if said.get("out_trade_no") != merchant_ref:
            raise ProviderAway("another payment")
        status, at = said.get("trade_status"), _moment(said.get("send_pay_date"))
        if status in ("TRADE_SUCCESS", "TRADE_FINISHED"):  # a paid one that is closed went back whole
            return Reported("paid", _minor(said["total_amount"]), CURRENCY, said.get("trade_no"), at)
        return Reported("closed" if status == "TRADE_CLOSED" else "unpaid")

    def close(self, merchant_ref: str) -> Reported:
        """End a payment; where that is refused, say how it stands."""
        try:
            self._call("alipay.trade.close", {"out_trade_no": merchant_ref})
        except ProviderRefused as refused:
            return Reported("unknown") if str(refused) == "ACQ.TRADE_NOT_EXIST" else self.query(merchant_ref)
        return Reported("closed")

    def refund(self, request: RefundRequest) -> RefundReported:
        """Ask for money to go back."""
        asked = {
            "out_trade_no": request.merchant_ref, "refund_amount": _major(request.amount_minor), "out_request_no": request.refund_ref,
            "refund_reason": request.reason,
        }  # fmt: skip
        said = self._call("alipay.trade.refund", asked)
        return RefundReported("done", request.amount_minor, CURRENCY, said.get("trade_no"), _moment(said.get("gmt_refund_pay")))

    def query_refund(self, merchant_ref: str, refund_ref: str) -> RefundReported:
        """Ask how a refund stands."""
        said = self._call("alipay.trade.fastpay.refund.query", {"out_trade_no": merchant_ref, "out_request_no": refund_ref})
        if said.get("refund_status") != "REFUND_SUCCESS":
            return RefundReported("unknown")
        return RefundReported("done", _minor(said["refund_amount"]), CURRENCY, said.get("trade_no"), _moment(said.get("gmt_refund_pay")))

    def parse_notification(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:  # noqa: ARG002 - all is in the form
        """Read a notification; raises NotGenuine."""
        try:
            pairs = parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=100)
        except ValueError as error:
            raise NotGenuine("unreadable") from error
        form = dict(pairs)
        if len(form) != len(pairs):
            raise NotGenuine("unreadable")
        signed = {name: value for name, value in form.items() if name != "sign"}
        try:
            genuine = self.client.verify(signed, form.get("sign", ""))
        except Exception as error:
            raise NotGenuine("signature") from error
        if not genuine:
            raise NotGenuine("signature")
        try:
            return self._notice(form, raw, now)
        except (KeyError, ValueError, BadAmount) as error:
            raise NotGenuine("unreadable") from error

    def acknowledge(self, outcome: str) -> Acknowledgement:
        """Say `success` for what was taken in, exactly; anything else has it sent again."""
        good = outcome in ("applied", "late", "known")
        return Acknowledgement(200 if good else 401 if outcome == "refused" else 422, "text/plain", b"success" if good else b"failure")

    def fetch_bill(self, day: date) -> Iterator[BillLine] | None:
        """Give a day's lines; None while the bill is not made."""
        try:
            said = self._call("alipay.data.dataservice.bill.downloadurl.query", {"bill_type": "trade", "bill_date": day.isoformat()})
        except ProviderRefused as refused:
            if str(refused) != "isp.bill_not_exist":
                raise
            return None if day >= clock.local_date(self.clock(), ZONE) - timedelta(days=1) else iter(())
        return _bill_lines(self._download(str(said["bill_download_url"])))

    def _download(self, address: str) -> bytes:
        """Fetch the packed bill, from a host of Alipay's (or the gateway's own) alone."""
        parts, gateway = urlsplit(address), urlsplit(self.gateway)
        of_theirs = parts.scheme == "https" and (parts.hostname or "").endswith((".alipay.com", ".alipayobjects.com"))
        if not of_theirs and (parts.scheme, parts.netloc) != (gateway.scheme, gateway.netloc):
            raise ProviderAway("the bill is elsewhere")
        try:
            with _opener.open(address, timeout=SECONDS) as answer:
                data: bytes = answer.read(MAX_BILL)
        except (OSError, ValueError) as error:
            raise ProviderAway(type(error).__name__) from error
        return data

    def _notice(self, form: Mapping[str, str], raw: bytes, now: datetime) -> Notice:
        sent = _moment(form["notify_time"])
        if sent is None or abs(now - sent) > FRESH:
            raise NotGenuine("not_fresh")
        if form["app_id"] != self.app_id or form["seller_id"] != self.seller_id:
            raise NotGenuine("merchant")
        status, paid_at = form["trade_status"], _moment(form.get("gmt_payment"))
        if status not in ("TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_CLOSED"):
            raise NotGenuine("unreadable")
        kind: NoticeKind = "closed" if status == "TRADE_CLOSED" else "paid"
        amount, at = read_amount(form["total_amount"], CURRENCY), paid_at
        back = _minor(form.get("refund_fee") or "0")
        if back or form.get("gmt_refund") or (kind == "closed" and paid_at is not None):
            kind, amount, at = (
                "refund_sum",
                read_amount(form.get("refund_fee") or form["total_amount"], CURRENCY),
                _moment(form.get("gmt_refund")),
            )
        return Notice(
            event_id=form["notify_id"], kind=kind, reference=form["out_trade_no"],
            amount_minor=amount, currency=CURRENCY, occurred_at=at or now,
            provider_ref=form.get("trade_no"), digest=hashlib.sha256(raw).hexdigest(),
        )  # fmt: skip

    def _call(self, method: str, asked: Mapping[str, Any]) -> Any:
        try:
            said = self.client.server_api(method, biz_content=dict(asked), timestamp=self._stamp())
        except Exception as error:
            raise ProviderAway(type(error).__name__) from error
        if said.get("code") == "10000":
            return said
        sub_code = str(said.get("sub_code", said.get("code")))
        if said.get("code") in ("20000", "10003") or sub_code in _AGAIN:
            raise ProviderAway(sub_code)
        raise ProviderRefused(sub_code)

    def _stamp(self) -> str:
        return self.clock().astimezone(ZONE).strftime(_FORM)  # the library takes the machine's own time, whatever its zone


def make_alipay(settings: Settings) -> AlipayProvider:
    """Make it from the settings, which name all it needs."""
    assert settings.alipay_key_file is not None, "settings are checked"
    assert settings.alipay_public_key_file is not None, "settings are checked"
    client = AliPay(
        appid=settings.alipay_app_id, app_private_key_string=settings.alipay_key_file.read_text(), sign_type="RSA2",
        alipay_public_key_string=settings.alipay_public_key_file.read_text(), config=AliPayConfig(timeout=SECONDS),
    )  # fmt: skip
    client._gateway = settings.alipay_gateway  # noqa: SLF001 - the library has no other way to another address
    return AlipayProvider(client, settings.alipay_app_id, settings.alipay_seller_id, settings.alipay_gateway)


def _bill_lines(data: bytes) -> Iterator[BillLine]:
    """Read the lines of the packed details: GBK, remarks behind #, money in yuan, refunds below nothing."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        name = next(each for each in archive.namelist() if each.endswith(".csv") and "汇总" not in _called(archive, each))
    except (zipfile.BadZipFile, StopIteration) as error:
        raise ProviderAway("the bill cannot be read") from error
    with archive, archive.open(name) as packed:
        lines = (line for line in io.TextIOWrapper(packed, "gbk", newline="") if not line.startswith("#"))
        for row in csv.DictReader(lines):
            fields = {str(key).strip(): str(value).strip() for key, value in row.items()}
            at = _moment(fields["完成时间"])
            amount = abs(_minor(fields["订单金额（元）"]))
            if fields["业务类型"] == "交易":
                yield BillLine("payment", fields["商户订单号"], fields["支付宝交易号"], amount, CURRENCY, at)
            elif fields["业务类型"] == "退款":
                yield BillLine("refund", fields["退款批次号/请求号"], fields["支付宝交易号"], amount, CURRENCY, at)


def _called(archive: zipfile.ZipFile, name: str) -> str:
    """Give a member's name as they wrote it: in GBK, without saying so."""
    plain = archive.getinfo(name).flag_bits & 0x800
    return name if plain else name.encode("cp437").decode("gbk", "replace")


def _major(minor: int) -> str:
    return f"{Decimal(minor).scaleb(-2):.2f}"


def _minor(text: str) -> int:
    return from_decimal(text, CURRENCY).minor


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    return datetime.strptime(text[:19], _FORM).replace(tzinfo=ZONE).astimezone(UTC)

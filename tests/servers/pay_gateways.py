"""Loopback gateways that speak as WeChat Pay v3 and Alipay do: their signatures, answers, notifications, bills and retries.

One server in a thread answers for both. `tell` writes a notification as it goes over the wire at a moment; `schedule`
gives the moments at which each of them tries again while nobody says what they want to hear.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import gzip
import hashlib
import io
import json
import secrets
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, Response, request
from werkzeug.serving import make_server

ZONE = ZoneInfo("Asia/Shanghai")
WECHAT_RETRIES = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600)
ALIPAY_RETRIES = (240, 600, 600, 3600, 7200, 21_600, 54_000)
API_KEY = "0123456789abcdef0123456789abcdef"  # pragma: allowlist secret
MERCHANT, APP, SELLER, ALI_APP, KEY_ID = "1900000109", "wx8888888888888888", "2088102119685838", "2014072300007148", "PUB_KEY_ID_0119"


@dataclass
class Pair:
    """A key and its public half."""

    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    @property
    def private_pem(self) -> str:
        """The key as a file holds it."""
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return self.key.private_bytes(*form).decode()

    @property
    def public_pem(self) -> str:
        """The public half as a file holds it."""
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, text: str) -> str:
        """Sign as both providers do: RSA with SHA-256, in base64."""
        return base64.b64encode(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()

    def is_signed(self, text: str, signature: str) -> bool:
        """Say whether this key signed it."""
        try:
            self.key.public_key().verify(base64.b64decode(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass
class Trade:
    """A payment as a gateway keeps it."""

    ref: str
    amount: int
    notify_url: str = ""
    state: str = "NOTPAY"
    paid_at: datetime | None = None
    number: str = field(default_factory=lambda: f"42{secrets.randbelow(10**20):020}")
    refunds: dict[str, int] = field(default_factory=dict)


@dataclass
class Gateways:
    """What both gateways know. `ours`: the merchant's keys; `theirs`: the providers'. `broken`: answers 500 from now on."""

    wechat_key: Pair
    alipay_key: Pair
    merchant_key: Pair
    now: datetime
    address: str = ""
    trades: dict[str, Trade] = field(default_factory=dict)
    broken: bool = False
    unsigned: bool = False
    refunds_state: str = "SUCCESS"

    def pay(self, ref: str, amount: int | None = None) -> None:
        """Have a customer pay; Alipay hears of a payment only then, so its amount is given."""
        trade = self.trades.setdefault(ref, Trade(ref, amount or 0))
        trade.state, trade.paid_at = "SUCCESS", self.now

    def tell_wechat(
        self, ref: str, *, event_id: str = "EV-1", kind: str = "TRANSACTION.SUCCESS", **more: Any
    ) -> tuple[bytes, dict[str, str]]:
        """Write a notification: raw bytes and headers."""
        return self._wechat_told(event_id, kind, "支付成功", "transaction", self._wechat_trade(self.trades[ref]) | more)

    def tell_wechat_refund(
        self, refund_ref: str, *, event_id: str = "EV-R1", kind: str = "REFUND.SUCCESS", **more: Any
    ) -> tuple[bytes, dict[str, str]]:
        """Write a notification about a refund that was asked for: neither app nor currency is in it, a time only where it succeeded."""
        trade = next(each for each in self.trades.values() if refund_ref in each.refunds)
        status, back = kind.partition(".")[2], trade.refunds[refund_ref]
        facts = {
            "mchid": MERCHANT, "out_trade_no": trade.ref, "transaction_id": trade.number, "out_refund_no": refund_ref,
            "refund_id": f"50{trade.number}", "refund_status": status, "user_received_account": "招商银行信用卡0403",
            "amount": {"total": trade.amount, "refund": back, "payer_total": trade.amount, "payer_refund": back},
        }  # fmt: skip
        if status == "SUCCESS":
            facts["success_time"] = self.now.astimezone(ZONE).isoformat(timespec="seconds")
        words = {"SUCCESS": "退款成功", "ABNORMAL": "退款异常"}.get(status, "退款关闭")
        return self._wechat_told(event_id, kind, words, "refund", facts | more)

    def _wechat_told(self, event_id: str, kind: str, words: str, about: str, facts: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        nonce = secrets.token_hex(6)
        sealed = AESGCM(API_KEY.encode()).encrypt(nonce.encode(), json.dumps(facts).encode(), about.encode())
        resource = {
            "algorithm": "AEAD_AES_256_GCM", "ciphertext": base64.b64encode(sealed).decode(), "nonce": nonce,
            "associated_data": about, "original_type": about,
        }  # fmt: skip
        said = {
            "id": event_id, "create_time": self.now.astimezone(ZONE).isoformat(timespec="seconds"), "resource_type": "encrypt-resource",
            "event_type": kind, "summary": words, "resource": resource,
        }  # fmt: skip
        raw = json.dumps(said, ensure_ascii=False)
        return raw.encode(), self._wechat_headers(raw)

    def tell_alipay(self, ref: str, *, event_id: str = "a1", **more: str) -> tuple[bytes, dict[str, str]]:
        """Write a notification: a form, signed over its values in the order of their names."""
        trade = self.trades[ref]
        form = {
            "notify_time": _local(self.now), "notify_type": "trade_status_sync", "notify_id": event_id, "app_id": ALI_APP,
            "charset": "utf-8", "version": "1.0", "trade_no": trade.number, "out_trade_no": ref, "seller_id": SELLER,
            "trade_status": "TRADE_SUCCESS", "total_amount": _yuan(trade.amount), "subject": "保温杯 & more=1",
            "gmt_payment": _local(trade.paid_at or self.now),
        } | more  # fmt: skip
        text = "&".join(f"{name}={form[name]}" for name in sorted(form))
        return urlencode(form | {"sign": self.alipay_key.sign(text), "sign_type": "RSA2"}).encode(), {}

    def tell_alipay_refund(self, ref: str, *, event_id: str = "r1", **more: str) -> tuple[bytes, dict[str, str]]:
        """Write what it says of a payment some of which went back: its state once more, and the sum of all that did."""
        trade = self.trades[ref]
        back = sum(trade.refunds.values())
        facts = {
            "refund_fee": _yuan(back), "gmt_refund": f"{_local(self.now)}.123", "out_biz_no": next(reversed(trade.refunds), "theirs"),
            "trade_status": "TRADE_CLOSED" if back == trade.amount else "TRADE_SUCCESS",
        }  # fmt: skip
        return self.tell_alipay(ref, event_id=event_id, **(facts | more))

    def schedule(self, provider: str) -> Iterator[datetime]:
        """Give the moments of all tries, the first at once; the gateways' clock goes along."""
        yield self.now
        for pause in WECHAT_RETRIES if provider == "wechat" else ALIPAY_RETRIES:
            self.now += timedelta(seconds=pause)
            yield self.now

    def answer_wechat(self, path: str) -> Response:
        """Answer a merchant's call, signed; the merchant's own signature is looked at first."""
        raw = request.get_data().decode()
        address = f"/v3/{path}" + (f"?{request.query_string.decode()}" if request.query_string else "")
        if not self._is_merchant(request.headers.get("Authorization", ""), address, raw):
            return self._wechat({"code": "SIGN_ERROR", "message": "签名错误"}, 401)
        if self.broken:
            return self._wechat({"code": "SYSTEM_ERROR", "message": "系统错误"}, 500)
        return self._wechat_call(path, json.loads(raw) if raw else {})

    def _wechat_call(self, path: str, asked: Any) -> Response:  # noqa: PLR0911 - one for each call there is
        parts = path.split("/")
        if path == "pay/transactions/native":
            ref, total = asked["out_trade_no"], asked["amount"]["total"]
            known = self.trades.setdefault(ref, Trade(ref, total, asked["notify_url"]))
            if known.amount != total:
                return self._wechat({"code": "INVALID_REQUEST", "message": "订单号重复"}, 400)
            return self._wechat({"code_url": f"weixin://wxpay/bizpayurl?pr={ref}"})
        if parts[:2] == ["refund", "domestic"]:
            return self._wechat_refund(asked, parts)
        if path == "bill/tradebill":
            hash_value = hashlib.sha1(self._wechat_bill()).hexdigest()
            return self._wechat(
                {"hash_type": "SHA1", "hash_value": hash_value, "download_url": f"{self.address}/v3/billdownload/file?token=t"}
            )
        trade = self.trades.get(parts[3]) if len(parts) > 3 else None
        if trade is None:
            return self._wechat({"code": "ORDER_NOT_EXIST", "message": "订单不存在"}, 404)
        if parts[-1] != "close":
            return self._wechat(self._wechat_trade(trade))
        if trade.state == "SUCCESS":
            return self._wechat({"code": "ORDERPAID", "message": "订单已支付"}, 400)
        trade.state = "CLOSED"
        return Response(status=204, headers=self._wechat_headers(""))

    def _wechat_refund(self, asked: Any, parts: list[str]) -> Response:
        if request.method == "GET":
            trade = next((each for each in self.trades.values() if parts[3] in each.refunds), None)
            if trade is None:
                return self._wechat({"code": "RESOURCE_NOT_EXISTS", "message": "退款单不存在"}, 404)
            return self._wechat(self._wechat_refunded(trade, parts[3]))
        trade, ref = self.trades[asked["out_trade_no"]], asked["out_refund_no"]
        if ref not in trade.refunds and sum(trade.refunds.values()) + asked["amount"]["refund"] > trade.amount:
            return self._wechat({"code": "INVALID_REQUEST", "message": "退款金额大于支付金额"}, 400)
        trade.refunds.setdefault(ref, asked["amount"]["refund"])
        return self._wechat(self._wechat_refunded(trade, ref))

    def _wechat_refunded(self, trade: Trade, ref: str) -> dict[str, Any]:
        at = self.now.astimezone(ZONE).isoformat(timespec="seconds")
        amount = {"refund": trade.refunds[ref], "total": trade.amount, "currency": "CNY"}
        return {"refund_id": f"50{trade.number}", "out_refund_no": ref, "status": self.refunds_state, "success_time": at, "amount": amount}

    def _wechat_trade(self, trade: Trade) -> dict[str, Any]:
        facts: dict[str, Any] = {"appid": APP, "mchid": MERCHANT, "out_trade_no": trade.ref, "trade_state": trade.state}
        if trade.paid_at is None:
            return facts
        at = trade.paid_at.astimezone(ZONE).isoformat(timespec="seconds")
        amount = {"total": trade.amount, "payer_total": trade.amount, "currency": "CNY", "payer_currency": "CNY"}
        return facts | {"transaction_id": trade.number, "success_time": at, "amount": amount}

    def _wechat(self, body: dict[str, Any], status: int = 200) -> Response:
        raw = json.dumps(body, ensure_ascii=False)
        return Response(raw, status, self._wechat_headers(raw), content_type="application/json; charset=utf-8")

    def _wechat_headers(self, raw: str) -> dict[str, str]:
        at, nonce = str(int(self.now.timestamp())), secrets.token_hex(8)
        signature = self.wechat_key.sign(f"{at}\n{nonce}\n{raw}\n") if not self.unsigned else "AAAA"
        return {
            "Wechatpay-Timestamp": at, "Wechatpay-Nonce": nonce, "Wechatpay-Signature": signature, "Wechatpay-Serial": KEY_ID,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }  # fmt: skip

    def _is_merchant(self, authorization: str, address: str, raw: str) -> bool:
        scheme, _, rest = authorization.partition(" ")
        parts = {name: value.strip('"') for name, _, value in (part.partition("=") for part in rest.split(","))}
        text = f"{request.method}\n{address}\n{parts.get('timestamp')}\n{parts.get('nonce_str')}\n{raw}\n"
        right = scheme == "WECHATPAY2-SHA256-RSA2048" and parts.get("mchid") == MERCHANT
        return right and self.merchant_key.is_signed(text, parts.get("signature", ""))

    def _wechat_bill(self) -> bytes:
        names = [
            *"交易时间 公众账号ID 商户号 微信订单号 商户订单号".split(),
            *"交易类型 交易状态 货币种类 微信退款单号 商户退款单号 退款金额 退款状态 订单金额".split(),
        ]
        rows = []
        for trade in self.trades.values():
            if trade.paid_at is None:
                continue
            first = (_local(trade.paid_at), APP, MERCHANT, trade.number, trade.ref, "NATIVE")
            rows.append((*first, "SUCCESS", "CNY", "0", "0", "0.00", "", _yuan(trade.amount)))
            rows += [
                (*first, "REFUND", "CNY", f"50{trade.number}", ref, _yuan(each), "SUCCESS", _yuan(trade.amount))
                for ref, each in trade.refunds.items()
            ]
        lines = [",".join(names), *(",".join(f"`{value}" for value in row) for row in rows), "总交易单数,订单总金额", f"`{len(rows)},`0.00"]
        return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()

    def answer_alipay(self) -> Response:
        """Answer a merchant's call; what it signed is looked at first."""
        form = request.args.to_dict()
        signature = form.pop("sign", "")
        if not self.merchant_key.is_signed("&".join(f"{name}={form[name]}" for name in sorted(form)), signature):
            return self._alipay(form, {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature"})
        if self.broken:
            return Response("<html>502</html>", 502)
        asked, method = json.loads(form["biz_content"]), form["method"]
        if method.endswith("downloadurl.query"):
            return self._alipay(form, {"code": "10000", "msg": "Success", "bill_download_url": f"{self.address}/bill.zip"})
        trade = self.trades.get(asked["out_trade_no"])
        if trade is None:
            return self._alipay(form, {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_NOT_EXIST"})
        return self._alipay(form, self._alipay_call(method, asked, trade))

    def _alipay_call(self, method: str, asked: Any, trade: Trade) -> dict[str, str]:  # noqa: PLR0911 - one for each call there is
        good = {"code": "10000", "msg": "Success", "out_trade_no": trade.ref, "trade_no": trade.number}
        if method == "alipay.trade.query":
            if trade.paid_at is not None and sum(trade.refunds.values()) == trade.amount:
                return good | {
                    "trade_status": "TRADE_CLOSED", "total_amount": _yuan(trade.amount), "send_pay_date": _local(trade.paid_at)
                }  # fmt: skip
            if trade.paid_at is None:
                status = "TRADE_CLOSED" if trade.state == "CLOSED" else "WAIT_BUYER_PAY"
                return good | {"trade_status": status, "total_amount": _yuan(trade.amount)}
            return good | {"trade_status": "TRADE_SUCCESS", "total_amount": _yuan(trade.amount), "send_pay_date": _local(trade.paid_at)}
        if method == "alipay.trade.close":
            if trade.paid_at is not None:
                return {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_STATUS_ERROR"}
            trade.state = "CLOSED"
            return good
        ref = asked["out_request_no"]
        if method == "alipay.trade.refund":
            amount = round(float(asked["refund_amount"]) * 100)
            if ref not in trade.refunds and sum(trade.refunds.values()) + amount > trade.amount:
                return {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"}
            trade.refunds.setdefault(ref, amount)
            return good | {"fund_change": "Y", "refund_fee": _yuan(sum(trade.refunds.values())), "gmt_refund_pay": _local(self.now)}
        if ref not in trade.refunds:
            return good
        return good | {"refund_status": "REFUND_SUCCESS", "refund_amount": _yuan(trade.refunds[ref]), "out_request_no": ref}

    def _alipay(self, form: dict[str, str], body: dict[str, str]) -> Response:
        said = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        name = form.get("method", "error").replace(".", "_") + "_response"
        signature = "AAAA" if self.unsigned else self.alipay_key.sign(said)
        return Response(f'{{"{name}":{said},"sign":"{signature}"}}', content_type="text/html; charset=utf-8")

    def pack_alipay_bill(self) -> bytes:
        """Write the day's details as they come: a zip of CSV in GBK, with remarks."""
        text = io.StringIO()
        text.write("#支付宝业务明细查询\r\n")
        writer = csv.writer(text)
        writer.writerow(
            ["支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "订单金额（元）", "退款批次号/请求号"]
        )
        for trade in self.trades.values():
            if trade.paid_at is not None:
                at = _local(trade.paid_at)
                writer.writerow([f"{trade.number}\t", f"{trade.ref}\t", "交易", "保温杯", at, at, _yuan(trade.amount), ""])
                for ref, amount in trade.refunds.items():
                    writer.writerow([f"{trade.number}\t", f"{trade.ref}\t", "退款", "保温杯", at, at, f"-{_yuan(amount)}", f"{ref}\t"])
        text.write("#业务明细列表结束\r\n")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("20881_业务明细(汇总).csv", "#x\r\n".encode("gbk"))
            archive.writestr("20881_业务明细.csv", text.getvalue().encode("gbk"))
        return packed.getvalue()

    def bill_file(self) -> Response:
        """Give WeChat Pay's packed bill."""
        return Response(gzip.compress(self._wechat_bill()), content_type="application/octet-stream")


def _local(moment: datetime) -> str:
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


@contextlib.contextmanager
def running() -> Iterator[Gateways]:
    """Run both gateways on a free port."""
    both = Gateways(Pair(), Pair(), Pair(), datetime.now(UTC))
    app = Flask("gateways")
    app.add_url_rule("/v3/billdownload/file", "bill", both.bill_file)
    app.add_url_rule("/v3/<path:path>", "wechat", both.answer_wechat, methods=["GET", "POST"])
    app.add_url_rule("/gateway.do", "alipay", both.answer_alipay)
    app.add_url_rule("/bill.zip", "zip", lambda: Response(both.pack_alipay_bill(), content_type="application/zip"))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    both.address = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield both
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

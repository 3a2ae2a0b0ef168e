"""The sandbox as a process of its own: its pages, and a real notification to a server that answers by HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, Response, request
from werkzeug.serving import make_server

from portal.adapters.payment.sandbox import SandboxProvider
from portal.base.settings import ROOT
from portal.payments import PaymentRequest, ProviderAway, ProviderRefused, RefundRequest
from sandbox import create_sandbox
from tests.servers.home import free_port

SECRET = "the process knows it and so do we"  # pragma: allowlist secret


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[str]:
    """Start the process and give its address."""
    port = free_port()
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--file", str(tmp_path / "sandbox.db")]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"SANDBOX_SECRETS": SECRET}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
def shop() -> Iterator[tuple[str, list[bytes], list[int]]]:
    """Give a merchant's server: its address, what it was told, and what it answers (200 once that list is empty)."""
    app, told, answers = Flask("shop"), [], []

    @app.post("/told")
    def take() -> Response:
        told.append(request.get_data())
        return Response(status=answers.pop(0) if answers else 200)

    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}", told, answers
    server.shutdown()
    thread.join()
    server.server_close()


def asked(shop: str, ref: str = "P1", amount: int = 500) -> PaymentRequest:
    now = datetime.now(UTC)
    return PaymentRequest(ref, amount, "CNY", "A flask", now, now + timedelta(minutes=5), f"{shop}/told", f"{shop}/back")


def provider_of(address: str, secret: str = SECRET) -> SandboxProvider:
    return SandboxProvider(address, (secret,), ZoneInfo("Asia/Shanghai"))


def page(url: str, language: str, form: dict[str, str] | None = None) -> str:
    data = urllib.parse.urlencode(form).encode() if form else None
    headers = {"Accept-Language": language, "Content-Type": "application/x-www-form-urlencoded"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
        return answer.read().decode()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def press(url: str, choice: str) -> str:
    """Press a button of the page and give where it leads."""
    try:
        urllib.request.build_opener(_Stay()).open(urllib.request.Request(url, f"choice={choice}".encode()), timeout=10)
    except urllib.error.HTTPError as error:
        with error:
            return error.headers["Location"]
    raise AssertionError("no redirect")


def wait_for(what, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_a_customer_pays_at_the_page_and_the_shop_is_told_until_it_answers(sandbox: str, shop):
    address, told, answers = shop
    answers.append(503)
    provider = provider_of(sandbox)
    url = provider.create(asked(address))["url"]
    assert "CNY 5.00" in page(url, "en")
    assert "支付" in page(url, "zh-CN,zh;q=0.9")
    assert provider.query("P1").state == "unpaid"
    assert press(url, "pay") == f"{address}/back"
    wait_for(lambda: len(told) >= 2)
    assert told[0] == told[1]
    assert json.loads(told[0])["reference"] == "P1"
    assert provider.query("P1").state == "paid"
    assert "Paid" in page(url, "en")


def test_who_does_not_pay_goes_back_and_may_still_pay(sandbox: str, shop):
    provider = provider_of(sandbox)
    url = provider.create(asked(shop[0]))["url"]
    assert press(url, "refuse") == f"{shop[0]}/back"
    assert provider.query("P1").state == "unpaid"
    assert provider.close("P1").state == "closed"
    assert press(url, "pay").startswith("/pay/")
    assert provider.query("P1").state == "closed"


def test_the_operator_has_it_go_wrong_and_tells_again(sandbox: str, shop):
    address, told, _ = shop
    page(f"{sandbox}/faults", "en", {"copies": "2", "forged": "1"})
    provider = provider_of(sandbox)
    press(provider.create(asked(address))["url"], "pay")
    wait_for(lambda: len(told) == 4)
    shown = page(f"{sandbox}/", "en")
    number = re.search(r"/notices/(\d+)/again", shown)
    assert number is not None
    page(f"{sandbox}/faults", "en", {"lost": "1"})
    urllib.request.build_opener(_Stay())
    with (
        pytest.raises(urllib.error.HTTPError),
        urllib.request.build_opener(_Stay()).open(f"{sandbox}/notices/{number[1]}/again", data=b"", timeout=10),
    ):
        pass
    wait_for(lambda: len(told) == 5)
    assert "沙箱的故障设置" in page(f"{sandbox}/", "zh-CN")


def test_a_stranger_is_not_answered_and_wrong_requests_are_refused_by_name(sandbox: str, shop):
    with pytest.raises(ProviderRefused, match="not_signed"):
        provider_of(sandbox, "another").create(asked(shop[0]))
    provider = provider_of(sandbox)
    for amount in (0, -1, 10**12):
        with pytest.raises(ProviderRefused, match="bad_amount"):
            provider.create(asked(shop[0], "P2", amount))
    provider.create(asked(shop[0], "P3", 500))
    with pytest.raises(ProviderRefused, match="reference_reused"):
        provider.create(asked(shop[0], "P3", 501))
    with pytest.raises(ProviderRefused, match="refund_too_large"):
        provider.refund(RefundRequest("P3", "R1", 1, 500, "CNY", "", f"{shop[0]}/told"))
    assert provider.query("P9").state == "unknown"
    with pytest.raises(ProviderAway):
        provider_of("http://127.0.0.1:1").query("P1")


def test_its_pages_hold_nothing_but_what_they_show(tmp_path: Path):
    browser = create_sandbox(tmp_path / "sandbox.db", [SECRET], "http://sandbox.example").test_client()
    answer = browser.get("/")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert browser.get("/pay/nothing").status_code == 404
    assert browser.post("/api/create", data=b"{}").status_code == 401

"""The billing system and the carrier as real servers: slow, down, talking nonsense, refusing, saying yes twice."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from portal.adapters.bss import DeskBss, HttpBss
from portal.adapters.logistics import DeskLogistics, HttpLogistics
from portal.faces.worker.orders import OrderCarrier
from portal.orders import Parcel, SetUp
from tests.orders.shop import ADD_ON, Shop

SECRET = b"what both know"  # pragma: allowlist secret
REQUEST = SetUp("order:7:1", "add", 1, 2, None, "device_protection", 1, 500, {"months_bound": 12})


@dataclass
class Outside:
    """A server that answers as it was told, and remembers what it was asked."""

    address: str = ""
    answers: list[Any] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    signed: list[bool] = field(default_factory=list)
    orders: set[str] = field(default_factory=set)


@pytest.fixture
def outside() -> Iterator[Outside]:
    told = Outside()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            body = json.loads(raw)
            told.asked.append((self.path, body))
            moment = self.headers["X-Timestamp"]
            seal = hmac.new(SECRET, moment.encode() + b"." + self.path.encode() + b"." + raw, hashlib.sha256).hexdigest()
            told.signed.append(hmac.compare_digest(seal, self.headers["X-Signature"]))
            told.orders.add(self.headers["Idempotency-Key"])
            answer = told.answers.pop(0) if told.answers else {"state": "completed"}
            if answer == "slow":
                time.sleep(0.6)
                answer = {"state": "completed"}
            status, said = answer if isinstance(answer, tuple) else (200, answer)
            reference = body.get("externalId") or body.get("reference")
            named = {"externalId": reference, "reference": reference}
            text = said if isinstance(said, str) else json.dumps({**named, **said})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


def test_what_is_asked_is_signed_and_bears_our_own_number(outside: Outside) -> None:
    outside.answers = [{"state": "acknowledged", "id": "B-1"}]
    answer = HttpBss(outside.address, SECRET).order(REQUEST)
    assert (answer.end, answer.external_ref) == ("accepted", "B-1")
    path, body = outside.asked[0]
    assert (path, body["externalId"], body["productOrderItem"][0]["action"]) == ("/productOrder", "order:7:1", "add")
    assert outside.signed == [True]


@pytest.mark.parametrize(
    "answer",
    [
        "slow",
        (500, {"state": "completed"}),
        (503, "down"),
        "nonsense",
        "[1, 2]",
        {"state": "perhaps"},
        {"state": "completed", "externalId": "order:8:1"},
        (200, "x" * 100_000),
        (404, {"state": "rejected"}),
    ],
)
def test_what_says_nothing_is_no_answer(outside: Outside, answer: Any) -> None:
    outside.answers = [answer]
    assert HttpBss(outside.address, SECRET, seconds=0.3).order(REQUEST).end == "unknown"


def test_nobody_there_is_no_answer() -> None:
    assert HttpBss("http://127.0.0.1:9", SECRET).order(REQUEST).end == "unknown"


def test_a_plain_no_is_one(outside: Outside) -> None:
    outside.answers = [(422, {"state": "rejected", "reason": "no_credit"})]
    answer = HttpBss(outside.address, SECRET).order(REQUEST)
    assert (answer.end, answer.error) == ("refused", "no_credit")


def test_the_worker_asks_once_for_each_thing_however_the_answers_come(outside: Outside, shop: Shop) -> None:
    placed = shop.sell(replace(ADD_ON, subscription_id=shop.person.subscription_id), payment="bill", delivery=None)
    carrier = OrderCarrier(shop.database, HttpBss(outside.address, SECRET), DeskLogistics(), lambda: shop.now)
    outside.answers = [(503, "down")]
    assert carrier.run() == 0
    assert shop.status(placed) == "reserved"
    shop.now = shop.now.replace(hour=shop.now.hour + 1)
    outside.answers = [(500, "still down"), {"state": "completed"}]
    assert carrier.run() == 1
    assert carrier.run() == 0
    assert shop.status(placed) == "completed"
    assert outside.orders == {f"order:{placed.order_id}:1"}
    assert [path for path, _ in outside.asked] == ["/productOrder", "/productOrder/query", "/productOrder"]


def test_without_a_billing_system_nobody_is_asked(shop: Shop) -> None:
    placed = shop.sell(replace(ADD_ON, subscription_id=shop.person.subscription_id), payment="bill", delivery=None)
    assert OrderCarrier(shop.database, DeskBss(), DeskLogistics(), lambda: shop.now).run() == 0
    assert shop.task(placed) == ("provision", "order_desk")


def test_a_carrier_is_told_where_and_says_how_far(outside: Outside) -> None:
    carrier = HttpLogistics(outside.address, SECRET)
    outside.answers = [
        {"state": "sent", "carrier": "SF", "tracking": "SF1"},
        {"state": "on_the_way", "events": [{"what": "sorted"}, 7]},
        "?",
    ]
    sent = carrier.send(Parcel("order:7", "Li", "138", "Hangzhou", 1))
    assert (sent.end, sent.carrier, sent.tracking) == ("sent", "SF", "SF1")
    assert carrier.track("order:7").events == ({"at": "", "what": "sorted", "place": ""},)
    assert carrier.track("order:7").end == "unknown"

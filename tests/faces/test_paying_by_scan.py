"""A payment that is scanned is drawn on our page, and no browser is sent to an address it cannot open."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from portal.faces.qr import draw_qr
from portal.payments import Notice, Reported, find_payment_of, receive_notice
from tests.cast import NOW
from tests.orders.shop import BANK, BANK_PRICE, Shop

CODE = "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"


@dataclass
class Scanned:
    """A provider whose payments are scanned, or reached at an address."""

    kind: str = "qr"
    asked: list[Any] = field(default_factory=list)

    def create(self, request: Any) -> dict[str, str]:
        self.asked.append(request)
        return {"kind": self.kind, "url": CODE if self.kind == "qr" else "https://pay.example/1"}

    def query(self, _: str) -> Reported:
        return Reported("unknown")


@pytest.fixture
def shop(database, cast, keys, store):
    return Shop(database, cast.alice, keys, NOW)


@pytest.fixture
def provider(app, monkeypatch):
    """Have payments opened at a provider of the test's own."""
    scanned = Scanned()
    parts = app.extensions["portal"]
    monkeypatch.setitem(app.extensions, "portal", replace(parts, providers={"sandbox": scanned}))
    return scanned


def at(here, placed):
    return here.url("site.ask_payment", order_id=placed.order_id)


def image_of(page):
    return [node.get("src") for node in page.root.all("img") if (node.get("src") or "").startswith("data:image/svg")]


def test_what_is_scanned_is_drawn_and_stays_until_it_is_paid(sign_in, cast, shop, provider, database):
    alice, placed = sign_in(cast.alice), shop.sell(BANK, delivery=None, outlet="xihu")
    before = alice.get(at(alice, placed))
    assert image_of(before.page) == []
    page = alice.post_form(before, at(alice, placed))
    assert page.status_code == 200
    assert image_of(page.page) == [draw_qr(CODE)]
    assert "¥99.00" in page.page.text
    assert "weixin:" not in page.page.html, "no link a browser cannot follow"
    alice.post_form(page, at(alice, placed))
    assert image_of(alice.get(at(alice, placed)).page) == [draw_qr(CODE)]
    assert len(provider.asked) == 1
    with database.writing() as session:
        payment = find_payment_of(session, f"order:{placed.order_id}")
        notice = Notice("event-scan", "paid", payment.merchant_ref, BANK_PRICE, "CNY", NOW)
        receive_notice(session, "sandbox", notice, now=NOW)
    assert image_of(alice.get(at(alice, placed)).page) == []


def test_a_code_past_its_time_is_not_drawn_any_more(sign_in, cast, shop, provider, shift):
    alice, placed = sign_in(cast.alice), shop.sell(BANK, delivery=None, outlet="xihu", pay_by=NOW + timedelta(minutes=10))
    alice.post_form(alice.get(at(alice, placed)), at(alice, placed))
    shift(timedelta(minutes=11).total_seconds())
    assert image_of(alice.get(at(alice, placed)).page) == []


def test_an_address_is_gone_to(sign_in, cast, shop, provider):
    provider.kind = "redirect"
    alice, placed = sign_in(cast.alice), shop.sell(BANK, delivery=None, outlet="xihu")
    data = {"csrf_token": alice.token()}
    answer = alice.post(at(alice, placed), data=data)
    assert (answer.status_code, answer.headers["Location"]) == (303, "https://pay.example/1")

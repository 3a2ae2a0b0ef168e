"""WeChat Pay v3 and Alipay by their own libraries against a gateway that signs, fails and retries as theirs do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.adapters.payment import make_providers
from portal.adapters.payment.alipay import AlipayProvider
from portal.base.settings import Settings
from portal.faces.paying import Payer
from portal.faces.reconciling import compare_one_day
from portal.payments import NewPayment, NotGenuine, PaymentProvider, ProviderAway, create_payment, use_providers
from tests.payments.bank import Bank, Moment, moment_of
from tests.servers import pay_gateways
from tests.servers.pay_gateways import ALI_APP, API_KEY, APP, KEY_ID, MERCHANT, SELLER, Gateways

AMOUNT = 12_345
DAY_SECONDS = 86_400


@pytest.fixture(scope="session")
def _gateways() -> Iterator[Gateways]:
    with pay_gateways.running() as both:
        yield both


class Counter(Bank):
    """A till before one of the gateways."""

    gateways: Gateways
    real: PaymentProvider

    def __post_init__(self) -> None:
        return

    def open(self, subject: str = "order:1", amount: int = AMOUNT, **more: Any) -> Any:
        new = NewPayment(self.customer_id, subject, amount, "CNY", "两只保温杯", self.moment.now + timedelta(minutes=30), self.real.name)
        with self.database.writing() as session:
            asked = create_payment(session, new, now=self.moment.now)
        return self.payer.open_now(asked.id)

    def pay(self, subject: str = "order:1", **_: Any) -> bool:
        self.gateways.now = self.moment.now
        self.gateways.pay(self.look(subject).merchant_ref, AMOUNT)
        return True

    def notice(self, **more: Any) -> tuple[bytes, dict[str, str]]:
        self.gateways.now = self.moment.now
        tell = self.gateways.tell_wechat if self.real.name == "wechat" else self.gateways.tell_alipay
        return tell(self.look().merchant_ref, **more)

    def take(self, raw: bytes, headers: dict[str, str]) -> Any:
        from portal.payments import receive_notice

        notice = self.real.parse_notification(raw, headers, now=self.moment.now)
        with self.database.writing() as session:
            return receive_notice(session, self.real.name, notice, now=self.moment.now)


@pytest.fixture(params=["wechat", "alipay"])
def till(request: Any, database: Any, cast: Any, _gateways: Gateways, settings: Settings, now: Any, tmp_path: Path) -> Iterator[Counter]:
    files = {
        "ours": _gateways.merchant_key.private_pem,
        "wechat": _gateways.wechat_key.public_pem,
        "alipay": _gateways.alipay_key.public_pem,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    own = settings.model_copy(
        update={
            "payment_providers": (request.param,), "wechat_app_id": APP, "wechat_merchant_id": MERCHANT, "wechat_serial": "5157F0",
            "wechat_key_file": tmp_path / "ours", "wechat_public_key_file": tmp_path / "wechat", "wechat_public_key_id": KEY_ID,
            "wechat_api_v3_key": type(settings.secret_key)(API_KEY), "wechat_gateway": _gateways.address, "alipay_app_id": ALI_APP,
            "alipay_seller_id": SELLER, "alipay_key_file": tmp_path / "ours", "alipay_public_key_file": tmp_path / "alipay",
            "alipay_gateway": f"{_gateways.address}/gateway.do",
        }
    )  # fmt: skip
    moment: Moment = moment_of(now)
    provider = make_providers(own)[request.param]
    if isinstance(provider, AlipayProvider):
        provider = replace(provider, clock=moment)
    made = Counter(database, cast.alice.customer_id, own, moment, None, "")  # type: ignore[arg-type]
    made.real, made.gateways = provider, _gateways
    made.payer = Payer(database, {request.param: provider}, own, moment)
    _gateways.trades.clear()
    _gateways.now, _gateways.broken, _gateways.unsigned, _gateways.refunds_state = moment.now, False, False, "SUCCESS"
    use_providers([request.param], "CNY")
    yield made
    use_providers(["sandbox"], "CNY")


def test_a_payment_is_opened_told_and_taken_in_once(till: Counter):
    opened = till.open()
    assert opened.status == "pending"
    assert opened.action["url"].startswith("weixin://" if till.real.name == "wechat" else till.gateways.address)
    till.pay()
    assert till.take(*till.notice()).outcome == "applied"
    assert till.take(*till.notice()).repeated
    assert till.take(*till.notice(event_id="another")).outcome == "known"
    assert till.look().is_paid
    assert till.kinds() == ["payment_paid"]


def test_an_altered_notification_is_refused(till: Counter):
    till.open()
    till.pay()
    raw, headers = till.notice()
    altered = raw.replace(b"EV-1", b"EV-2") if till.real.name == "wechat" else raw.replace(b"123.45", b"123.46")
    assert altered != raw
    with pytest.raises(NotGenuine, match="signature"):
        till.take(altered, headers)
    with pytest.raises(NotGenuine):
        till.take(b"", headers)
    assert not till.look().is_paid


def test_a_replay_of_a_day_ago_is_refused_although_its_signature_is_good(till: Counter):
    till.open()
    till.pay()
    raw, headers = till.notice()
    till.moment.go_on(DAY_SECONDS)
    with pytest.raises(NotGenuine, match="not_fresh"):
        till.take(raw, headers)


def test_a_notification_signed_for_another_merchant_is_refused(till: Counter):
    till.open()
    till.pay()
    others = {"mchid": "1900000110"} if till.real.name == "wechat" else {"seller_id": "2088000000000000"}
    with pytest.raises(NotGenuine, match="merchant"):
        till.take(*till.notice(**others))
    apps = {"appid": "wx0"} if till.real.name == "wechat" else {"app_id": "2014"}
    with pytest.raises(NotGenuine, match="merchant"):
        till.take(*till.notice(**apps))


def test_another_amount_has_no_effect(till: Counter):
    till.open()
    till.pay()
    less: dict[str, Any] = {"total_amount": "0.01"}
    if till.real.name == "wechat":
        less = {"amount": {"total": 1, "currency": "CNY"}}
    assert till.take(*till.notice(**less)).outcome == "wrong_amount"
    assert not till.look().is_paid


@pytest.mark.parametrize("amount", ["12.345", "0", "-1", "1e2", "10000000000000"])
def test_an_amount_that_is_none_is_refused(till: Counter, amount: str):
    till.open()
    till.pay()
    if till.real.name == "wechat":
        with pytest.raises(NotGenuine, match="unreadable"):
            till.take(*till.notice(amount={"total": amount, "currency": "CNY"}))
        return
    with pytest.raises(NotGenuine, match="unreadable"):
        till.take(*till.notice(total_amount=amount))


def test_a_serial_nobody_knows_makes_no_call_outside(till: Counter):
    if till.real.name != "wechat":
        return
    till.open()
    till.pay()
    raw, headers = till.notice()
    with pytest.raises(NotGenuine, match="serial"):
        till.take(raw, headers | {"Wechatpay-Serial": "4D2"})


def test_they_try_again_on_their_schedules_until_they_hear_the_right_word(till: Counter):
    till.open()
    till.pay()
    heard, tries = [], 0
    for moment in till.gateways.schedule(till.real.name):
        till.moment.now = moment
        tries += 1
        raw, headers = till.notice()  # each try is signed anew, under the same id
        if tries < 4:
            heard.append(till.real.acknowledge("refused"))
            continue
        heard.append(till.real.acknowledge(till.take(raw, headers).outcome))
        if heard[-1].status == 200:
            break
    assert tries == 4
    assert till.look().is_paid
    assert [each.status for each in heard] == [401, 401, 401, 200]
    assert heard[-1].body == (b"success" if till.real.name == "alipay" else b'{"code": "SUCCESS", "message": "applied"}')


def test_the_schedules_are_as_long_as_theirs():
    assert sum(pay_gateways.WECHAT_RETRIES) == (24 * 60 + 4) * 60
    assert len(pay_gateways.ALIPAY_RETRIES) == 7
    assert sum(pay_gateways.ALIPAY_RETRIES) <= 25 * 3600


def test_a_lost_notification_is_made_good_by_asking(till: Counter):
    till.open()
    till.moment.go_on(15)
    till.payer.run()
    assert till.look().status == "pending"
    till.pay()
    till.moment.go_on(15)
    till.payer.run()
    assert till.look().is_paid
    assert till.outcomes() == [("paid", "query", "applied")]


def test_a_close_is_told_and_a_late_payment_goes_back(till: Counter):
    till.open()
    till.close()
    till.payer.run()
    assert till.look().status == "closed"
    till.pay()
    assert till.take(*till.notice()).outcome == "late"
    till.payer.run()
    assert sum(till.gateways.trades[till.look().merchant_ref].refunds.values()) == AMOUNT
    assert till.kinds()[-1] == "refund_done"


def test_what_was_paid_in_the_moment_of_the_close_goes_back(till: Counter):
    till.open()
    till.pay()
    till.close()
    till.payer.run()
    till.payer.run()
    assert till.look().is_late
    assert till.kinds()[-1] == "refund_done"


def test_a_part_goes_back_once_and_more_than_all_is_refused(till: Counter):
    till.open()
    till.pay()
    till.take(*till.notice())
    till.refund(2_000)
    till.payer.run()
    till.refund(10_345, "order:1:rest")
    till.payer.run()
    assert till.kinds().count("refund_done") == 2
    till.gateways.trades[till.look().merchant_ref].refunds["elsewhere"] = 1
    assert till.look().refunded_minor == AMOUNT


def test_a_refund_under_way_is_asked_about(till: Counter):
    if till.real.name != "wechat":
        return
    till.open()
    till.pay()
    till.take(*till.notice())
    till.gateways.refunds_state = "PROCESSING"
    till.refund(2_000)
    till.payer.run()
    assert till.kinds()[-1] == "payment_paid"
    till.gateways.refunds_state = "ABNORMAL"
    till.moment.go_on(3_600)
    till.payer.run()
    assert till.kinds()[-1] == "refund_refused"
    assert till.look().refunded_minor == 0


@pytest.mark.parametrize("how", ["broken", "unsigned"])
def test_a_gateway_that_fails_or_does_not_sign_is_not_believed(till: Counter, how: str):
    opened = till.open()
    till.pay()
    setattr(till.gateways, how, True)
    with pytest.raises(ProviderAway):
        till.real.query(opened.merchant_ref)
    till.moment.go_on(15)
    till.payer.run()
    assert till.look().status == "pending"
    setattr(till.gateways, how, False)
    till.moment.go_on(60)
    till.payer.run()
    assert till.look().is_paid


def test_the_days_bill_is_read_and_agrees(till: Counter):
    till.open()
    till.pay()
    till.take(*till.notice())
    till.refund(2_000)
    till.payer.run()
    day = till.moment.now.date()
    till.moment.go_on(DAY_SECONDS)
    assert compare_one_day(till.database, till.real, day, till.settings.zone, till.moment.now) == "even"


def test_an_order_the_gateway_never_saw_is_unknown(till: Counter):
    assert till.real.query("P0000").state == "unknown"
    assert till.real.close("P0000").state == "unknown"

"""Refunds that are notified: WeChat Pay's settle one refund, once; Alipay's say the sum of all of them, and are no payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.ledger import balance
from portal.faces.reconciling import compare_one_day
from portal.payments import NotGenuine, RefundView, customer_account, find_refund, list_items, list_refused_refunds, provider_account
from tests.payments.test_gateways import AMOUNT, DAY_SECONDS, Counter, _gateways, till

__all__ = ["_gateways", "till"]
BACK = 2_000
REF = "order:1:cancel"
REFUSED = ("REFUND.ABNORMAL", "REFUND.CLOSED")
AT_WECHAT, AT_ALIPAY = (pytest.mark.parametrize("till", [name], indirect=True) for name in ("wechat", "alipay"))


@pytest.fixture
def wechat(till: Counter) -> Counter:
    """Give a till before WeChat Pay whose refund is under way there."""
    return asked(till)


@pytest.fixture
def alipay(till: Counter) -> Counter:
    """Give a till before Alipay."""
    return till


def asked(till: Counter) -> Counter:
    """Pay, and have a part asked back that is not settled yet."""
    till.open()
    till.pay()
    till.take(*till.notice())
    till.gateways.refunds_state = "PROCESSING"
    till.refund(BACK)
    till.payer.run()
    assert look(till).status == "asked"
    return till


def look(till: Counter) -> RefundView:
    with till.database.reading() as session:
        found = find_refund(session, REF)
    assert found is not None
    return found


def told(till: Counter, **more: Any) -> tuple[bytes, dict[str, str]]:
    till.gateways.now = till.moment.now
    return till.gateways.tell_wechat_refund(look(till).merchant_ref, **more)


def on_the_worklist(till: Counter) -> list[tuple[str, str | None]]:
    with till.database.reading() as session:
        return [(each.refund_ref, each.error) for each in list_refused_refunds(session)]


def books(till: Counter) -> tuple[int, int]:
    with till.database.reading() as session:
        return balance(session, provider_account(till.real.name, "CNY")), balance(session, customer_account(till.customer_id, "CNY"))


def written(till: Counter) -> list[tuple[Any, ...]]:
    """Give what was written down of refunds: the reference, what was said, and what became of it."""
    event = Base.metadata.tables["payment_event"]
    columns = (event.c.merchant_ref, event.c.kind, event.c.outcome)
    with till.database.reading() as session:
        rows = session.execute(sa.select(*columns).where(event.c.kind != "paid").order_by(event.c.received_at, event.c.id)).all()
    return [tuple(row) for row in rows]


@AT_WECHAT
def test_a_refund_that_succeeded_is_settled_once_however_often_it_is_told(wechat: Counter):
    assert wechat.take(*told(wechat)).outcome == "applied"
    assert wechat.take(*told(wechat)).repeated
    assert wechat.take(*told(wechat, event_id="EV-R2")).outcome == "known"
    settled = look(wechat)
    assert (settled.status, settled.provider_ref, settled.error) == ("done", f"50{wechat.gateways.trades[of(wechat)].number}", None)
    assert wechat.kinds() == ["payment_paid", "refund_done"]
    assert wechat.look().refunded_minor == BACK
    assert books(wechat) == (AMOUNT - BACK, BACK - AMOUNT)
    wechat.moment.go_on(3_600)
    wechat.gateways.refunds_state = "SUCCESS"
    wechat.payer.run()
    assert wechat.kinds().count("refund_done") == 1, "and nobody asks any more"


def of(till: Counter) -> str:
    return till.look().merchant_ref


@pytest.mark.parametrize("kind", REFUSED)
@AT_WECHAT
def test_one_that_came_to_nothing_is_refused_as_by_an_answer_and_waits_for_a_person(wechat: Counter, kind: str):
    assert wechat.take(*told(wechat, kind=kind)).outcome == "applied"
    assert wechat.take(*told(wechat, kind=kind)).repeated
    assert (look(wechat).status, look(wechat).error) == ("refused", kind.removeprefix("REFUND."))
    assert on_the_worklist(wechat) == [(REF, kind.removeprefix("REFUND."))]
    assert wechat.kinds() == ["payment_paid", "refund_refused"]
    assert wechat.look().refunded_minor == 0, "so much can go back again"
    assert books(wechat) == (AMOUNT, -AMOUNT)


@pytest.mark.parametrize(("first", "then"), [("notice", "answer"), ("answer", "notice")])
@pytest.mark.parametrize("kind", ["REFUND.SUCCESS", *REFUSED])
@AT_WECHAT
def test_an_answer_and_a_notification_that_say_the_same_have_one_effect(wechat: Counter, kind: str, first: str, then: str):
    wechat.gateways.refunds_state = kind.removeprefix("REFUND.")
    for way in (first, then):
        if way == "notice":
            assert wechat.take(*told(wechat, kind=kind)).outcome == ("applied" if way == first else "known")
        else:
            wechat.moment.go_on(3_600)
            wechat.payer.run()
    assert wechat.kinds() == ["payment_paid", "refund_done" if kind == "REFUND.SUCCESS" else "refund_refused"]


@AT_WECHAT
def test_what_succeeds_after_it_was_refused_is_shown_by_the_days_bill(wechat: Counter):
    wechat.take(*told(wechat, kind="REFUND.ABNORMAL"))
    day = wechat.moment.now.date()
    assert wechat.take(*told(wechat, event_id="EV-R2")).outcome == "known"
    assert (look(wechat).status, wechat.kinds()[-1]) == ("refused", "refund_refused")
    wechat.moment.go_on(DAY_SECONDS)
    assert compare_one_day(wechat.database, wechat.real, day, wechat.settings.zone, wechat.moment.now) == "differs"
    with wechat.database.reading() as session:
        assert [(each.kind, each.what, each.theirs_minor) for each in list_items(session)] == [("refund", "missing_here", BACK)]


@pytest.mark.parametrize("kind", ["REFUND.SUCCESS", *REFUSED])
@pytest.mark.parametrize("amount", [{"refund": BACK + 1}, {"refund": 0}, {"refund": AMOUNT}, {"refund": BACK, "currency": "USD"}])
@AT_WECHAT
def test_another_amount_has_no_effect_and_is_written_down(wechat: Counter, kind: str, amount: dict[str, Any]):
    wrong = "wrong_currency" if "currency" in amount else "wrong_amount"
    assert wechat.take(*told(wechat, kind=kind, amount=amount | {"total": AMOUNT})).outcome == wrong
    assert wechat.real.acknowledge(wrong).status == 422
    said = "refunded" if kind == "REFUND.SUCCESS" else "refund_failed"
    assert written(wechat) == [(look(wechat).merchant_ref, said, wrong)]
    assert (look(wechat).status, wechat.kinds(), on_the_worklist(wechat)) == ("asked", ["payment_paid"], [])
    assert wechat.look().refunded_minor == BACK


@AT_WECHAT
def test_a_refund_nobody_here_asked_for_has_no_effect_and_is_written_down(wechat: Counter):
    wechat.gateways.trades[of(wechat)].refunds["by hand"] = 500
    wechat.gateways.now = wechat.moment.now
    assert wechat.take(*wechat.gateways.tell_wechat_refund("by hand")).outcome == "unknown"
    assert wechat.real.acknowledge("unknown").status == 422
    assert written(wechat) == [("by hand", "refunded", "unknown")]
    assert (look(wechat).status, wechat.look().refunded_minor, wechat.kinds()) == ("asked", BACK, ["payment_paid"])


@AT_WECHAT
def test_a_refund_that_is_another_providers_is_unknown(wechat: Counter):
    notice = wechat.real.parse_notification(*told(wechat), now=wechat.moment.now)
    from portal.payments import receive_notice

    with wechat.database.writing() as session:
        assert receive_notice(session, "alipay", notice, now=wechat.moment.now).outcome == "unknown"
    assert look(wechat).status == "asked"


@pytest.mark.parametrize(
    "more",
    [
        {"refund_status": "ABNORMAL"}, {"refund_status": "PROCESSING"}, {"refund_status": None}, {"out_refund_no": None, "amount": {}},
        {"amount": {"refund": "2000"}}, {"amount": {"refund": 20.5}}, {"amount": {"refund": True}}, {"success_time": "2018-06-08T10:34:56"},
    ],
)  # fmt: skip
@AT_WECHAT
def test_what_contradicts_itself_or_is_no_refund_is_refused_and_not_written_down(wechat: Counter, more: dict[str, Any]):
    with pytest.raises(NotGenuine, match="unreadable"):
        wechat.take(*told(wechat, **more))
    assert (look(wechat).status, written(wechat)) == ("asked", [])


@AT_WECHAT
def test_another_merchants_and_an_altered_one_are_refused(wechat: Counter):
    with pytest.raises(NotGenuine, match="merchant"):
        wechat.take(*told(wechat, mchid="1900000110"))
    raw, headers = told(wechat, kind="REFUND.ABNORMAL")
    altered = raw.replace(b"REFUND.ABNORMAL", b"REFUND.SUCCESS")
    with pytest.raises(NotGenuine, match="signature"):
        wechat.take(altered, headers)
    raw, headers = told(wechat)
    wechat.moment.go_on(301)
    with pytest.raises(NotGenuine, match="not_fresh"):
        wechat.take(raw, headers)
    assert look(wechat).status == "asked"


@AT_WECHAT
def test_the_route_is_told_again_until_it_can_take_a_refund_in(wechat: Counter, app: Any, monkeypatch: pytest.MonkeyPatch):
    from portal.faces.public import payments as face

    parts = app.extensions["portal"]
    monkeypatch.setitem(app.extensions, "portal", replace(parts, providers={"wechat": wechat.real}, db=wechat.database))
    monkeypatch.setattr(face.clock, "now", lambda: wechat.moment.now)
    browser, answers = app.test_client(), []
    for number, moment in enumerate(wechat.gateways.schedule("wechat"), 1):
        wechat.moment.now = moment
        raw, headers = told(wechat)
        if number < 3:
            headers |= {"Wechatpay-Signature": "AAAA"}  # as if our key were not rolled out yet
        answers.append(browser.post("/payments/wechat/notifications", data=raw, headers=headers))
        if answers[-1].status_code == 200:
            break
    assert [each.status_code for each in answers] == [401, 401, 200]
    assert answers[-1].get_json() == {"code": "SUCCESS", "message": "applied"}
    assert (look(wechat).status, wechat.kinds().count("refund_done")) == ("done", 1)
    assert browser.post("/payments/wechat/notifications", data=raw, headers=headers).status_code == 200


@AT_ALIPAY
def test_alipays_word_about_refunds_is_known_and_settles_nothing_twice(alipay: Counter):
    alipay.open()
    alipay.pay()
    alipay.take(*alipay.notice())
    for amount, ref in ((BACK, REF), (AMOUNT - BACK, "order:1:rest")):
        alipay.refund(amount, ref)
        alipay.payer.run()
        assert alipay.take(*alipay.gateways.tell_alipay_refund(of(alipay), event_id=ref)).outcome == "known"
    assert alipay.real.acknowledge("known").body == b"success"
    assert alipay.kinds() == ["payment_paid", "refund_done", "refund_done"]
    assert written(alipay).count((of(alipay), "refund_sum", "known")) == 2
    assert books(alipay) == (0, 0)


@pytest.mark.parametrize("back", [BACK, AMOUNT])
@pytest.mark.parametrize("without_its_time", [False, True])
@AT_ALIPAY
def test_alipays_word_about_a_refund_is_never_a_payment(alipay: Counter, back: int, without_its_time: bool):
    alipay.open()
    alipay.pay()
    alipay.gateways.trades[of(alipay)].refunds["theirs"] = back  # given back on Alipay's own pages, and the payment never told
    more = {"gmt_refund": ""} if without_its_time else {}
    assert alipay.take(*alipay.gateways.tell_alipay_refund(of(alipay), **more)).outcome == "wrong_amount"
    assert (alipay.look().status, alipay.kinds(), books(alipay)) == ("pending", [], (0, 0))
    assert written(alipay) == [(of(alipay), "refund_sum", "wrong_amount")]


@AT_ALIPAY
def test_what_went_back_whole_on_alipays_pages_is_no_payment_when_asked_about(alipay: Counter):
    alipay.open()
    alipay.pay()
    alipay.gateways.trades[of(alipay)].refunds["theirs"] = AMOUNT
    alipay.moment.go_on(15)
    alipay.payer.run()
    assert (alipay.look().status, alipay.kinds()) == ("closed", ["payment_closed"])


@AT_ALIPAY
def test_more_back_than_was_asked_for_is_written_down_by_name(alipay: Counter):
    alipay.open()
    alipay.pay()
    alipay.take(*alipay.notice())
    alipay.refund(BACK)
    alipay.payer.run()
    alipay.gateways.trades[of(alipay)].refunds["theirs"] = 1
    alipay.moment.go_on(timedelta(minutes=1).total_seconds())
    alipay.gateways.now = alipay.moment.now
    assert alipay.take(*alipay.gateways.tell_alipay_refund(of(alipay))).outcome == "wrong_amount"
    assert alipay.look().refunded_minor == BACK

"""The route where providers notify: raw bytes in, one effect, a clear answer; nothing for whoever is not the provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal.adapters.payment import make_providers, sandbox_secrets
from tests.cast import Cast
from tests.payments.bank import Bank, moment_of, sandbox_in_a_thread

ADDRESS = "/payments/sandbox/notifications"


@pytest.fixture
def bank(app: Any, cast: Cast, now: Any, tmp_path: Path) -> Iterator[Bank]:
    """Give a bank before the application itself."""
    parts = app.extensions["portal"]
    secrets = tuple(sandbox_secrets(parts.settings))
    moment = moment_of(now)
    with sandbox_in_a_thread(tmp_path / "sandbox.db", moment, secrets) as (store, address):
        yield Bank(parts.db, cast.alice.customer_id, parts.settings, moment, store, address, secrets)


def send(app: Any, bank: Bank, address: str = ADDRESS) -> list[tuple[int, str]]:
    """Deliver what is due by HTTP."""
    browser = app.test_client()
    answers = [browser.post(address, data=raw, headers=headers) for raw, headers in bank.notices()]
    return [(answer.status_code, answer.get_data(as_text=True)) for answer in answers]


def test_a_notification_comes_without_cookies_or_token_and_pays(app: Any, bank: Bank):
    bank.open()
    bank.store.set_faults(copies=1)
    bank.pay()
    assert send(app, bank) == [(200, '{"outcome": "applied"}')] * 2
    assert bank.look().is_paid
    assert bank.kinds() == ["payment_paid"]


def test_what_is_forged_or_old_is_answered_401_and_leaves_nothing(app: Any, bank: Bank):
    bank.open()
    bank.store.set_faults(forged=1, lost=0)
    bank.pay()
    (raw, headers), *_ = bank.notices()
    assert app.test_client().post(ADDRESS, data=raw, headers=headers).status_code == 401
    assert app.test_client().post(ADDRESS, data=b"").status_code == 401
    assert app.test_client().post(ADDRESS, data=b"x" * 70_000, headers=headers).status_code == 401
    assert bank.outcomes() == []
    assert not bank.look().is_paid


def test_another_amount_is_answered_422_by_name(app: Any, bank: Bank):
    bank.open()
    raw, headers = bank.signed(amount_minor=1)
    answer = app.test_client().post(ADDRESS, data=raw, headers=headers)
    assert (answer.status_code, answer.get_json()) == (422, {"outcome": "wrong_amount"})


def test_a_provider_that_is_not_set_up_is_nothing(app: Any, bank: Bank):
    assert app.test_client().post("/payments/wechat/notifications", data=b"{}").status_code == 404
    assert app.test_client().get(ADDRESS).status_code == 405


def test_the_worker_carries_what_payments_want(app: Any, bank: Bank):
    from portal.faces.worker import make_worker

    parts = replace(app.extensions["portal"], providers={"sandbox": bank.provider})
    bank.ask()
    make_worker(parts).run_once()
    assert bank.look().status == "pending"


def test_the_sandbox_is_what_a_try_out_has_and_production_has_none(settings: Any):
    assert list(make_providers(settings)) == ["sandbox"]
    assert list(make_providers(settings.model_copy(update={"payment_providers": ()}))) == []
    with pytest.raises(ValueError, match="PORTAL_PAYMENT_PROVIDERS"):
        type(settings)(env="production", secret_key="x" * 40, payment_providers=("sandbox",))
    with pytest.raises(ValueError, match="PORTAL_WECHAT_APP_ID"):
        type(settings)(env="test", payment_providers=("wechat",))

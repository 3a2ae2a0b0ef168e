"""What machines ask: alive, ready, figures; and the log line of each request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import structlog
from flask import Flask
from pydantic import SecretStr
from structlog.testing import LogCapture

from portal.base.db import Database
from portal.identity import Visitor
from portal.identity.sign_ins import record_sign_in
from portal.messaging import queue_message
from portal.migrations import commands as migrations
from tests.cast import NOW
from tests.door import on
from tests.events.facts import happen

Open = Callable[..., Any]


@pytest.fixture
def migrated(fresh: Database) -> Database:
    migrations.upgrade(fresh)
    return fresh


@pytest.fixture
def house(_house: Flask, migrated: Database) -> Flask:
    """Give the application on the migrated database."""
    return on(_house, migrated)


@pytest.fixture
def ask(house: Flask) -> Open:
    """Give a way to open an address of the portal as a machine does."""

    def get(path: str, *, method: str = "GET", **options: Any) -> Any:
        return house.test_client().open(path, method=method, base_url="https://localhost", **options)

    return get


def with_token(house: Flask, token: str) -> None:
    parts = house.extensions["portal"]
    settings = parts.settings.model_copy(update={"metrics_token": SecretStr(token)})
    house.extensions["portal"] = replace(parts, settings=settings)


@pytest.fixture
def token(house: Flask) -> Any:
    """Have /metrics ask for a token."""
    with_token(house, "let me measure")
    yield "let me measure"
    with_token(house, "")


def test_a_process_that_answers_is_alive(ask: Open) -> None:
    answer = ask("/healthz")
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, "alive\n")


def test_a_migrated_database_is_ready(ask: Open) -> None:
    assert ask("/readyz").status_code == 200


def test_a_database_that_is_not_migrated_is_not_ready(ask: Open, migrated: Database) -> None:
    migrations.downgrade(migrated, "base")
    answer = ask("/readyz")
    assert answer.status_code == 503
    assert "flask db upgrade" in answer.get_data(as_text=True)


def test_a_database_that_is_away_makes_us_alive_but_not_ready(house: Flask, ask: Open) -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    on(house, away)
    assert ask("/readyz").status_code == 503
    assert ask("/healthz").status_code == 200
    away.close()


def test_the_figures_count_requests_and_what_waits(ask: Open, migrated: Database) -> None:
    happen(migrated, "a", 1, 2, now=NOW)
    with migrated.writing() as session:
        queue_message(session, "13857101234", "hello", kind="notice", secret=False, now=NOW)
    ask("/healthz")
    figures = ask("/metrics").get_data(as_text=True)
    assert 'portal_outbox_events{status="pending"} 2.0' in figures
    assert 'portal_outbox_events{status="dead"} 0.0' in figures
    assert 'portal_messages_waiting{status="queued"} 1.0' in figures
    assert 'portal_requests_total{endpoint="public.tell_health",method="GET",status="200"}' in figures
    assert 'portal_request_seconds_bucket{endpoint="public.tell_health"' in figures


def test_without_a_token_the_figures_are_for_this_machine_alone(ask: Open) -> None:
    assert ask("/metrics").status_code == 200
    assert ask("/metrics", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_what_a_proxy_on_this_machine_forwards_is_not_from_this_machine(ask: Open, header: str) -> None:
    assert ask("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_with_a_token_the_figures_are_for_whoever_holds_it(ask: Open, token: str) -> None:
    assert ask("/metrics").status_code == 403
    assert ask("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    far = {"REMOTE_ADDR": "192.0.2.7"}
    assert ask("/metrics", headers={"Authorization": f"Bearer {token}"}, environ_overrides=far).status_code == 200


def test_the_figures_come_without_the_database_when_it_is_away(house: Flask, ask: Open) -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    on(house, away)
    answer = ask("/metrics")
    away.close()
    assert answer.status_code == 200
    assert "portal_requests_total" in answer.get_data(as_text=True)
    assert "portal_outbox_events" not in answer.get_data(as_text=True)


@pytest.fixture
def events() -> Any:
    """Give the log's events as they are made."""
    capture = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    yield capture.entries
    structlog.reset_defaults()


def test_a_request_is_one_event_that_names_its_endpoint_and_not_its_address(ask: Open, events: list[dict[str, Any]]) -> None:
    ask("/no/such/13857101234", headers={"X-Request-ID": "given-by-proxy"})
    (event,) = [each for each in events if each["event"] == "request"]
    assert (event["endpoint"], event["method"], event["status"]) == ("none", "GET", 404)
    assert event["request_id"] == "given-by-proxy"
    assert "13857101234" not in str(events)


def test_being_asked_after_our_health_fills_no_log(ask: Open, events: list[dict[str, Any]]) -> None:
    ask("/healthz")
    ask("/readyz")
    ask("/metrics")
    assert [each for each in events if each["event"] == "request"] == []


def test_a_method_nobody_knows_makes_no_new_series(ask: Open) -> None:
    ask("/healthz", method="BREW")
    figures = ask("/metrics").get_data(as_text=True)
    assert 'method="OTHER"' in figures
    assert "BREW" not in figures


def test_the_figures_count_attempts_to_sign_in_by_how_they_ended(ask: Open, migrated: Database) -> None:
    def wrong_ones() -> float:
        lines = ask("/metrics").get_data(as_text=True).splitlines()
        series = 'portal_sign_ins_total{method="code",outcome="wrong",realm="subscriber"} '
        return float(next((line.removeprefix(series) for line in lines if line.startswith(series)), "0"))

    before = wrong_ones()
    with migrated.writing() as session:
        record_sign_in(session, Visitor("device", "192.0.2.1", "a browser"), method="code", outcome="wrong", now=NOW)
    assert wrong_ones() == before + 1

"""No number, code or token gets into a log; every event stays on its line (guard.md 33, 37)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from portal.base.logs import HIDDEN, configure_logging, mask_text


class Log:
    """What was logged."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()

    @property
    def last(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.lines[-1])
        return found


@pytest.fixture
def log() -> Iterator[Log]:
    """Have everything logged into a text, and put logging back afterwards."""
    root, handlers, level = logging.getLogger(), list(logging.getLogger().handlers), logging.getLogger().level
    made = Log()
    configure_logging(stream=made.stream)
    yield made
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_event_is_one_line_of_json_with_its_fields(log: Log) -> None:
    structlog.get_logger().info("event_failed", event_id=7, took=1.5, ok=True, nothing=None)
    assert len(log.lines) == 1
    assert log.last.pop("timestamp").endswith("Z")
    assert {key: log.last[key] for key in ("event", "level", "event_id", "took", "ok", "nothing")} == {
        "event": "event_failed", "level": "info", "event_id": 7, "took": 1.5, "ok": True, "nothing": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("13857101234", "138****1234"),
        ("call 138 5710 1234 now", "call 138****1234 now"),
        ("138-5710-1234", "138****1234"),
        ("+8613857101234", "138****1234"),
        ("0086 138 5710 1234", "138****1234"),
        ("tel:13857101234.", "tel:138****1234."),
        ("code 123456 sent", "code ****** sent"),
        ("123456", "******"),
        ("'123456'", "'******'"),
        ("@host #123456", "@host #******"),
    ],
)
def test_numbers_and_codes_are_masked_in_any_spelling(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "456175138750695672",
        "took 0.123456 s",
        "a1b2c3d4123456",  # pragma: allowlist secret
        "12345",
        "1234567",
        "2026-11-22T14:02:13.669128Z",
        "10000",
    ],  # pragma: allowlist secret
)
def test_ids_figures_and_moments_are_left_alone(text: str) -> None:
    assert mask_text(text) == text


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(alphabet=" ,;:()[]'\"王", max_size=5), st.text(alphabet=" ,;.王", max_size=5)
)
def test_no_mobile_number_comes_through_whatever_stands_around_it(number: str, before: str, after: str) -> None:
    assert number not in mask_text(before + number + after)


@pytest.mark.parametrize(
    "key", ["code", "token", "access_token", "password", "secret", "totp_secret", "cookie", "number", "Authorization", "body"]
)
def test_the_values_of_telling_keys_are_hidden(log: Log, key: str) -> None:
    structlog.get_logger().info("tried", **{key: "hunter2"})
    assert log.last[key] == HIDDEN
    assert "hunter2" not in log.lines[-1]


def test_status_codes_and_error_codes_are_no_secrets(log: Log) -> None:
    structlog.get_logger().info("refused", status_code=404, error_code="not_found", status=409)
    assert (log.last["status_code"], log.last["error_code"], log.last["status"]) == (404, "not_found", 409)


def test_what_lies_deeper_is_masked_too(log: Log) -> None:
    structlog.get_logger().info("tried", data={"a": [{"token": "x"}, "13857101234"], "n": 13857101234}, who=("123456",))
    assert log.last["data"] == {"a": [{"token": HIDDEN}, "138****1234"], "n": "138****1234"}
    assert log.last["who"] == ["******"]


def test_an_exception_is_logged_masked_on_one_line(log: Log) -> None:
    try:
        int("no code 123456 for 13857101234")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert len(log.lines) == 1
    assert "no code ****** for 138****1234" in log.last["exception"]


def test_libraries_logs_go_the_same_way(log: Log) -> None:
    logging.getLogger("some.library").warning("sent %s to %s", "123456", "13857101234")
    assert log.last["event"] == "sent ****** to 138****1234"
    assert log.last["logger"] == "some.library"


@pytest.mark.parametrize("text", ["first\nsecond", "first\r\nlevel=error", "\x1b[31mred", "a\u2028b"])
def test_nobody_writes_a_line_of_his_own_into_the_log(log: Log, text: str) -> None:
    structlog.get_logger().info("typed", text=text)
    structlog.get_logger().info(text)
    logging.getLogger("other").error("said %s", text)
    assert len([line for line in log.stream.getvalue().split("\n") if line]) == 3
    assert "\x1b" not in log.stream.getvalue()


def test_the_lines_for_people_are_masked_as_well() -> None:
    root, handlers = logging.getLogger(), list(logging.getLogger().handlers)
    stream = io.StringIO()
    configure_logging(json=False, stream=stream)
    structlog.get_logger().info("tried", who="13857101234", code="1", text="a\nb")
    root.handlers[:] = handlers
    structlog.reset_defaults()
    assert "13857101234" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_configuring_twice_logs_once(log: Log) -> None:
    configure_logging(stream=log.stream)
    structlog.get_logger().info("once")
    assert len(log.lines) == 1

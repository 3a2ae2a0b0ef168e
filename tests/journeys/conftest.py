"""A real house for a real browser: granian and the worker on SQLite, one for each test process, and Chromium.

The house runs at the present moment (a browser has no other), so its people are written as of now.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyotp
import pytest

from portal.base.db import Database
from portal.base.keys import make_keys
from portal.base.outbox import EventView, list_events
from portal.base.settings import Settings
from tests.cast import Cast, create_cast
from tests.conftest import TEST_SECRET, make_tables
from tests.door import CODE, STAFF, STAFF_PASSWORD, write_story
from tests.servers import chromium
from tests.servers.home import free_port

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 40
GOODS = ("accessory_cable", "accessory_earphones", "sim_card", "device_oppo_a3_pro", "device_huawei_mate_60")
SANDBOX_SECRET = "what the sandbox and the till both know"


@dataclass(frozen=True, slots=True)
class House:
    """A running house: where it answers, who lives there, what the staff sign in with, and where its provider of payments is."""

    url: str
    cast: Cast
    secrets: dict[str, str]
    database: str
    sandbox: str = ""

    def code(self, login: str) -> str:
        """Give what somebody's authenticator shows now. A code is taken once: `staff_window` signs each in once."""
        return pyotp.TOTP(self.secrets[login]).now()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give a running house with the cast in it."""
    yield from run_house(tmp_path_factory.mktemp("house"))


def run_house(folder: Path) -> Iterator[House]:
    """Start a house in an empty folder; end it afterwards."""
    port, provider = free_port(), free_port()
    address, sandbox = f"http://localhost:{port}", f"http://127.0.0.1:{provider}"
    database = f"sqlite:///{folder / 'onehall.db'}"
    values = {
        "PORTAL_ENV": "demo", "PORTAL_SECRET_KEY": TEST_SECRET, "PORTAL_DATABASE_URL": database, "PORTAL_INSTANCE_DIR": str(folder),
        "PORTAL_BASE_URL": address, "PORTAL_SMS_ADAPTER": "tray", "PORTAL_ARGON2_MEMORY_KIB": "7168", "PORTAL_ARGON2_ROUNDS": "1",
        "PORT": str(port), "PORTAL_LOG_JSON": "false", "PORTAL_ALLOW_PRIVATE_CALLBACKS": "true",
        "PORTAL_SANDBOX_URL": sandbox, "PORTAL_SANDBOX_SECRETS": SANDBOX_SECRET, "SANDBOX_SECRETS": SANDBOX_SECRET,
    }  # fmt: skip
    make_tables(database)
    cast, secrets = furnish(database)
    environment = {**{name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "COV_"))}, **values}
    bin_folder = Path(sys.executable).parent
    web = [
        str(bin_folder / "granian"), "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", "4", "--log-level", "warning", "wsgi:app",
    ]  # fmt: skip
    worker = [str(bin_folder / "flask"), "--app", "wsgi", "worker", "run"]
    till = [sys.executable, "-m", "sandbox", "--file", str(folder / "sandbox.db"), "--port", str(provider)]
    children = []
    with (folder / "log").open("wb") as log:
        try:
            for command in (web, worker, till):
                child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
                children.append(child)
            wait_for(address, folder / "log")
            wait_for(sandbox, folder / "log", "/")
            yield House(address, cast, secrets, database, sandbox)
        finally:
            for child in children:
                child.terminate()
            for child in children:
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()


def furnish(url: str) -> tuple[Cast, dict[str, str]]:
    """Write the cast, Alice's half year, a filled store and the staff; give the cast and the staff's secrets."""
    from portal.catalog import add_stock
    from portal.demo import dress_window
    from portal.identity import create_staff, make_hasher
    from portal.openid import rotate_keys
    from portal.points import load_earning_rules
    from tests.ordering import fill_store

    settings = Settings(env="test", secret_key=TEST_SECRET, argon2_memory_kib=7168, argon2_rounds=1)  # type: ignore[arg-type]
    keys, now = make_keys(settings), datetime.now(UTC).astimezone(settings.zone)
    hashed = make_hasher(settings).hash(STAFF_PASSWORD)
    secrets = {}
    database = Database(url)
    with database.writing() as session:
        cast = create_cast(session)
        write_story(session, cast.alice, (cast.alice.subscription_id, cast.bob.subscription_id), now=now)
        for new in STAFF:
            secrets[new.login] = create_staff(session, keys, new, hashed, issuer="OneHall", now=now).secret
        load_earning_rules(session)
        rotate_keys(session, keys, now=now)
        rotate_keys(session, keys, now=now)
        fill_store(session, keys, cast, now=now)
        dress_window(session, now=now)
        for code in GOODS:
            add_stock(session, code, 40, now=now)
    database.close()
    return cast, secrets


def wait_for(address: str, log: Path, path: str = "/healthz") -> None:
    """Wait until the house, or its provider, answers; fail with the log where it does not."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}{path}", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8", "replace")[-4000:])


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    """Give Chromium, once for each test process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        yield browser
        browser.close()


@pytest.fixture
def window(chrome: Any, house: House) -> Iterator[Callable[..., Any]]:
    """Give a way to open a window of one's own: its size, language, scheme, with or without JavaScript.

    Whatever goes wrong in a page — a script that fails, a file the policy blocks — fails the test.
    """
    opened: list[Any] = []
    wrong: list[str] = []

    def complain(message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text and "status of 5" not in message.text:
            wrong.append(f"console: {message.text}")

    def open_one(
        width: int = 1366,
        height: int = 860,
        *,
        language: str = "en-GB",
        scheme: str = "light",
        javascript: bool = True,
        state: Any = None,
    ) -> Any:
        context = chrome.new_context(
            base_url=house.url, viewport={"width": width, "height": height}, locale=language, color_scheme=scheme,
            java_script_enabled=javascript,
            reduced_motion="reduce", storage_state=state, has_touch=width < 700, is_mobile=width < 700,
        )  # fmt: skip
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", complain)
        opened.append(context)
        return page

    yield open_one
    for context in opened:
        context.close()
    assert not wrong, "\n".join(wrong)


STAFF_STAYS = 600.0
"""Seconds after which staff sign in anew: the house signs them out after fifteen idle minutes."""


@pytest.fixture
def staff_window(window: Callable[..., Any], house: House, _staff_states: dict[str, Any]) -> Callable[..., Any]:
    """Give a way to open a window in which somebody of the staff is signed in: by hand the first time."""

    def open_one(login: str = "dora", width: int = 1366, height: int = 860, **options: Any) -> Any:
        state, at = _staff_states.get(login, (None, 0.0))
        if state is None or time.monotonic() - at > STAFF_STAYS:
            first = window(javascript=options.get("javascript", True))
            staff_in(first, house, login)
            state = first.context.storage_state()
            _staff_states[login] = state, time.monotonic()
        return window(width, height, state=state, **options)

    return open_one


@pytest.fixture
def alice_window(window: Callable[..., Any], house: House, _hall_states: dict[str, Any]) -> Callable[..., Any]:
    """Give a way to open a window on Alice's home: signed in by hand once, since codes are sent to a number so often and no more."""

    def open_one(width: int = 1366, height: int = 860, **options: Any) -> Any:
        page = window(width, height, state=_hall_states.get("alice"), **options)
        page.goto("/")
        if "/login" in page.url:
            sign_in(page, house.cast.alice.number)
            _hall_states["alice"] = page.context.storage_state()
        return page

    return open_one


@pytest.fixture(scope="session")
def _hall_states() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="session")
def _staff_states() -> dict[str, Any]:
    return {}


_read_before: dict[str, str] = {}


def read_code(page: Any, number: str) -> str:
    """Read the code that arrived on a number's phone since the last look, from the tray, in a tab of its own."""
    tab = page.context.new_page()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        tab.goto(f"/tray/{number[:3]}-{number[3:7]}-{number[7:]}")
        found = next(filter(None, map(CODE.search, tab.locator(".tray li").all_inner_texts())), None)
        if found and found[1] != _read_before.get(number):
            _read_before[number] = found[1]
            tab.close()
            return found[1]
        time.sleep(0.2)
    raise AssertionError("no code arrived")


def sign_in(page: Any, number: str) -> None:
    """Sign in by code, by hand."""
    page.goto("/login")
    page.locator("#f-number").fill(number)
    page.locator("form[action^='/login'] button[value=code]").click()
    page.locator("#f-code").fill(read_code(page, number))
    page.locator("main form:has(#f-code) button[type=submit]").click()
    page.wait_for_url("**/")


def wait_until(true: Callable[[], bool], seconds: float) -> float:
    """Wait until something is so; give how long that took. AssertionError when it takes longer."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if true():
            return time.monotonic() - start
        time.sleep(0.02)
    raise AssertionError(f"not so within {seconds} s")


def settle(house: House) -> None:
    """Wait until the worker has done all it was asked: what a sign-in earns is in a moment after the page is there."""
    database = Database(house.database)
    deadline = time.monotonic() + 20
    waiting: Sequence[EventView] = ()
    while time.monotonic() < deadline:
        with database.reading() as session:
            waiting = list_events(session)
        if not waiting:
            break
        time.sleep(0.1)
    database.close()
    assert not waiting, waiting


def staff_in(page: Any, house: House, login: str = "dora") -> None:
    """Sign somebody of the staff in, by hand."""
    page.goto("/counter/login")
    page.locator("#f-login").fill(login)
    page.locator("#f-password").fill(STAFF_PASSWORD)
    page.locator("#f-code").fill(house.code(login))
    page.locator("main form:has(#f-code) button[type=submit]").click()
    page.wait_for_url(re.compile(r"/(counter|office|sign-on)/$|/office/campaigns$"))

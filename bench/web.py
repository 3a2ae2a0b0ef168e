"""The real web server on a data set, and a visitor who costs little: for what can be measured only from outside."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil

from bench.places import ROOT
from bench.sets import BenchError, DataSet
from tests.servers.home import free_port

THREADS = 4
_READY_SECONDS = 60
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Web:
    """A running granian: where it listens, and its process."""

    port: int
    pid: int

    def workers(self) -> list[psutil.Process]:
        """Give the processes that answer requests."""
        return [child for child in psutil.Process(self.pid).children(recursive=True) if "resource_tracker" not in " ".join(child.cmdline())]


@contextlib.contextmanager
def serving(
    data: DataSet, *, workers: int, application: str = "wsgi:app", ready: str = "/readyz", more: Mapping[str, str] | None = None
) -> Iterator[Web]:
    """Run granian as bin/run does, with so many workers, on a port of its own; it ends with the block.

    `application` is the portal's, or another to compare it with; `more` goes into its environment.
    """
    port = free_port()
    log = data.instance / f"{application.partition(':')[0]}.log"
    command = [
        *(str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--no-ws", "--log-level", "warning"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", str(workers), "--blocking-threads", str(THREADS)),
        *("--respawn-failed-workers", "--respawn-interval", "0.1", "--workers-kill-timeout", "5", application),
    ]
    environment = {**data.environment(), "PORTAL_BASE_URL": f"http://localhost:{port}", **(more or {})}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_until_ready(port, ready, process, log)
        yield Web(port, process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_ready(port: int, path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(Visitor(port)) as visitor:
            if visitor.get(path).status == 200:
                return
        time.sleep(0.1)
    raise BenchError(f"the web server did not get ready:\n{log.read_text('utf-8', 'replace')[-3000:]}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `body` as it was transferred."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, where it was not compressed."""
        return self.body.decode()

    @property
    def csrf_token(self) -> str:
        """The token of the first form on the page."""
        found = _TOKEN.search(self.text)
        if found is None:
            raise BenchError(f"a page without a form (status {self.status}): {self.text[:300]}")
        return found.group(1)


@dataclass
class Visitor:
    """A browser's cookies and one connection. `address` is the visitor's own, as a proxy in front would tell it."""

    port: int
    address: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def get(self, path: str, **headers: str) -> Answer:
        """Fetch a page; redirects are not followed. Keywords are headers, with _ for -."""
        return self._send("GET", path, None, headers)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        """Send a form."""
        return self._send("POST", path, urlencode(form), {"Content_Type": "application/x-www-form-urlencoded", **headers})

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Host": f"localhost:{self.port}", "X-Forwarded-For": self.address, "Accept": "text/html", "Accept-Language": "zh-CN"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._connection.request(method, path, body, sent)
        response = self._connection.getresponse()
        answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer


def parse_cookies(header: str) -> dict[str, str]:
    """Give the cookies of a Cookie header by name."""
    pairs = (one.partition("=") for one in header.split("; ") if one)
    return {name: value for name, _, value in pairs}


def at_once(work: Callable[[int], None], hands: int) -> None:
    """Do `work` in so many threads, told which one each is; raise the first fault when all have ended."""
    with ThreadPoolExecutor(hands) as pool:
        for done in [pool.submit(work, hand) for hand in range(hands)]:
            done.result()

"""bin/run's inner half keeps its promises: what dies is started again, and nothing is left at the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.servers.home import answers, free_port

SERVE = Path(__file__).resolve().parents[2] / "bin" / "_serve.py"
STAND_IN = """
import os, time
import click
from flask import Flask
from flask.cli import AppGroup

app = Flask(__name__)
demo, worker = AppGroup("demo"), AppGroup("worker")
app.cli.add_command(demo)
app.cli.add_command(worker)

@app.get("/readyz")
def ready():
    return str(os.getpid())

@app.cli.command("setup")
def setup():
    click.echo(f"setup in {os.environ['PORTAL_ENV']} at {os.environ['PORTAL_BASE_URL']}")

@demo.command("load")
@click.option("--if-empty", is_flag=True)
@click.option("--subscribers", type=int)
def load(if_empty, subscribers):
    click.echo(f"load {if_empty} {subscribers}")

@demo.command("intranet")
@click.option("--origin")
def intranet(origin):
    click.echo(f"intranet {origin}")

@demo.command("sales")
def sales():
    click.echo("sales announced")

@demo.command("logins")
def logins():
    click.echo("here are the logins")

@worker.command("run")
def run():
    while True:
        time.sleep(0.1)
"""


@dataclass
class Hall:
    """A running bin/_serve.py around a portal of a few lines."""

    process: subprocess.Popen[bytes]
    folder: Path
    origin: str

    def said(self) -> str:
        return (self.folder / "said").read_text("utf-8")

    def pids(self, words: str) -> list[int]:
        """Give its processes whose command line has these words."""
        everybody = psutil.Process(self.process.pid).children(recursive=True)
        return [each.pid for each in everybody if words in " ".join(each.cmdline())]

    def ask(self) -> str:
        context = None
        if self.origin.startswith("https"):
            context = ssl.create_default_context(cafile=str(self.folder / "instance/tls/cert.pem"))
        with urllib.request.urlopen(f"{self.origin}/readyz", timeout=5, context=context) as answer:
            return str(answer.read(), "ascii")


def until(holds: Callable[[], object], seconds: float) -> float:
    """Wait until something holds, and give how long that took; fail when it takes too long."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        with contextlib.suppress(OSError, psutil.Error):
            if holds():
                return time.monotonic() - started
        time.sleep(0.02)
    pytest.fail(f"not within {seconds} s")


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[Hall]:
    (folder / "bin").mkdir()
    shutil.copy(SERVE, folder / "bin")
    (folder / "bin/_intranet.py").write_text("import time\nwhile True:\n    time.sleep(0.1)\n", "utf-8")
    (folder / "wsgi.py").write_text(STAND_IN, "utf-8")
    port = free_port()
    unset = {key: value for key, value in os.environ.items() if not key.startswith("PORTAL_")}
    command = [sys.executable, str(folder / "bin/_serve.py"), "--port", str(port), "--demo", *options]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, env=unset, stdout=said, stderr=said)
    hall = Hall(process, folder, f"{'https' if '--tls' in options else 'http'}://localhost:{port}")
    try:
        until(lambda: "here are the logins" in hall.said() or process.poll() is not None, 30)
        yield hall
    finally:
        process.kill()
        process.wait()


def test_the_steps_are_taken_in_order_and_a_web_process_or_worker_that_dies_is_replaced_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, "--subscribers", "7") as hall:
        steps = f"setup in demo at {hall.origin}\nload True 7\nsales announced\nintranet http://127.0.0.1:"
        assert hall.said().startswith(steps), hall.said()
        assert f"\n✓ Ready: {hall.origin}" in hall.said()
        assert len(hall.pids("_intranet.py")) == 1

        (worker,) = hall.pids("worker run")
        os.kill(worker, signal.SIGKILL)
        until(lambda: hall.pids("worker run") not in ([], [worker]), 5)

        webs = [pid for pid in hall.pids("wsgi:app") if psutil.Process(pid).ppid() != hall.process.pid]
        assert len(webs) == 2, "granian's two, without the one that minds them"
        for web in webs:
            os.kill(web, signal.SIGKILL)
        until(hall.ask, 1)


def test_a_signal_ends_every_process(tmp_path: Path) -> None:
    with serving(tmp_path) as hall:
        everybody = psutil.Process(hall.process.pid).children(recursive=True)
        assert len(everybody) >= 4, "the web, its two workers, and the worker"
        hall.process.send_signal(signal.SIGTERM)
        assert hall.process.wait(15) == 0
        assert not [each for each in everybody if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
        assert "✓ Ended." in hall.said()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell a process that its parent was killed")
def test_nothing_outlives_it_when_it_is_killed_outright(tmp_path: Path) -> None:
    with serving(tmp_path) as hall:
        everybody = psutil.Process(hall.process.pid).children(recursive=True)
        hall.process.kill()
        until(lambda: not [e for e in everybody if e.is_running() and e.status() != psutil.STATUS_ZOMBIE], 10)


def test_a_port_in_use_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    with serving(tmp_path / "first") as hall:
        port = hall.origin.rsplit(":", 1)[1]
        command = [sys.executable, str(SERVE), "--port", port]
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert f"Port {port} is in use" in second.stderr


def test_the_certificate_holds_for_localhost_and_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    with serving(tmp_path, "--tls") as hall:
        assert hall.ask().isdigit()
        for name in ("tls/key.pem", "secret_key"):
            assert (tmp_path / "instance" / name).stat().st_mode & 0o777 == 0o600
        port = int(hall.origin.rsplit(":", 1)[1])
        hall.process.send_signal(signal.SIGINT)
        assert hall.process.wait(15) == 0
        assert not answers(port)

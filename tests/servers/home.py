"""A folder that servers live in, and the certainty that they end with it.

A small process waits at the end of a pipe that only we hold. However we end — at the end of the run, by a crash, by
`kill -9` — the pipe closes, and it ends every server noted in the folder and removes the folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

LONGEST_END_SECONDS = 10
_SWEEP = 'cat >/dev/null; exec "$0" -m tests.servers.home "$1"'


@contextlib.contextmanager
def home() -> Iterator[Path]:
    """Give a new folder; at the end, end all servers noted in it, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="onehall-", dir=_open_folder()))
    folder.chmod(0o711)  # PostgreSQL may have to run as another user, who passes through
    sweeper = subprocess.Popen(
        ["/bin/sh", "-c", _SWEEP, sys.executable, str(folder)],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C at the terminal is ours alone
    )
    assert sweeper.stdin is not None
    try:
        yield folder
    finally:
        sweeper.stdin.close()
        sweeper.wait()


def note(folder: Path, name: str, pid: int, **facts: object) -> None:
    """Write down a server: what is noted is ended with the folder, and can be read by other processes."""
    entry = {"pid": pid, "born": psutil.Process(pid).create_time(), **facts}
    draft = folder / f".{name}.{os.getpid()}"
    draft.touch(0o600)
    draft.write_text(json.dumps(entry), "utf-8")
    draft.replace(folder / f"{name}.json")


def noted(folder: Path, name: str) -> dict[str, object] | None:
    """Read what was noted under a name, if anything was."""
    try:
        entry: dict[str, object] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    return entry


def alive(pid: int, born: float) -> bool:
    """Whether that process still runs, and is not another one with its number."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - born) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end(pid: int, born: float, number: int = signal.SIGTERM) -> None:
    """End a server by a signal, by SIGKILL when it does not heed it; it may have gone already."""
    deadline = time.monotonic() + LONGEST_END_SECONDS
    with contextlib.suppress(ProcessLookupError):
        if alive(pid, born):
            os.kill(pid, number)
        while alive(pid, born):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)  # it may be a child of ours
            time.sleep(0.01)


def free_port() -> int:
    """Give a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _open_folder() -> str:
    """Give a folder for temporary files that every user may pass through (root's own one may not be)."""
    usual = Path(tempfile.gettempdir()).resolve()
    if all(each.stat().st_mode & 0o001 for each in (usual, *usual.parents)):
        return str(usual)
    return "/tmp" if os.geteuid() == 0 else str(usual)


def sweep(folder: Path) -> None:
    """End every server noted in a folder, PostgreSQL and Redis at once, and remove the folder."""
    for path in sorted(folder.glob("*.json")):
        entry = json.loads(path.read_text("utf-8"))
        end(entry["pid"], entry["born"], entry.get("signal", signal.SIGTERM))
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sweep(Path(sys.argv[1]))

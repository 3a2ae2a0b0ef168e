"""Holds the demo's processes for bin/run: sets the portal up, starts the web, the worker and a demo intranet, starts again whichever
dies, and ends all of them when it is told to end. Standard library only, but for the certificate.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import datetime as dt
import io
import ipaddress
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import BinaryIO

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
FLASK = [str(BIN / "flask"), "--app", "wsgi"]
EVERYWHERE = "0.0.0.0"  # noqa: S104 - used when asked for  # nosec B104
READY_SECONDS = 60
GRACE_SECONDS = 10
TRIES = 3
LONGEST_PAUSE = 4.0
CERTIFICATE_DAYS = 397
PR_SET_PDEATHSIG = 1
INTRANET_PORTS = 10


class Ended(SystemExit):
    """We were told to end."""


class Broken(SystemExit):
    """Something could not be started; the text says what."""


def main() -> None:
    """Run until a signal says to end; then leave nothing behind."""
    options = parse()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN or number != signal.SIGHUP:  # nohup stays nohup
            signal.signal(number, end)
    instance = Path(os.environ.get("PORTAL_INSTANCE_DIR") or ROOT / "instance")
    house = House(options, instance)
    try:
        house.prepare()
        house.open()
        house.keep_open()
    finally:
        house.close()


def end(_number: int, _frame: FrameType | None) -> None:
    """Leave by the way of the `finally` clauses; a second signal must not interrupt them."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Ended(0)


def parse() -> argparse.Namespace:
    """Read what bin/run passes on; it has checked the values."""
    parser = argparse.ArgumentParser(prog="bin/_serve.py")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="")
    parser.add_argument("--subscribers", type=int)
    for name in ("--tls", "--demo", "--fresh"):
        parser.add_argument(name, action="store_true")
    return parser.parse_args()


@dataclass
class Child:
    """A process of ours in a group of its own, which is started again when it dies."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    due: float = 0.0

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        with self.log.open("ab") as output:
            self.process = spawn(self.command, output)
        self.started = time.monotonic()

    def tend(self) -> None:
        """Start it again if it has died: at once the first time, after longer pauses when it goes on dying."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self.deaths = 1 if now - self.started > GRACE_SECONDS else self.deaths + 1
            pause = 0.0 if self.deaths == 1 else min(LONGEST_PAUSE, 0.25 * 2**self.deaths)
            self.due = now + pause
            print(f"· the {self.name} ended with {self.process.returncode}; starting it again (its log: {self.log})")
            signal_group(self.process, signal.SIGKILL)
            self.process = None
        if self.process is None and now >= self.due:
            self.start()


@dataclass
class House:
    """The web, the worker, and the steps before them."""

    options: argparse.Namespace
    instance: Path
    children: list[Child] = field(default_factory=list)
    step: subprocess.Popen[bytes] | None = None
    intranet: int | None = None
    sandbox: int | None = None

    @property
    def origin(self) -> str:
        """The address to print and to put in links."""
        return f"{'https' if self.options.tls else 'http'}://localhost:{self.options.port}"

    def prepare(self) -> None:
        """Make keys, files, tables and demo data; each step does only what is missing."""
        options = self.options
        options.host = options.host or (EVERYWHERE if options.tls else "127.0.0.1")
        if taken(options.port):
            raise Broken(f"✗ Port {options.port} is in use. Try: bin/run --port {options.port + 1}")
        self.instance.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("PORTAL_ENV", "demo")
        os.environ.setdefault("PORTAL_BASE_URL", self.origin)
        os.environ.update(PORTAL_HOST=options.host, PORTAL_PORT=str(options.port), PYTHONUNBUFFERED="1")
        if "PORTAL_SECRET_KEY" not in os.environ:
            os.environ["PORTAL_SECRET_KEY"] = secret_key(self.instance / "secret_key")
        if options.demo:
            os.environ.setdefault("PORTAL_PLACES_FILE", str(ROOT / "portal" / "demo" / "data" / "places.csv"))
        if options.tls:
            make_certificate(self.instance / "tls")
        if os.environ["PORTAL_ENV"] == "demo" and not os.environ.get("PORTAL_SANDBOX_URL"):
            self.prepare_sandbox()
        self.run_step("setup")
        if options.demo:
            which = "--fresh" if options.fresh else "--if-empty"
            number = ["--subscribers", str(options.subscribers)] if options.subscribers else []
            self.run_step("demo", "load", which, *number)
            self.run_step("demo", "sales")
            self.prepare_intranet()

    def prepare_sandbox(self) -> None:
        """Find a port for the provider of payments one tries out with, and a secret it shares with the portal."""
        first = self.options.port + INTRANET_PORTS + 1
        self.sandbox = next((port for port in range(first, first + INTRANET_PORTS) if not taken(port)), None)
        if self.sandbox is None:
            print(f"· No port from {first} on is free: the sandbox for payments is left out.")
            return
        os.environ["PORTAL_SANDBOX_URL"] = f"http://127.0.0.1:{self.sandbox}"
        os.environ["PORTAL_SANDBOX_SECRETS"] = os.environ["SANDBOX_SECRETS"] = secret_key(self.instance / "sandbox_secret")

    def prepare_intranet(self) -> None:
        """Find a port for the demo's intranet, the next one if it is free, and have its store opened for pages there."""
        first = self.options.port + 1
        self.intranet = next((port for port in range(first, first + INTRANET_PORTS) if not taken(port)), None)
        if self.intranet is None:
            print(f"· No port from {first} on is free: the intranet of the demo's enterprise is left out.")
        else:
            self.run_step("demo", "intranet", "--origin", self.intranet_origin)

    @property
    def intranet_origin(self) -> str:
        """The intranet's address: 127.0.0.1, which to a browser is another site than localhost."""
        return f"http://127.0.0.1:{self.intranet}"

    def run_step(self, *arguments: str) -> None:
        """Run one command of the portal to its end, seen on the terminal."""
        self.step = spawn([*FLASK, *arguments])
        code = self.step.wait()
        self.step = None
        if code:
            raise Broken(f"✗ flask {' '.join(arguments)} ended with {code}")

    def open(self) -> None:
        """Start the web and the worker, wait until they are ready, and say where they are."""
        logs = self.instance / "log"
        logs.mkdir(exist_ok=True)
        self.children = [
            Child("web", self.web_command(), logs / "web.log"),
            Child("worker", [*FLASK, "worker", "run"], logs / "worker.log"),
        ]
        if self.intranet is not None:
            serve = [sys.executable, str(ROOT / "bin" / "_intranet.py"), "--folder", str(self.instance / "intranet")]
            self.children.append(Child("intranet", [*serve, "--port", str(self.intranet)], logs / "intranet.log"))
        if self.sandbox is not None:
            serve = [sys.executable, "-m", "sandbox", "--file", str(self.instance / "sandbox.db"), "--port", str(self.sandbox)]
            trust = ["--trust", str(self.instance / "tls" / "cert.pem")] if self.options.tls else []
            self.children.append(Child("sandbox", [*serve, *trust], logs / "sandbox.log"))
        for child in self.children:
            child.log.write_bytes(b"")
            child.start()
        self.wait_until_ready()
        print(f"\n✓ Ready: {self.origin}   Ctrl-C ends it. Logs: {logs}")
        if self.options.host == EVERYWHERE:
            scheme = self.origin.split(":", 1)[0]
            for address in lan_addresses():
                print(f"  from another device: {scheme}://{address}:{self.options.port}")
            if self.options.tls:
                print("  Its certificate is its own: the browser asks once whether to trust it.")
        if self.intranet is not None:
            print(f"  An enterprise's intranet with its mini-store: {self.intranet_origin}")
        if self.sandbox is not None:
            print(f"  Payments are made at a sandbox, which can be told to go wrong: http://127.0.0.1:{self.sandbox}")
        if self.options.demo:
            self.run_step("demo", "logins")

    def web_command(self) -> list[str]:
        """Give granian's command line: without the respawning it would end when one worker dies."""
        tls = self.instance / "tls"
        certificate = ["--ssl-certificate", str(tls / "cert.pem"), "--ssl-keyfile", str(tls / "key.pem")]
        return [
            *(str(BIN / "granian"), "--interface", "wsgi", "--no-ws", "--log-level", "warning"),
            *("--host", self.options.host, "--port", str(self.options.port)),
            *("--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "5"),
            *("--respawn-failed-workers", "--respawn-interval", "0.1"),
            *([*certificate, "--ssl-protocol-min", "tls1.2"] if self.options.tls else []),
            "wsgi:app",
        ]

    def wait_until_ready(self) -> None:
        """Ask /readyz until it says 200; end with the log's last lines when it will not."""
        web = self.children[0]
        context = None
        if self.options.tls:
            context = ssl.create_default_context(cafile=str(self.instance / "tls" / "cert.pem"))
        said = "no answer"
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            for child in self.children:
                child.tend()
            if web.deaths >= TRIES:
                break
            try:
                with urllib.request.urlopen(f"{self.origin}/readyz", timeout=5, context=context):  # noqa: S310 - our own address  # nosec B310
                    return
            except urllib.error.HTTPError as error:
                said = f"{error.code} {error.read(500).decode('utf-8', 'replace').strip()}"
                error.close()
            except (OSError, ValueError) as error:
                said = str(error)
            time.sleep(0.1)
        tail = "\n".join(web.log.read_text("utf-8", "replace").splitlines()[-20:])
        raise Broken(f"{tail}\n✗ The web did not get ready: {said}")

    def keep_open(self) -> None:
        """Watch over the processes for as long as we live."""
        while True:
            for child in self.children:
                child.tend()
            time.sleep(0.2)

    def close(self) -> None:
        """End every process, politely first, and all that each has started."""
        living = [child.process for child in self.children if child.process is not None]
        living += [self.step] if self.step is not None else []
        for process in living:
            signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in living:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            signal_group(process, signal.SIGKILL)
            process.wait()
        if living:
            print("\n✓ Ended.")


def spawn(command: list[str], log: BinaryIO | None = None) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, which on Linux also ends when we are killed outright."""
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509 - we have no threads
    )


def end_with_parent() -> None:
    """In the child, on Linux: ask for SIGTERM when the parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a process and to all that it has started; it may have gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def taken(port: int) -> bool:
    """Whether anybody answers there: two servers of our kind could share a port without a word."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def secret_key(path: Path) -> str:
    """Give this try-out's own secret, made once and readable by its owner alone."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(48).encode())
    return path.read_text("ascii").strip()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)


def lan_addresses() -> list[str]:
    """Give the addresses by which other devices on the network may reach this machine."""
    found = set()
    with contextlib.suppress(OSError):
        found.update(socket.gethostbyname_ex(socket.gethostname())[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # nothing is sent: it only asks which way such a packet would leave
        found.add(probe.getsockname()[0])
    return sorted(address for address in found if not ipaddress.ip_address(address).is_loopback)


def make_certificate(folder: Path) -> None:
    """Make a self-signed certificate for this machine's names and addresses, unless a fitting one stands."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    names = sorted({"localhost", socket.gethostname()})
    addresses = [ipaddress.ip_address(each) for each in ["127.0.0.1", "::1", *lan_addresses()]]
    wanted = x509.SubjectAlternativeName([*map(x509.DNSName, names), *map(x509.IPAddress, addresses)])
    now = dt.datetime.now(dt.UTC)
    path = folder / "cert.pem"
    if path.exists() and (folder / "key.pem").exists():
        stands = x509.load_pem_x509_certificate(path.read_bytes())
        held = stands.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if held == wanted and stands.not_valid_after_utc > now + dt.timedelta(days=30):
            return
    print("· Making a certificate for", ", ".join([*names, *map(str, addresses)]))
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "OneHall demo")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=CERTIFICATE_DAYS))
        .add_extension(wanted, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    folder.mkdir(parents=True, exist_ok=True)
    write_private(folder / "key.pem", key.private_bytes(*form))
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


if __name__ == "__main__":
    main()

"""nanoidp as a company's own provider: a real process, for OpenID Connect and SAML."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.journeys.conftest import wait_until
from tests.servers.home import free_port

CLIENT, SECRET = "onehall", "a-secret-of-the-companys"  # plain: nanoidp reads it as it stands, not as RFC 6749 2.3.1 has it
PEOPLE = """
config_version: 1
users:
  grace:
    password: "nine green bottles"
    email: "grace@globex.example"
    roles: ["USER"]
    tenant: "default"
"""
SETTINGS = """
config_version: 1
server: {{host: "127.0.0.1", port: {port}}}
oauth:
  issuer: "{url}"
  audience: "{client}"
  clients:
    - {{client_id: "{client}", client_secret: "{secret}", description: "OneHall", redirect_uris: ["{back}"]}}
saml:
  default_acs_url: "{acs}"
"""


@contextmanager
def company(folder: Path, house: str) -> Iterator[str]:
    """Run the provider; give its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    back, acs = f"{house}/login/company/globex/back", f"{house}/login/company/globex-saml/acs"
    (folder / "users.yaml").write_text(PEOPLE, "utf-8")
    (folder / "settings.yaml").write_text(SETTINGS.format(port=port, url=url, client=CLIENT, secret=SECRET, back=back, acs=acs), "utf-8")
    (folder / "keys").mkdir()
    command = [str(Path(sys.executable).parent / "nanoidp"), "--config", str(folder), "--port", str(port)]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_until(lambda: answers(f"{url}/saml/metadata"), 30)
            yield url
        finally:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def answers(address: str) -> bool:
    """Say whether somebody answers at an address."""
    try:
        return bool(read(address))
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def read(address: str) -> bytes:
    """Give what is at an address."""
    with urllib.request.urlopen(address, timeout=5) as answer:
        body: bytes = answer.read()
    return body

"""Acme's intranet, for bin/run: a small site of another company on another site (127.0.0.1, while the portal is localhost).

It shows what an enterprise's developer has to write: one snippet in a page, one route that signs who is there. Everything
else is the plain look of somebody else's pages. The portal's code is not used here.
"""

from __future__ import annotations

import argparse
import base64
import html
import http.cookies
import json
import secrets
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

COOKIE = "acme-intranet"
SECONDS = 60
LANGUAGES, THEMES = ("zh", "en"), ("auto", "light", "dark")

STYLE = """
body { margin: 0; font: 15px/1.5 Georgia, "Songti SC", "Noto Serif CJK SC", serif; color: #222; background: #fff; }
header { display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: baseline; padding: 12px 20px; color: #fff; background: #333; }
header strong { font-size: 20px; } header a { color: #ffd; } main { display: flex; flex-wrap: wrap; gap: 20px; padding: 20px; }
article { flex: 2 1 300px; } aside { flex: 1 1 320px; min-width: 0; } .wide aside { flex-basis: 100%; order: -1; }
h1, h2 { font-weight: normal; }
h1 { font-size: 26px; } h2 { font-size: 19px; border-bottom: 1px solid #999; } mini-store { border: 1px solid #999; }
form { display: inline; } button { font: inherit; } #said { font: 12px monospace; color: #555; }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1c1c1c; } header { background: #000; } #said { color: #aaa; } }
"""
SCRIPT = """
for (const name of ['ready', 'order', 'error']) document.addEventListener('mini-store:' + name, (event) => {
  document.getElementById('said').append(`${name} ${JSON.stringify(event.detail)}\\n`);
});
"""
PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Acme intranet</title><link rel="icon" href="data:,"><style nonce="{nonce}">{style}</style>{script}</head>
<body class="{shape}"><header><strong>ACME intranet</strong><span>{who}</span>{links}</header>
<main><article><h1>Welcome</h1><h2>Canteen this week</h2><p>Monday: noodles. Tuesday: dumplings. Wednesday: rice with something.</p>
<h2>Car park</h2><p>The lower deck is closed until Friday.</p>
<pre id="said"></pre></article><aside><h2>Company handset</h2>{store}</aside></main>
<script nonce="{nonce}">{listen}</script></body></html>
"""


class Intranet:
    """What the site knows: its facts, its key, and who is signed in, by a random name in a cookie."""

    def __init__(self, folder: Path) -> None:
        self.facts: dict[str, Any] = json.loads((folder / "intranet.json").read_text("utf-8"))
        key = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise SystemExit("✗ the intranet's key is of another kind")
        self.key = key
        self.present: dict[str, dict[str, str]] = {}

    def assertion(self, employee: dict[str, str]) -> str:
        """Sign who is there: good for a minute, once, in one store, on this site's pages."""
        now, facts = int(time.time()), self.facts
        header = {"typ": "employee+jwt", "alg": "ES256", "kid": facts["kid"]}
        claims = {
            "iss": facts["client_id"], "aud": facts["portal"], "sub": employee["number"], "name": employee["name"],
            "store": facts["store"], "origin": facts["origin"], "iat": now, "exp": now + SECONDS, "jti": secrets.token_urlsafe(16),
        }  # fmt: skip
        signed = f"{pack(json.dumps(header).encode())}.{pack(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{pack(r.to_bytes(32) + s.to_bytes(32))}"


def pack(data: bytes) -> str:
    """Write bytes as JWTs do."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Handler(BaseHTTPRequestHandler):
    """One request to the intranet."""

    intranet: Intranet
    server_version, sys_version = "acme", ""

    def do_GET(self) -> None:
        """Show the page; a link signs one of the employees in, as a real intranet's sign-in would."""
        path, _, query = self.path.partition("?")
        if path == "/":
            self.show(dict(part.partition("=")[::2] for part in query.split("&")))
        elif path.startswith("/as/"):
            self.sign_in(path.removeprefix("/as/"))
        else:
            self.answer(HTTPStatus.NOT_FOUND, "Nothing here.", "text/plain")

    def do_POST(self) -> None:
        """Sign who is there, for this site's own pages alone."""
        employee = self.employee()
        if self.path != "/mini-store/assertion":
            self.answer(HTTPStatus.NOT_FOUND, "Nothing here.", "text/plain")
        elif self.headers.get("Origin", self.intranet.facts["origin"]) != self.intranet.facts["origin"]:
            self.answer(HTTPStatus.FORBIDDEN, "Not from there.", "text/plain")
        elif employee is None:
            self.answer(HTTPStatus.UNAUTHORIZED, "Sign in first.", "text/plain")
        else:
            self.answer(HTTPStatus.OK, json.dumps({"assertion": self.intranet.assertion(employee)}), "application/json")

    def show(self, wanted: dict[str, str]) -> None:
        """Show the intranet's page, with the store in a column, or across it (?wide=1)."""
        facts, employee, nonce = self.intranet.facts, self.employee(), secrets.token_urlsafe(16)
        lang = wanted.get("lang") if wanted.get("lang") in LANGUAGES else "zh"
        theme = wanted.get("theme") if wanted.get("theme") in THEMES else "auto"
        others = [f'<a href="/as/{each["number"]}">{html.escape(each["name"])}</a>' for each in facts["employees"]]
        store = (
            f'<mini-store portal="{facts["portal"]}" store="{facts["store"]}" assertion="/mini-store/assertion" '
            f'lang="{lang}" theme="{theme}">'
            f'<a href="{facts["portal"]}/ministore/{facts["store"]}/">Company handset</a></mini-store>'
        )
        body = PAGE.format(
            lang=lang, nonce=nonce, style=STYLE, script=facts["script"].replace("<script ", f'<script nonce="{nonce}" '),
            shape="wide" if wanted.get("wide") else "", who=html.escape(employee["name"]) if employee else "Nobody is signed in.",
            links=f"<span>sign in as {' or '.join(others)}</span>", store=store, listen=SCRIPT,
        )  # fmt: skip
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; connect-src 'self'; "
            f"frame-src {facts['portal']}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
        )
        self.answer(HTTPStatus.OK, body, "text/html", {"Content-Security-Policy": policy})

    def sign_in(self, number: str) -> None:
        """Sign an employee in and go back to the page."""
        employee = next((each for each in self.intranet.facts["employees"] if each["number"] == number), None)
        if employee is None:
            self.answer(HTTPStatus.NOT_FOUND, "Nobody of that number.", "text/plain")
            return
        name = secrets.token_urlsafe(24)
        self.intranet.present[name] = employee
        cookie = f"{COOKIE}={name}; Path=/; HttpOnly; SameSite=Lax"
        self.answer(HTTPStatus.SEE_OTHER, "", "text/plain", {"Location": "/", "Set-Cookie": cookie})

    def employee(self) -> dict[str, str] | None:
        """Give who is signed in."""
        held = http.cookies.SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        return self.intranet.present.get(held.value) if held else None

    def answer(self, status: HTTPStatus, body: str, kind: str, more: dict[str, str] | None = None) -> None:
        """Send an answer."""
        data = body.encode()
        self.send_response(status)
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(data)), "Cache-Control": "no-store"}
        for name, value in (headers | {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} | (more or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="bin/_intranet.py")
    parser.add_argument("--folder", type=Path, required=True, help="Where `flask demo intranet` wrote intranet.json and the key stands.")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    Handler.intranet = Intranet(options.folder)
    ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()


if __name__ == "__main__":
    main()

"""What tokens cost at least: the same SQL by the bare driver, the same hashes and signatures, and no rules at all.

A WSGI application for the same server as the portal's, told by BENCH_BARE (a file) which statements a real call made. It
checks nothing and refuses nobody: nobody should run it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import psycopg
from joserfc import jws
from joserfc.jwk import ECKey

ACCESS_SECONDS = 600
_told = json.loads(Path(os.environ["BENCH_BARE"]).read_text("utf-8"))
_key, _kid = ECKey.import_key(_told["key"]), _told["kid"]
_mine = threading.local()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a call as the portal does: the path's last part says which."""
    if environ["REQUEST_METHOD"] == "GET":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ready"]
    form = dict(parse_qsl(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()))
    body = json.dumps(_DEEDS[environ["PATH_INFO"].rsplit("/", 1)[1]](form)).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _machine(form: dict[str, str]) -> dict[str, Any]:
    hashlib.sha256(form["secret"].encode()).hexdigest()
    _run("machine", {})
    return {"access_token": _sign({}), "token_type": "Bearer", "expires_in": ACCESS_SECONDS, "scope": "points.read"}


def _refresh(form: dict[str, str]) -> dict[str, Any]:
    hashlib.sha256(form["secret"].encode()).hexdigest()
    now, shown = datetime.now(UTC), form["refresh_token"]
    following = base64.urlsafe_b64encode(hmac.new(_kid.encode(), shown.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    until = now + timedelta(days=7)
    _run("refresh", {"token": _hash(shown), "following": _hash(following), "at": now, "until": until})
    return {"access_token": _sign({"gid": "1"}), "token_type": "Bearer", "expires_in": ACCESS_SECONDS, "refresh_token": following}


def _introspect(form: dict[str, str]) -> dict[str, Any]:
    hashlib.sha256(form["secret"].encode()).hexdigest()
    claims = json.loads(jws.deserialize_compact(form["token"], _key, algorithms=["ES256"]).payload)
    _run("introspect", {"at": datetime.now(UTC)})
    return {"active": True, **claims}


_DEEDS = {"machine": _machine, "refresh": _refresh, "introspect": _introspect}


def _run(deed: str, fresh: dict[str, Any]) -> None:
    """Do a call's statements, with `fresh` in the place of what was recorded, in a transaction where the call had one."""
    statements = _told["statements"][deed]
    writes = any(each["writes"] for each in statements)
    connection = _connection(autocommit=not writes)
    for each in statements:
        params = {**each["params"], **{name: value for name, value in fresh.items() if name in each["params"]}}
        cursor = connection.execute(each["sql"], params, prepare=True)
        if cursor.description is not None:
            cursor.fetchall()
    if writes:
        connection.commit()


def _connection(*, autocommit: bool) -> psycopg.Connection[Any]:
    kept: dict[bool, psycopg.Connection[Any]] = _mine.__dict__.setdefault("kept", {})
    if autocommit not in kept:
        kept[autocommit] = psycopg.connect(_told["dsn"], autocommit=autocommit)
    return kept[autocommit]


def _sign(more: dict[str, Any]) -> str:
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": "http://localhost", "sub": "bench", "aud": "http://localhost/api", "client_id": "bench", "scope": "points.read", "iat": now,
        "exp": now + ACCESS_SECONDS, "jti": secrets.token_urlsafe(16), **more,
    }  # fmt: skip
    return jws.serialize_compact({"alg": "ES256", "kid": _kid, "typ": "at+jwt"}, json.dumps(claims), _key, algorithms=["ES256"])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

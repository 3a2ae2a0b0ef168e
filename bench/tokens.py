"""Tokens: how many the provider gives, renews and looks into, against the same SQL and signatures in the same server."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from joserfc.jwk import ECKey

from bench.figures import Figure
from bench.house import House, opened
from bench.peers.serving import serving_peers
from bench.people import draw
from bench.places import cache
from bench.runs import Run
from bench.sets import BenchError
from bench.transcript import EXECUTE, recording
from bench.web import Web, at_once, serving
from bench.wire import Wire
from portal.base.ids import new_id, new_token
from portal.customers import find_holder
from portal.openid import (
    CODE,
    MACHINE,
    REFRESH,
    ClientView,
    Granted,
    NewClient,
    Provider,
    SignIn,
    create_client,
    issue_code,
    load_key_ring,
    read_authorization_request,
    redeem_code,
    rotate_keys,
)

BACK = "https://bench.example/back"
HANDS, WORKERS, ROUNDS, SECONDS = 8, 2, 5, 3.0
DEEDS = ("machine", "refresh", "introspect")
_PATHS = {"machine": "/oauth/token", "refresh": "/oauth/token", "introspect": "/oauth/introspect"}
_VERIFIER, _CHALLENGE = "v" * 43, "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"  # pragma: allowlist secret


@dataclass(frozen=True, slots=True)
class Caller:
    """A client and its secret."""

    client: ClientView
    secret: str

    def form(self, **fields: str) -> dict[str, str]:
        """Give a call's form, signed by the secret in it."""
        return {"client_id": self.client.id, "client_secret": self.secret, **fields}


def measure(run: Run) -> list[Figure]:
    """Call the real server, then one that does the same SQL and signatures and nothing else, in turns, with as many hands."""
    if run.db != "postgresql":
        return []
    seconds = max(0.5, SECONDS * run.share)
    rates: dict[str, list[tuple[float, float]]] = {deed: [] for deed in DEEDS}
    others: dict[str, list[float]] = {}
    with opened(run.data) as house, ExitStack() as stack:
        with house.parts.db.writing() as session:
            rotate_keys(session, house.parts.keys, now=datetime.now(UTC))
        web = stack.enter_context(serving(run.data, workers=WORKERS))
        caller = _caller(house)
        bare = stack.enter_context(_bare(run, house, web, caller))
        peers = stack.enter_context(serving_peers(cache()))
        for turn in range(run.samples(ROUNDS) + 1):
            for deed in DEEDS:
                real = _calls_a_second(web.port, _PATHS[deed], _forms(house, web, caller, deed), seconds)
                floor = _calls_a_second(bare.port, f"/{deed}", _forms(house, web, caller, deed, bare=True), seconds)
                if turn:  # the first turn warms up
                    rates[deed].append((real, floor))
            for peer in peers:
                rate = _calls_a_second(peer.port, peer.path, [lambda _, form=peer.form: form] * HANDS, seconds, peer.headers)
                if turn:
                    others.setdefault(peer.name, []).append(rate)
    ours = [figure for deed in DEEDS for figure in _figures(run, deed, rates[deed])]
    return [*ours, *(run.figure(f"tokens.{name}", statistics.median(each)) for name, each in others.items())]


def _figures(run: Run, deed: str, rates: Sequence[tuple[float, float]]) -> list[Figure]:
    return [
        run.figure(f"tokens.{deed}", statistics.median(real / floor for real, floor in rates)),
        run.figure(f"tokens.{deed}_core", statistics.median(real for real, _ in rates) / WORKERS),
    ]


def _caller(house: House) -> Caller:
    new = NewClient(
        name="bench", redirect_uris=(BACK,), grant_types=(CODE, REFRESH, MACHINE), scopes=("points.read", "offline_access"),
        auth_method="client_secret_post", first_party=True,
    )  # fmt: skip
    with house.parts.db.writing() as session:
        client, secret = create_client(session, new, now=datetime.now(UTC))
    assert secret is not None, "it proves itself by one"
    return Caller(client, secret)


def _chains(house: House, web: Web, caller: Caller) -> list[str]:
    """Begin a grant for each hand, by the services; give their refresh tokens."""
    now, issuer = datetime.now(UTC), f"http://localhost:{web.port}"
    asked = {
        "client_id": caller.client.id, "redirect_uri": BACK, "response_type": "code", "scope": "points.read offline_access",
        "code_challenge": _CHALLENGE, "code_challenge_method": "S256",
    }  # fmt: skip
    found = []
    for one in draw(house.parts.db, HANDS, seed=11):
        with house.parts.db.writing() as session:
            holder = find_holder(session, one.number)
            assert holder is not None, "the numbers are drawn from the data"
            request = read_authorization_request(session, asked.items(), issuer=issuer, now=now)
            sign_in = SignIn(
                party_id=holder.party_id, customer_id=holder.customer_id, session_id=new_id(now), sid=new_token(8), subject=new_token(8),
                level=2, methods=("sms",), authenticated_at=now, expires_at=now + timedelta(hours=8),
            )  # fmt: skip
            code = issue_code(session, caller.client, request, sign_in, now=now)  # type: ignore[arg-type]
            provider = Provider(issuer, house.parts.keys, load_key_ring(session, house.parts.keys, now=now))
            given = redeem_code(session, provider, caller.client, code=code, redirect_uri=BACK, verifier=_VERIFIER, now=now)
        if not isinstance(given, Granted) or given.refresh_token is None:
            raise BenchError(f"no tokens: {given}")
        found.append(given.refresh_token)
    return found


def _forms(house: House, web: Web, caller: Caller, deed: str, *, bare: bool = False) -> list[Callable[[Mapping[str, Any] | None], str]]:
    """Give for each hand what makes its next form of the last answer."""
    if deed == "machine":
        form = urlencode(caller.form(grant_type="client_credentials", scope="points.read") if not bare else {"secret": caller.secret})
        return [lambda _: form] * HANDS
    if deed == "introspect":
        token = _machine_token(web, caller) if not bare else house.app.config["BENCH_TOKEN"]
        form = urlencode(caller.form(token=token) if not bare else {"secret": caller.secret, "token": token})
        return [lambda _: form] * HANDS
    return [_refreshing(caller, first, bare=bare) for first in _chains(house, web, caller)]


def _refreshing(caller: Caller, first: str, *, bare: bool) -> Callable[[Mapping[str, Any] | None], str]:
    def following(answer: Mapping[str, Any] | None) -> str:
        token = first if answer is None else answer["refresh_token"]
        if bare:
            return urlencode({"secret": caller.secret, "refresh_token": token})
        return urlencode(caller.form(grant_type="refresh_token", refresh_token=token))

    return following


def _machine_token(web: Web, caller: Caller) -> str:
    with Wire(web.port, "/oauth/token", {}) as wire:
        head, body = wire.post(urlencode(caller.form(grant_type="client_credentials")))
    if not head.startswith(b"http/1.1 200"):
        raise BenchError(body[:600].decode())
    return str(json.loads(body)["access_token"])


def _calls_a_second(
    port: int, path: str, forms: Sequence[Callable[..., str]], seconds: float, headers: Mapping[str, str] | None = None
) -> float:
    """Call over and over with all hands at once; give how many calls a second they did together."""
    counts = [0] * len(forms)
    started = time.perf_counter()

    def work(hand: int) -> None:
        answer = None
        with Wire(port, path, {"Accept": "application/json", **(headers or {})}) as wire:
            while time.perf_counter() - started < seconds:
                head, body = wire.post(forms[hand](answer))
                if not head.startswith(b"http/1.1 200"):
                    raise BenchError((head + body)[:600].decode("utf-8", "replace"))
                answer = json.loads(body)
                counts[hand] += 1

    at_once(work, len(forms))
    return sum(counts) / (time.perf_counter() - started)


@contextmanager
def _bare(run: Run, house: House, web: Web, caller: Caller) -> Iterator[Web]:
    """Serve the floor: it is told what the real calls did at the database, each recorded once in this process."""
    key = ECKey.generate_key("P-256")
    told = {"dsn": run.data.url, "key": key.as_dict(private=True), "kid": "bench", "statements": _recorded(house, web, caller)}
    path = run.data.instance / "bare.json"
    path.write_text(json.dumps(told), "utf-8")
    with serving(run.data, workers=WORKERS, application="bench.bare_provider:app", ready="/", more={"BENCH_BARE": str(path)}) as bare:
        with Wire(bare.port, "/machine", {}) as wire:
            house.app.config["BENCH_TOKEN"] = json.loads(wire.post(urlencode({"secret": "x"}))[1])["access_token"]
        yield bare
    path.unlink()


def _recorded(house: House, web: Web, caller: Caller) -> dict[str, list[dict[str, Any]]]:
    """Make each call once in this process and note its statements; the key ring is there already, as in a server that runs."""
    client = house.app.test_client()
    forms = {
        "machine": caller.form(grant_type="client_credentials"),
        "refresh": caller.form(grant_type="refresh_token", refresh_token=_chains(house, web, caller)[0]),
        "introspect": {},
    }
    found = {}
    with recording(house.app, house.parts.db.engine) as take:
        answer = client.post(_PATHS["machine"], data=forms["machine"])
        forms["introspect"] = caller.form(token=answer.get_json()["access_token"])
        for deed in DEEDS:
            take()
            answer = client.post(_PATHS[deed], data=forms[deed])
            if answer.status_code != 200:
                raise BenchError(f"{deed}: {answer.status_code} {answer.text[:300]}")
            steps = [step for step in take().steps if step.what == EXECUTE and not step.sql.startswith("BEGIN")]
            found[deed] = [{"sql": each.sql, "params": _plain(each.parameters), "writes": not each.autocommit} for each in steps]
    return found


def _plain(parameters: Any) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in dict(parameters).items()}

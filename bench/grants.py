"""Very many grants: whether renewing one takes longer among ten million than among ten thousand, and while old ones are cleared."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bench.figures import Figure
from bench.house import House, opened
from bench.places import ROOT
from bench.runs import Run
from bench.sets import BenchError, say
from portal.base.db import Database
from portal.openid import (
    CODE,
    REFRESH,
    ClientView,
    Granted,
    NewClient,
    Provider,
    create_client,
    get_client,
    load_key_ring,
    mint_tokens,
    refresh_tokens,
    rotate_keys,
)

FEW, MANY = 10_000, 10_000_000
ROUNDS, CALLS = 5, 400
PARTIES, OVER = 100_000, 20
"""So many people have grants; one of so many grants is over, and so is its token."""
_BITE = 500_000

_SERIES = "FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n"
_ENDS = "CASE WHEN n % CAST(:over AS bigint) = 0 THEN CAST(:past AS timestamptz) ELSE CAST(:until AS timestamptz) END"
_parties = sa.text(f"INSERT INTO party (id, kind, name, created_at) SELECT n, 'individual', 'bench', :now {_SERIES}")
_grants = sa.text(
    "INSERT INTO oauth_grant (id, kind, client_id, party_id, sid, subject, scopes, offline, level, methods, authenticated_at,"
    " created_at, expires_at) SELECT n, 'code', :client, 1 + n % CAST(:parties AS bigint), 's' || n, 'p' || n,"
    f' \'["openid", "offline_access"]\', true, 2, \'["sms"]\', :now, :now, {_ENDS} {_SERIES}'
)
_tokens = sa.text(
    "INSERT INTO refresh_token (token_hash, grant_id, issued_at, expires_at)"
    f" SELECT encode(sha256(convert_to('t' || n, 'UTF8')), 'hex'), n, :now, {_ENDS} {_SERIES}"
)
_SWEEP = """
import sys
from datetime import UTC, datetime
from portal.base.db import Database
from portal.openid import sweep_openid
database = Database(sys.argv[1])
print(flush=True)
while True:
    with database.writing() as session:
        if sweep_openid(session, now=datetime.now(UTC)) < 500: break
"""


@dataclass
class Renewing:
    """A database with so many grants, and who renews them, each once."""

    house: House
    client: ClientView
    provider: Provider
    left: Iterator[int]

    def seconds(self, count: int) -> list[float]:
        """Renew as many grants, each in a transaction of its own, signed; give how long each took."""
        return [self._one(f"t{next(self.left)}") for _ in range(count)]

    def _one(self, token: str) -> float:
        started, now = time.perf_counter(), datetime.now(UTC)
        with self.house.parts.db.writing() as session:
            given = refresh_tokens(session, self.provider, self.client, refresh_token=token, now=now)
        if not isinstance(given, Granted):
            raise BenchError(f"{token}: {given}")
        mint_tokens(self.provider, given, now=now)
        return time.perf_counter() - started


def measure(run: Run) -> list[Figure]:
    """Renew among few and among many in turns, then among many while what is over is cleared away beside it."""
    if run.db != "postgresql":
        return []
    many, calls = (MANY, CALLS) if run.share >= 1 else (MANY // 50, CALLS // 4)
    with _renewing(run, "few", FEW) as small, _renewing(run, "many", many) as large:
        among_few, among_many = [], []
        beside: list[float] = []
        for turn in range(run.samples(ROUNDS) + 1):
            few, lot = small.seconds(calls), large.seconds(calls)
            if turn:  # the first turn warms up
                among_few.append(_p95(few))
                among_many.append(_p95(lot))
        with _sweeping(large.house.parts.db) as sweeper:
            while sweeper.poll() is None and len(beside) < ROUNDS * CALLS:
                beside += large.seconds(20)
            if sweeper.poll() not in (None, 0) or not beside:
                raise BenchError("nothing was cleared away")
    usual = statistics.median(among_many)
    return [
        run.figure("grants.growth", usual / statistics.median(among_few)),
        run.figure("grants.p95", usual * 1000),
        run.figure("grants.sweeping", _p95(beside) / usual),
        run.figure("grants.sweeping_longest", max(beside) * 1000),
    ]


@contextmanager
def _renewing(run: Run, name: str, count: int) -> Iterator[Renewing]:
    with opened(run.sets.blank(run.db, count, name=f"grants_{name}")) as house:
        now = datetime.now(UTC)
        with house.parts.db.writing() as session:
            rotate_keys(session, house.parts.keys, now=now)
            new = NewClient(
                name="bench", redirect_uris=("https://bench.example/back",), grant_types=(CODE, REFRESH),
                scopes=("openid", "offline_access"), auth_method="client_secret_post", first_party=True,
            )  # fmt: skip
            client = create_client(session, new, now=now)[0]
            provider = Provider("http://localhost", house.parts.keys, load_key_ring(session, house.parts.keys, now=now))
        say(f"writing {count:,} grants …")
        _fill(house.parts.db, client.id, count, now)
        with house.parts.db.reading() as session:
            client = get_client(session, client.id)
        yield Renewing(house, client, provider, _live(count))


def _fill(database: Database, client_id: str, count: int, now: datetime) -> None:
    shared = {
        "client": client_id, "parties": PARTIES, "over": OVER,
        "now": now, "past": now - timedelta(days=2), "until": now + timedelta(days=80),
    }  # fmt: skip
    with database.writing() as session:
        session.execute(_parties, {"now": now, "first": 1, "last": PARTIES})
    for first in range(1, count + 1, _BITE):
        part = shared | {"first": first, "last": min(count, first + _BITE - 1)}
        with database.writing() as session:
            session.execute(_grants, part)
            session.execute(_tokens, part)
    with closing(database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")) as connection:
        connection.execute(sa.text("VACUUM ANALYZE oauth_grant, refresh_token"))


def _live(count: int) -> Iterator[int]:
    """Give the numbers of tokens that are good, in no order, each once."""
    chance, seen = random.Random(3), set()
    while True:
        number = chance.randint(1, count)
        if number % OVER and number not in seen:
            seen.add(number)
            yield number


@contextmanager
def _sweeping(database: Database) -> Iterator[subprocess.Popen[bytes]]:
    """Clear away what is over in a process of its own, bite by bite, without a pause."""
    command = [sys.executable, "-c", _SWEEP, database.url.render_as_string(hide_password=False)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as sweeper:
        assert sweeper.stdout is not None
        sweeper.stdout.readline()  # it is at work
        try:
            yield sweeper
        finally:
            sweeper.terminate()


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]

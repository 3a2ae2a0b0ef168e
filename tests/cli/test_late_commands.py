"""A web worker holds nothing in memory that only the command line calls."""

from __future__ import annotations

import subprocess
import sys

from portal.base.settings import ROOT

ASKED = """
import sys
import portal.app
before = [name for name in ("numpy", "openpyxl", "portal.demo") if name in sys.modules]
from portal.faces.cli.commands import LateCommands
import click
commands = LateCommands()
names = commands.list_commands(click.Context(commands))
print(before, "demo" in names and "import" in names and "setup" in names, "numpy" in sys.modules)
"""


def test_what_commands_need_is_loaded_when_one_is_asked_for() -> None:
    said = subprocess.run([sys.executable, "-c", ASKED], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.split() == ["[]", "True", "True"]

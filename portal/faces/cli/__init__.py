"""The command line: `flask --app wsgi COMMAND`. Refusals are one line on stderr and exit code 2, failed checks 1."""

from portal.faces.cli.commands import register
from portal.faces.cli.settings import settings_or_exit

__all__ = ["register", "settings_or_exit"]

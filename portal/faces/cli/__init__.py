"""The command line: `flask --app wsgi COMMAND`. Refusals are one line on stderr and exit code 2, failed checks 1."""

from portal.faces.cli.commands import register

__all__ = ["register"]

"""How a command refuses: one clear line on stderr and exit code 2; a check that found something ends with 1."""

from __future__ import annotations

import sys
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import DBAPIError

from portal.base.errors import Invalid, PortalError
from portal.base.logs import mask_text

REFUSED = 2
FAILED = 1


class Refusal(click.ClickException):
    """A refusal on its way to the terminal."""

    exit_code = REFUSED


class Commands(AppGroup):
    """A group of commands whose refusals are shown, not traced."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command of the group."""
        try:
            return super().invoke(ctx)
        except PortalError as error:
            raise Refusal(explain(error)) from error
        except DBAPIError as error:
            raise Refusal(explain_database(error)) from error


class Single(click.Command):
    """A command of its own, refusing alike."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PortalError as error:
            raise Refusal(explain(error)) from error
        except DBAPIError as error:
            raise Refusal(explain_database(error)) from error


def explain(error: PortalError) -> str:
    """Give a refusal as one line."""
    parts = [_filled(error.sentence, error.params)]
    if isinstance(error, Invalid):
        parts += [f"{name}: {_filled(sentence, error.params)}" for name, sentence in error.fields.items()]
    return " ".join(parts)


def explain_database(error: DBAPIError) -> str:
    """Give what the database said as one line, with the way out where there is one."""
    lines = mask_text(str(error.orig)).strip().splitlines()
    said = lines[0] if lines else type(error.orig).__name__
    missing = "no such table" in said or "does not exist" in said
    return f"The database refused: {said}." + (" Is it migrated? flask db upgrade" if missing else "")


def failed() -> None:
    """End with the exit code of a check that found something."""
    sys.exit(FAILED)


def _filled(sentence: str, params: dict[str, object]) -> str:
    return sentence % params if params else sentence


__all__ = ["Commands", "Refusal", "Single", "explain", "failed", "with_appcontext"]

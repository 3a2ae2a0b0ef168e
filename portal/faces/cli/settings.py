"""`flask settings`: what can be set, and whether what is set can be used."""

from __future__ import annotations

import sys

import click
from pydantic import SecretStr, ValidationError

from portal.base.settings import Settings, manual
from portal.faces.commands import Commands
from portal.faces.parts import portal

settings_group = Commands("settings", help="The installation's settings.")


@settings_group.command("manual")
def print_manual() -> None:
    """Print the page that explains every setting (docs/settings.md)."""
    click.echo(manual(), nl=False)


@settings_group.command("check")
def check() -> None:
    """List what is set otherwise than by default. Settings that cannot be used stop every command with a line each."""
    for line in list_set(portal().settings):
        click.echo(line)
    click.echo("All settings can be used.")


def list_set(settings: Settings) -> list[str]:
    """Give a line for each setting that differs from its default; secrets are not shown."""
    lines = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if value == field.default:
            continue
        secret = isinstance(value, SecretStr) or "secret" in name or ("url" in name and "@" in str(value))
        lines.append(f"PORTAL_{name.upper()} = {'(set)' if secret else value}")
    return lines


def explain_settings(error: ValidationError) -> str:
    """Give one line for each setting that cannot be used; never its value."""
    lines = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        name = "_".join(str(part) for part in fault["loc"]).upper()
        said = fault["msg"].removeprefix("Value error, ")
        lines.append(said if said.startswith("PORTAL_") else f"PORTAL_{name.removeprefix('PORTAL_')}: {said}")
    return "\n".join(lines)


def settings_or_exit() -> Settings:
    """Read the settings, or end with a line for each that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        sys.exit(explain_settings(error))

"""The commands, loaded when one is asked for: what a web worker never calls, it does not hold in memory."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup


class LateCommands(AppGroup):
    """The application's commands. Those of the house come with the first question about any."""

    _loaded = False

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give a command by its name, or None."""
        self._load()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names of all commands."""
        self._load()
        return super().list_commands(ctx)

    def _load(self) -> None:
        if self._loaded:
            return
        from portal.faces.cli.groups import ALL

        self._loaded = True
        for command in ALL:
            self.add_command(command)


def register(app: Flask) -> None:
    """Give `app` its commands. Those that others added before stay."""
    commands = LateCommands(name=app.cli.name)
    for name, command in app.cli.commands.items():
        commands.add_command(command, name)
    app.cli = commands

"""Groups of commands by name: a command's module is loaded when it is called, its help before that."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple, cast

import click


class Entry(NamedTuple):
    """Where a command's code is (`module:attribute`), and its help; both known without importing it."""

    target: str
    help: str


class LazyGroup(click.Group):
    """A group whose table of commands is all that it needs to list them."""

    def __init__(self, *, table: Mapping[str, Entry], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        entry = self.table.get(cmd_name)
        if entry is None:
            return None
        module, attribute = entry.target.split(":")
        return cast(click.Command, getattr(import_module(module), attribute))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])


def lazy_group(name: str, text: str, table: Mapping[str, Entry]) -> LazyGroup:
    """A group called `name` whose help is `text`; called alone, it prints it."""
    return LazyGroup(name=name, help=text, table=table)

"""A request's options on a command of `trii`."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import BaseModel

from cluster.requests.fields import Option, options_of
from cluster.requests.universe import read_members

F = TypeVar("F", bound=Callable[..., Any])


def request_options(model: type[BaseModel], *, but: Collection[str] = ()) -> Callable[[F], F]:
    """An option a field, `but` those that the command says itself.

    The command gets each under its field, None or () where it is left out.
    """

    def decorate(command: F) -> F:
        for option in reversed(options_of(model)):
            command = command if option.field in but else _click_option(option)(command)
        return command

    return decorate


def members_option(command: F) -> F:
    """`--members FILE`; the command reads it by `with_members`."""
    option = click.option(
        "--members",
        metavar="FILE",
        help="File of the instruments that the universe is narrowed to, or without --universe of "
        "those that are meant: one SYMBOL or DATASET:SYMBOL a line.",
    )
    return option(command)


def with_members(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a command was given, with the members of its file as `request_data` reads a list."""
    path = given["members"]
    return {**given, "members": None if path is None else ",".join(read_members(Path(path)))}


def _click_option(option: Option) -> Callable[[F], F]:
    if option.shape == "switch":
        names = f"--{option.name}/--no-{option.name}"
        return click.option(names, option.field, default=None, help=option.help)
    return click.option(
        f"--{option.name}",
        option.field,
        metavar=option.metavar,
        required=option.required,
        multiple=option.shape == "pairs",
        help=option.help,
    )

"""A request's options on an `argparse` parser: what `python -m jobs.NAME` takes."""

import argparse
from typing import Any, Protocol

from pydantic import BaseModel

from cluster.requests.fields import Option, options_of


class _Options(Protocol):
    """A parser or a group of one."""

    def add_argument(self, *names: str, **how: Any) -> argparse.Action: ...


def add_options(parser: _Options, model: type[BaseModel]) -> None:
    """An option a field; each is stored under its field, None where it is left out."""
    for option in options_of(model):
        add_option(parser, option, required=option.required)


def add_option(parser: _Options, option: Option, *, required: bool = False) -> None:
    """One option, as `request_data` reads it."""
    how: dict[str, Any] = {"metavar": option.metavar}
    if option.shape == "switch":
        how = {"action": argparse.BooleanOptionalAction}
    elif option.shape == "pairs":
        how["action"] = "append"
    parser.add_argument(
        f"--{option.name}",
        dest=option.field,
        required=required,
        help=option.help.replace("%", "%%"),
        **how,
    )

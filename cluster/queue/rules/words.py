"""The words of a kind's command, `python -m jobs.NAME`: read by its module, and before it is queued."""

import argparse
from typing import Any, NoReturn

from cluster.errors import BadInput
from cluster.queue.rules.kinds import Kind
from cluster.requests.arguments import add_option, add_options
from cluster.requests.fields import options_of


class _Parser(argparse.ArgumentParser):
    """Faults are BadInput like all others: one line, and the caller decides how it ends."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{self.prog}: {message}; --help says what it takes")


def parser_of(kind: Kind) -> argparse.ArgumentParser:
    """Options of its request, and those of a module alone. Raises BadInput for other words."""
    parser = _Parser(prog=f"python -m {kind.module}", description=kind.purpose)
    if kind.takes_providers:
        _add_sources(parser, kind)
    else:
        add_options(parser, kind.model())
    if kind.named_by_attempt:
        parser.add_argument("--id", help="Id of the run; a new one by default.")
        parser.add_argument("--local", action="store_true", help="Run all of it here, without Ray.")
    parser.add_argument("--json", action="store_true", help="Print the result as JSON.")
    return parser


def _add_sources(parser: argparse.ArgumentParser, kind: Kind) -> None:
    source: Any = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--provider", metavar="MODULE:CLASS", help="Provider of your own, which names its dataset."
    )
    for option in options_of(kind.model()):
        add_option(source if option.field == "dataset" else parser, option)

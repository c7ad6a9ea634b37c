"""The command line of a backtest and the request that it says."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from cluster.errors import BadInput, Fault
from cluster.requests.options import number

_FIELDS = ("strategy", "family", "universe", "start", "end", "mode", "initial_cash")
_NUMBERS = ("commission_bps", "slippage_bps")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One option a field of the request; what is left out keeps the request's default."""
    parser.add_argument("--strategy", required=True)
    parser.add_argument("--universe", required=True)
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
    for name in ("family", "start", "end", "mode"):
        parser.add_argument(f"--{name}")
    for name in ("initial-cash", "commission-bps", "slippage-bps"):
        parser.add_argument(f"--{name}")


def request_data(given: Mapping[str, Any]) -> dict[str, object]:
    """Fields of a request from options by name; `param` holds NAME=VALUE texts."""
    data: dict[str, object] = {name: given[name] for name in _FIELDS if given.get(name) is not None}
    data |= {name: number(given[name]) for name in _NUMBERS if given.get(name) is not None}
    return data | {"parameters": parameters(given.get("param", ()))}


def parameters(texts: Iterable[str]) -> dict[str, object]:
    """NAME=VALUE texts by name. Raises `BadInput` for another form or a name given twice."""
    found: dict[str, object] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise _bad(f"--param {text!r}: expected NAME=VALUE, such as fast=20")
        if name in found:
            raise _bad(f"--param {name} is given twice")
        found[name] = number(value)
    return found


def _bad(message: str) -> BadInput:
    return BadInput(message, faults=[Fault("parameters", message)])

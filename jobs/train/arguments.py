"""The command line of a training and the request that it says."""

import argparse
from collections.abc import Mapping
from typing import Any

from cluster.requests.options import number

_NUMBERS = ("learning_rate", "weight_decay", "epochs", "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One option a field of the request; what is left out keeps the request's default."""
    parser.add_argument("--model", help="volatility-regime")
    parser.add_argument("--hidden", metavar="N,N", help="units of each hidden layer")
    for name in _NUMBERS:
        parser.add_argument(f"--{name.replace('_', '-')}")
    parser.add_argument("--promote", action=argparse.BooleanOptionalAction, default=None)


def request_data(given: Mapping[str, Any]) -> dict[str, object]:
    """Fields of a request from options by name; what is no number stays a text, to be refused."""
    known = {name: value for name, value in given.items() if value is not None}
    data: dict[str, object] = {name: known[name] for name in ("model", "promote") if name in known}
    data |= {name: number(known[name]) for name in _NUMBERS if name in known}
    if "hidden" in known:
        data["hidden"] = [number(one) for one in known["hidden"].split(",")]
    return data

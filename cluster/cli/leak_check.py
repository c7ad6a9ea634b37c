"""`trii leak-check FILE.py:NAME`: whether code of one's own reads what it cannot know yet."""

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import pandas as pd

from cluster.cli.output import json_option, print_json
from cluster.errors import BadInput
from cluster.own_code.checking import checked, strategy_function
from cluster.own_code.functions import find_function, stdout_to_stderr
from market import leaks
from market.errors import MarketError
from market.leaks import LeakReport
from market.leaks.outputs import Function

_BUDGET_S = 5.0  # for cutting the bars: a cheap function gets a cut at every row
_ROWS = 750


@click.command()
@click.argument("target", metavar="FILE.py:NAME|MODULE:NAME")
@click.option(
    "--bars",
    "path",
    metavar="FILE",
    help="CSV or Parquet file of bars to use in place of synthetic ones.",
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    help=f"How many synthetic bars to make (default {_ROWS}).",
)
@click.option(
    "--profit",
    "profits",
    multiple=True,
    metavar="COLUMN",
    help="This column is a strategy's equity or return: it must earn nothing on martingales.",
)
@click.option(
    "--feature",
    "features",
    multiple=True,
    metavar="COLUMN",
    help="This column is no profit, whatever it looks like.",
)
@json_option
def leak_check(
    *,
    target: str,
    path: str | None,
    rows: int | None,
    profits: tuple[str, ...],
    features: tuple[str, ...],
    as_json: bool,
) -> int:
    """Look for look-ahead in a function of bars, or a strategy, of your own.

    A function takes a DataFrame (session, open, high, low, close, volume; row t is known at the close of
    t) and returns a Series or frame aligned with it. Exit status: 0 none found, 1 a leak, 2 bad
    input.
    """
    if path is not None and rows is not None:
        raise BadInput("--rows is for synthetic bars: leave it out with --bars")
    # What the function prints must not get into the document.
    with stdout_to_stderr():
        report = _checked(target, path, rows=rows or _ROWS, profits=profits, features=features)
    if as_json:
        print_json(report.to_dict())
    else:
        _print(report)
    return 1 if report.findings else 0


def _checked(
    target: str, path: str | None, *, rows: int, profits: tuple[str, ...], features: tuple[str, ...]
) -> LeakReport:
    try:
        bars = leaks.synthetic_bars(rows=rows) if path is None else read_bars(Path(path))
        find = partial(_function, target)
        return checked(find, bars, budget_s=_BUDGET_S, profits=profits, features=features)
    except MarketError as exc:
        raise BadInput(f"{target}: {exc}") from exc


def _function(target: str) -> Function:
    """The function, or what a strategy wants to hold with its default parameters."""
    found = find_function(target)
    return strategy_function(target, {}) if _is_strategy(found) else found


def _is_strategy(found: object) -> bool:
    if not inspect.isclass(found):
        return False
    # numba, half a second that a function of bars does without.
    from market.strategies import Strategy  # noqa: PLC0415

    return issubclass(found, Strategy)


def read_bars(path: Path) -> pd.DataFrame:
    """The bars of a CSV or Parquet file, as they stand in it."""
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
    }
    if not path.is_file():
        raise BadInput(f"--bars {path}: no such file")
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadInput(f"--bars {path}: expected a name that ends in .csv or .parquet")
    try:
        return reader(path)
    except (OSError, ValueError) as exc:
        raise BadInput(f"--bars {path} can't be read: {exc}") from exc


def _print(report: LeakReport) -> None:
    click.echo(str(report))
    for warning in report.warnings:
        click.echo(f"warning: {warning}")

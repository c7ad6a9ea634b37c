"""`trii leak-check MODULE:NAME`: whether a function of bars reads what it cannot know yet."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cluster.cli.output import json_option, print_json
from cluster.errors import BadInput

if TYPE_CHECKING:  # pandas and numba take a second: nothing loads them before the command runs
    import pandas as pd

    from market.leaks import LeakReport


@click.command()
@click.argument("target", metavar="MODULE:NAME")
@click.option(
    "--bars", "path", metavar="FILE", help="CSV or Parquet instead of the synthetic bars."
)
@click.option("--rows", default=750, show_default=True, help="How many synthetic bars.")
@click.option(
    "--profit",
    "profits",
    multiple=True,
    metavar="COLUMN",
    help="This column is a strategy's equity or return: it must earn nothing on martingales.",
)
@json_option
def leak_check(
    target: str,
    path: str | None,
    rows: int,
    profits: tuple[str, ...],
    as_json: bool,  # noqa: FBT001
) -> int:
    """Look for look-ahead in a function of bars of your own.

    It takes a DataFrame (session, open, high, low, close, volume; row t is known at the close of
    t) and returns a Series or frame aligned with it. Exit status: 0 none found, 1 a leak, 2 bad
    input.
    """
    # What the function prints must not get into the document.
    with redirect_stdout(sys.stderr):
        report = _checked(target, path, rows=rows, profits=profits)
    if as_json:
        print_json(report.to_dict())
    else:
        _print(report)
    return 1 if report.findings else 0


def _checked(target: str, path: str | None, *, rows: int, profits: tuple[str, ...]) -> "LeakReport":
    from market import leaks  # noqa: PLC0415 - imports pandas
    from market.errors import MarketError  # noqa: PLC0415

    function = find_function(target)
    try:
        bars = leaks.synthetic_bars(rows=rows) if path is None else read_bars(Path(path))
        return leaks.check(function, bars, profits=profits)
    except MarketError as exc:
        raise BadInput(f"{target}: {exc}") from exc


def find_function(target: str) -> Callable[..., Any]:
    """The function that MODULE:NAME means, the current directory looked into first."""
    module_name, _, name = target.partition(":")
    if not name or not all(part.isidentifier() for part in (*module_name.split("."), name)):
        raise BadInput(f"{target!r}: expected MODULE:NAME, such as features:momentum")
    module = _module(module_name)
    if not hasattr(module, name):
        raise BadInput(f"module {module_name} has no {name}")
    function = getattr(module, name)
    if not callable(function):
        raise BadInput(f"{target} is a {type(function).__name__}, not a function")
    return function  # type: ignore[no-any-return]  # a module's attribute is untyped


def _module(name: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name and (name == exc.name or name.startswith(f"{exc.name}.")):
            raise BadInput(f"module {name} not found here or among what is installed") from exc
        raise BadInput(f"module {name} needs {exc.name}, which is not installed") from exc
    except (Exception, SystemExit) as exc:  # a user's module may raise anything
        raise BadInput(f"module {name} fails on import: {type(exc).__name__}: {exc}") from exc


def read_bars(path: Path) -> "pd.DataFrame":
    """The bars of a CSV or Parquet file, as they stand in it."""
    import pandas as pd  # noqa: PLC0415

    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadInput(f"--bars {path}: expected a name that ends in .csv or .parquet")
    try:
        return reader(path)
    except (OSError, ValueError) as exc:
        raise BadInput(f"--bars {path} can't be read: {exc}") from exc


def _print(report: "LeakReport") -> None:
    click.echo(str(report))
    for warning in report.warnings:
        click.echo(f"warning: {warning}")

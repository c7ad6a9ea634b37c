"""`trii backtest list`: the runs, newest first."""

import click

from cluster.backtests.store import Backtest, list_backtests
from cluster.cli.output import json_option, print_json, print_table
from cluster.laptop.identity import running_settings
from cluster.requests.universe import called
from cluster.stores.postgres import connect
from jobs.backtest.cli.show import document

_HEADER = ("id", "state", "strategy", "universe", "mode", "return", "Sharpe", "drawdown")


@click.command(name="list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True,
              help="Show this many at most.")  # fmt: skip
@json_option
def list_(*, limit: int, as_json: bool) -> None:
    """List runs, newest first."""
    with connect(running_settings(), "jobs") as connection:
        rows = list_backtests(connection, limit=limit)
    if as_json:
        print_json([document(row) for row in rows])
    else:
        print_table(_HEADER, [_cells(row) for row in rows])


def _cells(row: Backtest) -> tuple[object, ...]:
    metrics = row.metrics or {}
    asked = row.request
    figures = (metrics.get(name) for name in ("total_return", "sharpe", "max_drawdown"))
    universe = called(asked["universe"], asked.get("members", ()))
    return (row.id, row.state, asked["strategy"], universe, asked["mode"], *figures)

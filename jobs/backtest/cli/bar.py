"""The progress of a backtest in a terminal: a bar of its shards."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from jobs.backtest.plan import BacktestPlan


@contextmanager
def shards_bar(plan: BacktestPlan) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, to be told how many shards are done."""
    label = f"{plan.chosen.name} on {plan.request.universe_name}"
    with click.progressbar(length=len(plan.blocks()), label=label, file=sys.stderr) as bar:
        # A further attempt counts from its start again; the bar does not go back.
        yield lambda done: bar.update(max(0, done - bar.pos))

"""The progress of a backtest in a terminal: a bar of its shards, and what it is at."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click

from jobs.backtest.plan import BacktestPlan


class Move(Protocol):
    """Shards that are done, and what the run is at."""

    def __call__(self, done: int, doing: str = "", /) -> None: ...


@contextmanager
def shards_bar(plan: BacktestPlan) -> Iterator[Move]:
    """A bar on standard error, to be told how many shards are done and in words what it is at."""
    label = f"{plan.chosen.name} on {plan.request.universe_name}"
    with click.progressbar(length=len(plan.blocks()), label=label, file=sys.stderr) as bar:

        def move(done: int, doing: str = "") -> None:
            bar.label = f"{label}: {doing}" if doing else label
            # A further attempt counts from its start again; the bar does not go back.
            bar.update(max(0, done - bar.pos))
            # An update of nothing shows nothing, and the label may be another.
            bar.render_progress()

        yield move

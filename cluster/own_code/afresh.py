"""Runs of a user's function in a fresh process: what it remembers of other calls is not there."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial

import pandas as pd

from market.errors import DataNotFit
from market.leaks import Output, evaluate

Make = Callable[[], Callable[..., object]]
"""Finds the function in whatever process it is called."""
Run = Callable[[Sequence[pd.DataFrame]], list[Output | None]]
"""The outputs of the function on each of these bars in turn, None where it fails."""


@contextmanager
def fresh_process(make: Make) -> Iterator[Run]:
    """A process in which the function that `make` finds can be run, for the block.

    It loads our own code beside what the block does, and the function's when it is first run. A run
    raises DataNotFit if the process dies.
    """
    # Not forked: that would copy what the function remembers.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(_load, make)
        yield partial(_run, pool, make)


def _run(
    pool: ProcessPoolExecutor, make: Make, frames: Sequence[pd.DataFrame]
) -> list[Output | None]:
    try:
        return pool.submit(_outputs, make, list(frames)).result()
    except BrokenProcessPool as exc:
        raise DataNotFit("a fresh process that ran it died") from exc


def _load(_make: Make) -> None:
    """Nothing: to be handed these arguments is to import what they stand in."""


def _outputs(make: Make, frames: list[pd.DataFrame]) -> list[Output | None]:
    function = make()
    outputs: list[Output | None] = []
    for bars in frames:
        try:
            outputs.append(evaluate(function, bars))
        except DataNotFit:
            outputs.append(None)
    return outputs

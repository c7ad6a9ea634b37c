"""Runs of a user's function in a fresh process: what it remembers of other calls is not there."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pandas as pd

from market.errors import DataNotFit
from market.leaks import Output, evaluate

Make = Callable[[], Callable[..., object]]
"""Finds the function in whatever process it is called."""


def run_afresh(make: Make, frames: Sequence[pd.DataFrame]) -> list[Output | None]:
    """The outputs of the function on each of these bars in turn, None where it fails.

    Raises DataNotFit if the process dies.
    """
    # Not forked: that would copy what the function remembers.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(_outputs, make, list(frames)).result()
        except BrokenProcessPool as exc:
            raise DataNotFit("a fresh process that ran it died") from exc


def _outputs(make: Make, frames: list[pd.DataFrame]) -> list[Output | None]:
    function = make()
    outputs: list[Output | None] = []
    for bars in frames:
        try:
            outputs.append(evaluate(function, bars))
        except DataNotFit:
            outputs.append(None)
    return outputs

"""The leak check of code of one's own, in the time that it may take."""

import time
from collections.abc import Collection, Mapping

import pandas as pd

from cluster.own_code.afresh import Make, fresh_process
from market import leaks
from market.leaks import LeakReport, checked_bars, evaluate
from market.leaks.outputs import Function

_FEWEST_CUTS = 120


def checked(
    find: Make,
    bars: pd.DataFrame,
    *,
    budget_s: float,
    profits: Collection[str] = (),
    features: Collection[str] = (),
) -> LeakReport:
    """The report on the function that `find` gives, here and in a fresh process.

    `budget_s` is for cutting the bars: a cheap function gets a cut at every row. Raises DataNotFit
    and BadParameter.
    """
    function = find()
    with fresh_process(find) as afresh:
        return leaks.check(
            function,
            bars,
            profits=profits,
            features=features,
            most_cuts=_affordable(function, bars, budget_s),
            afresh=afresh,
        )


def strategy_function(
    name: str, parameters: Mapping[str, float], *, source: str | None = None
) -> Function:
    """What the strategy of that name wants at each bar. Raises as `strategies.make`."""
    # numba, half a second that a function of bars does without.
    from cluster.own_code.strategies import make  # noqa: PLC0415

    return leaks.of_strategy(make(name, parameters, source=source))


def _affordable(function: Function, bars: pd.DataFrame, budget_s: float) -> int:
    """How many cuts the budget buys, by the second of two calls: the first may compile or load."""
    bars = checked_bars(bars)
    evaluate(function, bars)
    start = time.perf_counter()
    evaluate(function, bars)
    took = max(time.perf_counter() - start, 1e-4)
    return max(int(budget_s / took), _FEWEST_CUTS)

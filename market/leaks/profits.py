"""The check of columns that say what a strategy made: on martingale markets they must earn nothing.

A strategy that is filled at the close on which it decides, and books that session's return, reads
no later row: only what it earns gives it away.
"""

import re
from collections.abc import Collection, Iterator
from functools import partial

import numpy as np
import pandas as pd

from market.arrays import Floats
from market.errors import DataNotFit
from market.leaks.martingale import sharpe_on_martingales
from market.leaks.outputs import Function, evaluate
from market.leaks.report import Finding

_WORDS = frozenset({"equity", "pnl", "profit", "profits"})
_MARKETS, _ROWS = 20, 400
_MOST_Z = 5.0  # an honest strategy is above it once in three million checks


def named_profits(columns: Collection[str], function: str) -> set[str]:
    """The columns that call themselves profits, or the only one of a function that does."""
    whole = len(columns) == 1 and _is_profit(function)
    return {name for name in columns if whole or _is_profit(name)}


def _is_profit(name: str) -> bool:
    name = name.lower()
    return "strategy_return" in name or not _WORDS.isdisjoint(re.split(r"[^a-z]+", name))


def profit_findings(function: Function, names: Collection[str], *, seed: int) -> Iterator[Finding]:
    """A finding for each of the columns that earns on martingale markets at zero cost."""
    for name in names:
        gains = partial(_gains, function, name)
        try:
            result = sharpe_on_martingales(gains, markets=_MARKETS, rows=_ROWS, seed=seed)
        except DataNotFit:
            continue  # fails on these bars; the other probes had their say
        if result.z > _MOST_Z:
            probe = (
                f"earns a Sharpe ratio of {result.mean_sharpe:.2f} per session on {_MARKETS} "
                "martingale markets: it is filled at a price that it decided on"
            )
            yield Finding(name, probe, None, None, result.z)


def _gains(function: Function, name: str, bars: pd.DataFrame) -> Floats:
    output = evaluate(function, bars)
    values = output.ordered((name,))[:, 0]
    if "equity" not in f"{name} {getattr(function, '__name__', '')}".lower():
        return values
    with np.errstate(invalid="ignore", divide="ignore"):
        returns: Floats = values[1:] / values[:-1] - 1.0
    return returns

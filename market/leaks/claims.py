"""Which columns look like what a strategy made: by their name, or by how they move."""

import re

import numpy as np

from market.arrays import Floats
from market.leaks.subject import Subject

_PROFITS = frozenset(
    {"backtest", "equity", "fill", "fills", "nav", "pnl", "profit", "profits", "strategy", "trade"}
    | {"traded", "trades", "wealth"}
)
_MEASURES = frozenset(
    {"abs", "absolute", "average", "beta", "deviation", "drawdown", "factor", "gain", "gains"}
    | {"gross", "loss", "losses", "max", "mean", "peak", "range", "ratio", "risk", "rolling"}
    | {"sharpe", "size", "std", "var", "variance", "vol", "volatility", "volume", "z"}
)
"""Words that make a measure of what a profit would be: equity_volatility, profit_factor."""
_MOST_STEP = 0.5  # wealth never moves by more in a bar
_FEWEST = 30


def is_called_profit(subject: Subject, at: int) -> bool:
    """Whether the column's name, or that of the function for its only column, means a profit."""
    names = [subject.names[at]]
    if len(subject.names) == 1:
        names.append(getattr(subject.function, "__name__", ""))
    return any(_means_profit(name) for name in names)


def _means_profit(name: str) -> bool:
    words = set(re.split(r"[^a-z]+", name.lower()))
    return not words.isdisjoint(_PROFITS) and words.isdisjoint(_MEASURES)


def is_wealth(values: Floats) -> bool:
    """Whether it is positive and moves in small steps, as what compounds from a first stake does."""
    known = values[np.isfinite(values)]
    if len(known) < _FEWEST or known.min() <= 0:
        return False
    return bool(np.abs(known[1:] / known[:-1] - 1.0).max() <= _MOST_STEP)

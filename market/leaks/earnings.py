"""What a column earns on martingale markets, where nothing can be earned."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from market.arrays import Floats
from market.leaks.martingale import MartingaleResult, sharpes_on_martingales
from market.leaks.outputs import evaluate
from market.leaks.subject import Subject

_MARKETS, _ROWS = 20, 400
MOST_Z = 5.0
"""An honest strategy is beyond it, either way, once in two million checks."""


def earnings(subject: Subject, places: Sequence[int]) -> list[MartingaleResult]:
    """The Sharpe ratios of the columns at ``places``. Raises DataNotFit if the function fails."""
    names = tuple(subject.names[at] for at in places)

    def gains(bars: pd.DataFrame) -> list[Floats]:
        return list(map(returns_of, evaluate(subject.function, bars).ordered(names).T))

    return sharpes_on_martingales(gains, markets=_MARKETS, rows=_ROWS, seed=subject.seed)


def in_words(result: MartingaleResult) -> str:
    """What it earned, for a report."""
    ratio = f"a Sharpe ratio of {result.mean_sharpe:.2f} per session"
    return f"{ratio} on {result.markets} martingale markets"


def returns_of(values: Floats) -> Floats:
    """The returns of a column (n,) that is either returns or what they add up or compound to."""
    steps = np.diff(values)
    # Levels move by a small part of themselves; returns move by more than their own size.
    if not np.nansum(np.abs(steps)) < 0.5 * np.nansum(np.abs(values)):
        return values
    if np.nanmin(values) > 0:
        steps = steps / values[:-1]
    return steps

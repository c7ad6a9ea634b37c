"""A strategy as a function of bars, so that the leak check can look for look-ahead in it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from market.arrays import Floats
from market.calendar import get_calendar
from market.leaks.outputs import Function
from market.leaks.samples import COLUMNS

if TYPE_CHECKING:
    from market.strategies.core.base import Strategy

_FIELDS = COLUMNS[1:]
_INSTRUMENTS = 6  # of the portfolio: three pairs
_STEP = 0.01  # by how much the logarithms of the made ones part from the first, a session


def of_strategy(strategy: "Strategy") -> Function:
    """What it wants to hold at each bar, of one instrument or, by its scope, of six.

    The other five are made of the bars themselves, row by row, so that a world that differs in its
    future only gives instruments that differ in their future only.
    """
    wanted = _weights if strategy.scope() == "portfolio" else _targets
    # The check reads the source of what it is given for dates and tickers.
    rule: Callable[..., Any] = getattr(type(strategy), strategy.shape())

    def function(bars: pd.DataFrame) -> pd.DataFrame:
        fields = {name: bars[name].to_numpy(dtype=np.float64) for name in _FIELDS if name in bars}
        return pd.DataFrame(wanted(strategy, bars, fields), index=bars.index).add_prefix("wanted_")

    function.__wrapped__ = rule  # type: ignore[attr-defined]  # as functools.wraps sets it
    return function


def _targets(strategy: "Strategy", bars: pd.DataFrame, fields: dict[str, Floats]) -> Floats:  # noqa: ARG001  # as _weights
    from market.backtest.signals import targets

    return targets(strategy, **{name: values[None] for name, values in fields.items()}).T


def _weights(strategy: "Strategy", bars: pd.DataFrame, fields: dict[str, Floats]) -> Floats:
    from market.strategies.core.evaluation import weight_path

    walk = np.random.default_rng(7).normal(0, _STEP, (len(bars), _INSTRUMENTS)).cumsum(axis=0)
    walk[:, 0] = 0.0
    panels = {
        name: values[:, None] * (np.ones_like(walk) if name == "volume" else np.exp(walk))
        for name, values in fields.items()
    }
    session = bars["session"].to_numpy().astype("datetime64[D]")
    return weight_path(strategy, session=session, calendar=get_calendar("24/7"), **panels)

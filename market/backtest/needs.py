"""Whether data hold what a strategy reads: by kind before anything runs, by bar in the engine."""

import numpy as np

from market.backtest.panel import Panel
from market.errors import DataNotFit
from market.indicators.core.indicator import FIELDS
from market.instruments import Fields
from market.strategies.core.base import Strategy
from market.strategies.core.inputs import Input

_HELD: dict[Fields, tuple[str, ...]] = {"ohlcv": FIELDS, "close": ("close",)}


def require_inputs(strategy: Strategy, *, fields: Fields, adjusted: bool) -> None:
    """Raise `DataNotFit`, with the remedy, if data of this kind cannot carry the strategy's inputs.

    An input needs its fields; on adjusted prices it must be homogeneous in price, since their level
    depends on what came later.
    """
    for read in strategy.reads():
        if not set(read.fields) <= set(_HELD[fields]):
            raise _lacking(strategy, read, "the data has closes only")
        if adjusted and read.degree is None:
            raise DataNotFit(
                f"{_needs(strategy, read)} in raw prices, since it is not homogeneous in price, and "
                "the data is adjusted; remedy: a universe of raw prices"
            )


def require_panel(strategy: Strategy, panel: Panel, *, adjusted: bool) -> None:
    """Raise `DataNotFit` if an instrument with closes holds no value at all of what is read."""
    require_inputs(strategy, fields="ohlcv", adjusted=adjusted)
    held = panel.held
    for read in strategy.reads():
        for name in read.fields:
            # An instrument without any close trades nothing, and needs nothing.
            rows = np.flatnonzero(held["close"] & ~held[name])
            if rows.size:
                raise _lacking(strategy, read, f"{panel.instrument_ids[rows[0]]} has no {name}")


def _lacking(strategy: Strategy, read: Input, why: str) -> DataNotFit:
    remedy = "a universe whose bars have them"
    if strategy.on_closes:
        remedy += f", or strategy {strategy.on_closes} on closes alone"
    return DataNotFit(f"{_needs(strategy, read)}, and {why}; remedy: {remedy}")


def _needs(strategy: Strategy, read: Input) -> str:
    return f"strategy {strategy.name!r}: input {read.name!r} needs {', '.join(read.fields)}"

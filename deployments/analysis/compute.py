"""The numbers of the analysis routes, from a history. Pure: bars in, plain values out."""

from datetime import datetime
from typing import Any

import numpy as np

from cluster.stores.lake.known_prices import History
from deployments.analysis.queries import IndicatorsQuery, StatisticsQuery
from market.actions import Adjustment
from market.arrays import Floats, from_day, from_stamp, to_stamp
from market.bars import Bars
from market.calendar import get_calendar
from market.errors import DataNotFit
from market.indicators import Indicator
from market.statistics import METHODS, max_drawdown, summary


def indicators(history: History, query: IndicatorsQuery) -> dict[str, Any]:
    """Rows of the span with each indicator's values; computed from the first bar, then cut.

    Prices are adjusted for splits; what counts shares is computed from the bars as recorded.
    Raises DataNotFit where an indicator reads fields that the instrument's bars do not have.
    """
    for indicator in query.names:
        _check_fields(history, indicator)
    prices = history.adjusted("split")
    rows = _rows(prices, query.start, query.end)
    rows = slice(max(rows.start, rows.stop - query.limit), rows.stop)
    columns = {
        name: values[rows].tolist()
        for indicator in query.names
        for name, values in _columns(
            indicator.name,
            indicator.columns,
            indicator.batch(history.bars if None in indicator.degrees else prices),
        )
    }
    bars = prices.take(rows)
    return {
        **_about(history, "split"),
        "timeframe": query.timeframe,
        "indicators": list(columns),
        "rows": [
            {
                "timestamp": from_stamp(stamp),
                "close": close,
                "values": {name: column[place] for name, column in columns.items()},
            }
            for place, (stamp, close) in enumerate(
                zip(bars.timestamp, bars.close.tolist(), strict=True)
            )
        ],
    }


def statistics(history: History, query: StatisticsQuery) -> dict[str, Any]:
    """Statistics of the daily total returns between the closes of the span, each with its definition."""
    prices = history.adjusted("all")
    bars = prices.take(_rows(prices, query.start, query.end))
    if len(bars) < 2:
        raise DataNotFit(
            f"{history.instrument.symbol} has {len(bars)} bars in the span: 2 are needed"
        )
    calendar = get_calendar(history.instrument.calendar)
    returns = bars.close[1:] / bars.close[:-1] - 1.0
    drawdown = max_drawdown(returns)
    return {
        **_about(history, "all"),
        "first_session": from_day(bars.session[0]),
        "last_session": from_day(bars.session[-1]),
        "sessions_per_year": calendar.sessions_per_year,
        "statistics": summary(returns, sessions_per_year=calendar.sessions_per_year),
        "drawdown": {
            "depth": drawdown.depth,
            "peak_session": from_day(bars.session[drawdown.peak]),
            "trough_session": from_day(bars.session[drawdown.trough]),
        },
        "methods": METHODS,
    }


def _about(history: History, adjustment: Adjustment) -> dict[str, Any]:
    """What kind of record the numbers come from, and what it was adjusted for."""
    instrument = history.instrument
    return {
        "symbol": instrument.symbol,
        "instrument_id": instrument.instrument_id,
        "currency": instrument.currency,
        "adjusted": instrument.adjusted,
        "adjustment": "all" if instrument.adjusted else adjustment,
        "synthetic": instrument.synthetic,
        "snapshot": history.snapshot,
    }


def _check_fields(history: History, indicator: Indicator) -> None:
    missing = indicator.missing(history.bars)
    if missing:
        raise DataNotFit(
            f"{indicator.name} needs {', '.join(indicator.inputs)}: {history.instrument.symbol} has "
            f"no {', '.join(missing)}; remedy: indicators of the close alone"
        )


def _rows(bars: Bars, start: datetime | None, end: datetime | None) -> slice:
    first = np.searchsorted(bars.timestamp, to_stamp(start)) if start else 0
    last = np.searchsorted(bars.timestamp, to_stamp(end)) if end else len(bars)
    return slice(int(first), int(last))


def _columns(name: str, columns: tuple[str, ...], values: Floats) -> list[tuple[str, Floats]]:
    """`sma:20` where an indicator has one value, `macd:…/signal` where it has several."""
    if values.ndim == 1:
        return [(name, values)]
    return [(f"{name}/{column}", values[:, place]) for place, column in enumerate(columns)]

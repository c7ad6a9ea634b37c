"""Which bars of a delivery can be trusted; the others are kept with the reason they were refused."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from market.arrays import Floats
from market.bars import PRICES
from market.calendar import Calendar

Mask = NDArray[np.bool_]


def validate(table: pa.Table, *, calendar: Calendar | None = None) -> tuple[pa.Table, pa.Table]:
    """Good bars of a BAR_SCHEMA table, and refused ones with a column ``reason``.

    Missing opens, highs, lows and volumes are no fault: close-only data has none. Of two bars with
    one stamp the first stands; a bar stamped before an earlier row of its instrument is refused.
    With a calendar a bar must lie in its session. Several reasons are joined by "; ".
    """
    prices = {name: _numbers(table, name) for name in PRICES}
    faults = {
        **_price_faults(prices),
        "negative or infinite volume": _outside(_numbers(table, "volume"), lowest=0.0),
        "ends before it opens": _stamps(table, "available_at") < _stamps(table, "timestamp"),
    }
    if calendar is not None:
        faults["outside its session"] = _off_session(table, calendar)
    # Last, and among the good ones only: one bad stamp must not refuse every bar after it.
    faults.update(_order_faults(table, good=~np.logical_or.reduce(list(faults.values()))))
    refused = np.logical_or.reduce(list(faults.values()))
    reasons = _reasons(faults, np.flatnonzero(refused))
    rejected = table.filter(pa.array(refused)).append_column(
        "reason", pa.array(reasons, pa.string())
    )
    return table.filter(pa.array(~refused)), rejected


def _price_faults(prices: dict[str, Floats]) -> dict[str, Mask]:
    stacked = np.stack(list(prices.values()))
    opening, high, low, close = stacked
    # Comparisons with NaN are false: what is missing breaks no rule.
    return {
        "no close": np.isnan(close),
        "price not above zero": (stacked <= 0.0).any(axis=0),
        "infinite price": np.isinf(stacked).any(axis=0),
        "high below open, low or close": (high < opening) | (high < low) | (high < close),
        "low above open or close": (low > opening) | (low > close),
    }


def _outside(values: Floats, *, lowest: float) -> Mask:
    return (values < lowest) | np.isinf(values)


def _off_session(table: pa.Table, calendar: Calendar) -> Mask:
    days = table.column("session").to_numpy().astype("datetime64[D]")
    stamps = _stamps(table, "timestamp")
    place = np.minimum(np.searchsorted(calendar.days, days), len(calendar.days) - 1)
    unknown = calendar.days[place] != days
    off: Mask = unknown | (stamps < calendar.opens[place]) | (stamps >= calendar.closes[place])
    return off


def _order_faults(table: pa.Table, *, good: Mask) -> dict[str, Mask]:
    """Good bars that repeat a stamp of their instrument, or stand after a later one."""
    faults = {name: np.zeros(len(good), dtype=bool) for name in ("duplicate stamp", "out of order")}
    codes = table.column("instrument_id").combine_chunks().dictionary_encode().indices.to_numpy()
    stamps = _stamps(table, "timestamp")
    rows = np.flatnonzero(good)
    by_instrument = rows[np.argsort(codes[rows], kind="stable")]
    edges = np.flatnonzero(np.diff(codes[by_instrument])) + 1
    for group in np.split(by_instrument, edges):
        own = stamps[group]
        repeated = np.ones(len(own), dtype=bool)
        repeated[np.unique(own, return_index=True)[1]] = False
        faults["duplicate stamp"][group] = repeated
        faults["out of order"][group] = ~repeated & (own < np.maximum.accumulate(own))
    return faults


def _reasons(faults: dict[str, Mask], rows: NDArray[np.intp]) -> list[str]:
    return ["; ".join(name for name, mask in faults.items() if mask[row]) for row in rows]


def _numbers(table: pa.Table, name: str) -> Floats:
    values: Floats = table.column(name).to_numpy().astype(np.float64)
    return values


def _stamps(table: pa.Table, name: str) -> NDArray[np.datetime64]:
    stamps: NDArray[np.datetime64] = table.column(name).to_numpy().astype("datetime64[us]")
    return stamps

"""The bars that a function is checked on where the user brings none, and the form that bars must have."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from market.errors import BadParameter, DataNotFit
from market.synthetic import SyntheticMarket

COLUMNS = ("session", "open", "high", "low", "close", "volume")
FEWEST, MOST = 60, 5_000
"""Fewer bars leave nothing to replace after the first 50; the synthetic market has no more."""


def synthetic_bars(*, rows: int = 750, seed: int = 7) -> pd.DataFrame:
    """Daily bars of one instrument of the synthetic market, a row a session, from its first day."""
    if not FEWEST <= rows <= MOST:
        raise BadParameter(f"rows={rows}: expected {FEWEST} to {MOST}", parameter="rows")
    market = SyntheticMarket(seed=seed, instruments=2)
    last = market.epoch + timedelta(days=rows - 1)
    bars = market.daily(market.symbols[1], market.epoch, last)
    return pd.DataFrame({name: getattr(bars, name) for name in COLUMNS})


def checked_bars(bars: pd.DataFrame) -> pd.DataFrame:
    """The bars with row numbers as index, sessions as dates and all numbers as float64.

    Raises DataNotFit unless they have a session and a close, in time order, in 60 rows or more.
    """
    missing = [name for name in ("session", "close") if name not in bars.columns]
    if missing:
        raise DataNotFit(f"bars have no column {', '.join(missing)}: expected {', '.join(COLUMNS)}")
    if "instrument_id" in bars.columns and len(set(bars["instrument_id"])) > 1:
        raise DataNotFit("bars are of several instruments: a check takes one")
    if len(bars) < FEWEST:
        raise DataNotFit(f"{len(bars)} bars: a check needs {FEWEST} or more")
    bars = bars.reset_index(drop=True)
    try:
        bars["session"] = _sessions(bars["session"])
        for name in COLUMNS[1:]:
            if name in bars.columns:
                bars[name] = bars[name].astype(np.float64)
    except (TypeError, ValueError) as exc:
        raise DataNotFit(f"bars hold what is no date or number: {exc}") from exc
    if bars["close"].isna().all():
        raise DataNotFit("bars have no close with a value")
    if not bars["session"].is_monotonic_increasing:
        raise DataNotFit("bars are not in order of session")
    return bars


def _sessions(given: "pd.Series[Any]") -> "pd.Series[pd.Timestamp]":
    """Sessions as stamps; whole numbers are dates such as 20240131, and nothing else."""
    if pd.api.types.is_numeric_dtype(given):
        try:
            return pd.to_datetime(given.astype(int).astype(str), format="%Y%m%d").dt.as_unit("us")
        except (TypeError, ValueError) as exc:
            raise DataNotFit(
                f"session {given.iloc[0]} is no date: expected 2024-01-31 or 20240131"
            ) from exc
    return pd.to_datetime(given).dt.as_unit("us")

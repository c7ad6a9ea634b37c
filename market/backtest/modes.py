"""How orders are filled, and which data can carry which way."""

from typing import Literal

import numpy as np

from market.arrays import Floats
from market.backtest.panel import Panel
from market.errors import DataNotFit
from market.instruments import Fields

Mode = Literal["next-open", "total-return"]

MODES: dict[Mode, str] = {
    "next-open": "decided at the close of bar t, filled at the open of bar t+1",
    "total-return": (
        "decided at the close of bar t, filled at the close of bar t+1, on adjusted closes: "
        "opens, stops inside the bar, fees per share and round lots cannot be known"
    ),
}


def choose_mode(fields: Fields, *, adjusted: bool) -> Mode:
    """The mode that data of this kind can carry. Raises `DataNotFit` where none can."""
    if fields == "ohlcv" and not adjusted:
        return "next-open"
    if adjusted:
        return "total-return"
    raise DataNotFit("raw closes without opens fit no mode: dividends and splits are not in them")


def implied_mode(panel: Panel) -> Mode:
    """The mode that prices are for: closes alone of anybody, or adjusted ones, have no next open."""
    return "next-open" if has_opens(panel) and not panel.adjusted else "total-return"


def has_opens(panel: Panel) -> bool:
    """Whether there are opens and highs of everybody who has bars at all."""
    held = panel.held
    return bool((~held["close"] | (held["open"] & held["high"])).all())


def require_mode(mode: Mode, *, fields: Fields, adjusted: bool) -> None:
    """Raise `DataNotFit`, with the remedy, if data of this kind cannot carry `mode`."""
    if mode == "next-open" and (fields == "close" or adjusted):
        what = "adjusted closes only" if adjusted else "closes only"
        raise DataNotFit(
            f"mode next-open needs raw open, high and low, and the data has {what}; "
            "remedy: mode total-return"
        )
    if mode == "total-return" and not adjusted:
        raise DataNotFit(
            "mode total-return needs closes adjusted for dividends and splits, and the data is "
            "raw; remedy: mode next-open"
        )


def require_prices(panel: Panel, mode: Mode) -> None:
    """Raise `DataNotFit`, with the remedy, for bars of a panel that are not what the mode fills at."""
    remedy = (
        "mode next-open, which books them"
        if implied_mode(panel) == "next-open"
        else "adjust them first (market.actions.adjust), or leave the actions out if the closes are "
        "adjusted already"
    )
    for row, name in enumerate(panel.instrument_ids):
        if mode == "next-open" and name in panel.adjusted:
            raise DataNotFit(
                f"mode next-open fills at raw prices, and the bars of {name} are adjusted; "
                "remedy: mode total-return"
            )
        if mode == "total-return" and panel.adjusting(row):
            raise DataNotFit(
                f"mode total-return fills at adjusted closes, and the bars of {name} are raw and had "
                f"splits or payments; remedy: {remedy}"
            )


def fill_prices(panel: Panel, mode: Mode) -> Floats:
    """Prices at which orders decided one bar earlier are filled, shape (m, n), NaN without a bar.

    Raises `DataNotFit` if a bar lacks what the mode needs.
    """
    if mode == "total-return":
        return panel.close
    lacking = np.isnan(panel.open) | np.isnan(panel.high) | np.isnan(panel.low)
    rows, columns = np.nonzero(lacking & ~np.isnan(panel.close))
    if rows.size:
        raise DataNotFit(
            f"mode next-open needs open, high and low: {rows.size} bars lack them, the first is "
            f"{panel.instrument_ids[rows[0]]} on {panel.session[columns[0]]}; "
            "remedy: mode total-return, if the closes are adjusted"
        )
    return panel.open

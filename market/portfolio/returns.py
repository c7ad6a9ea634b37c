"""What a portfolio returned: time-weighted, and weighted by the money that was in it."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from market import named
from market.arrays import Days, Floats, floats, to_days
from market.errors import DataNotFit
from market.moments import growth

if TYPE_CHECKING:
    import pandas as pd

_LOG_RATES = np.geomspace(1e-4, 2e4, 400)  # from a ten-thousandth a year to any fall in a day
_HALVINGS = 100  # more than a float has digits


def period_returns(equity: ArrayLike, transfers: ArrayLike) -> "Floats | pd.Series[float]":
    """Returns (n-1,) between valuations: (equity[t] - transfers[t]) / equity[t-1] - 1.

    `equity` (n,) is after the transfers of its date, which arrive at its close and so earn nothing
    on it; `transfers[0]` is part of the start and not read. Of two Series the transfers are those of
    their dates, 0 on all others. Raises `DataNotFit` where equity is not above 0 before a return, and
    for a transfer on a date that has no equity.
    """
    dates = named.rows_of(equity)
    value, moved = (
        floats(side, of="equity and transfers") for side in (equity, _on(dates, transfers))
    )
    if value.ndim != 1 or value.shape != moved.shape:
        raise DataNotFit(f"equity {value.shape} and transfers {moved.shape}: expected (n,) each")
    if not (np.isfinite(value).all() and np.isfinite(moved).all() and (value[:-1] > 0.0).all()):
        raise DataNotFit("returns need finite values, and equity above 0 before each")
    made = (value[1:] - moved[1:]) / value[:-1] - 1.0
    return named.series(made, None if dates is None else dates[1:], name="return")


def _on(dates: named.Labels, transfers: Any) -> ArrayLike:
    """Transfers at each of the dates, where both have dates."""
    own = named.rows_of(transfers)
    if dates is None or own is None:
        given: ArrayLike = transfers
        return given
    if not (own.is_unique and dates.is_unique):
        raise DataNotFit("a date comes twice in the index: expected one row a date")
    if len(others := own.difference(dates)):
        raise DataNotFit(f"there is a transfer on {others[0]}, which has no equity: value it then")
    moved: ArrayLike = transfers.reindex(dates, fill_value=0.0)
    return moved


def time_weighted_return(equity: ArrayLike, transfers: ArrayLike) -> float:
    """The product of the `period_returns`, less 1: what the manager did, whatever came and went."""
    return growth(floats(period_returns(equity, transfers), of="returns")) - 1.0


def money_weighted_return(days: object, transfers: ArrayLike, *, final_equity: float) -> float:
    """The annual internal rate of return of money put in (above 0) and taken out; 365-day years.

    `days` (n,) are dates as `to_days` takes them, `transfers` (n,) those of each, of a Series with
    dates by these. `final_equity` is worth taking out on the last of the days, after its transfer. NaN where no
    rate solves it; where money went both ways several may, and this is the one nearest to 0.
    Infinite beyond the range of a float. Raises `DataNotFit` unless days and finite transfers pair
    up in rising order.
    """
    on = to_days(days, name="days")
    moved = _of_days(on, transfers)
    if on.shape != moved.shape or (np.diff(on) <= np.timedelta64(0, "D")).any():
        raise DataNotFit("expected one transfer a day, in rising order")
    if not (np.isfinite(moved).all() and math.isfinite(final_equity)):
        raise DataNotFit("transfers and the final equity must be finite")
    flows = -moved
    # Slices: of no days at all there is no last one.
    flows[-1:] += final_equity
    years = (on[-1:] - on).astype(np.float64) / 365
    # A flow of nothing is none: it must not set the scale below.
    some, flows = years[flows != 0.0], flows[flows != 0.0]

    def worth(log_rate: float) -> float:
        """Of all flows at the end, up to a factor above 0 that keeps any rate within a float."""
        grown = log_rate * some
        return float(flows @ np.exp(grown - grown.max()))

    log_rate = _root(worth) if len(flows) else math.nan
    with np.errstate(over="ignore"):
        return float(np.expm1(log_rate))


def _of_days(days: Days, transfers: Any) -> Floats:
    """Transfers (n,) of the days (n,); a Series with dates goes by them."""
    moved, own = floats(transfers, of="transfers"), named.rows_of(transfers)
    if own is None or own.dtype.kind != "M":
        return moved
    dates = to_days(own, name="dates of transfers")
    order = np.argsort(dates)
    if not np.array_equal(dates[order], days):
        raise DataNotFit("the dates of the transfers are not the days: give the same of each")
    return moved[order]


def _root(worth: Callable[[float], float]) -> float:
    """Where `worth` changes its sign, as near to 0 as it does; NaN where it never does.

    Only signs are compared, so that neither large nor small amounts of money cost digits.
    """
    grid = np.concatenate([-_LOG_RATES[::-1], [0.0], _LOG_RATES])
    gains = np.array([worth(rate) > 0.0 for rate in grid])
    at = np.flatnonzero(gains[1:] != gains[:-1])
    if not len(at):
        return math.nan
    first = int(at[np.argmin(np.abs(grid[at] + grid[at + 1]))])
    low, high = float(grid[first]), float(grid[first + 1])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if (worth(middle) > 0.0) == bool(gains[first]):
            low = middle
        else:
            high = middle
    return low

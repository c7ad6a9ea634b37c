"""What is predicted: measures of the sessions after a row, each with the row at which it is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market import windows
from market.arrays import Floats
from market.errors import BadParameter, DataNotFit
from market.features import FIVE_YEARS, MONTH
from market.features.operations import trailing_median_volatility


@dataclass(frozen=True, eq=False)
class Labels:
    """``value`` (n,), NaN where unknown, and ``end`` (n,), the row whose close settles each one.

    Row t's label reads closes t to ``end[t]``; where that lies beyond the data, ``end`` is n.
    """

    value: Floats
    end: NDArray[np.int64]


def realised_volatility(close: Floats, *, horizon: int) -> Labels:
    """Root mean square of the next ``horizon`` one-session log returns, per session."""
    changes = windows.log_returns(_checked(close, horizon), 1, 0)
    return _ahead(windows.realised_volatility(changes, horizon, 0), horizon)


def forward_return(close: Floats, *, horizon: int) -> Labels:
    """log(close[t + horizon] / close[t])."""
    return _ahead(windows.log_returns(_checked(close, horizon), horizon, 0), horizon)


def forward_sign(close: Floats, *, horizon: int) -> Labels:
    """1.0 where the close is higher after ``horizon`` sessions, -1.0 lower, 0.0 the same."""
    ahead = forward_return(close, horizon=horizon)
    return Labels(np.sign(ahead.value), ahead.end)


def volatility_regime(close: Floats, *, horizon: int = MONTH, history: int = FIVE_YEARS) -> Labels:
    """1.0 where the next ``horizon`` sessions are more volatile than the instrument's usual.

    Usual is the median of the trailing ``history`` values of ``horizon``-session realised
    volatility up to row t, so it is known at t. Persistence asks the same of the volatility up to
    row t: see ``market.models.baselines``.
    """
    ahead = realised_volatility(close, horizon=horizon)
    changes = windows.log_returns(_checked(close, horizon), 1, 0)
    usual = trailing_median_volatility(changes, horizon, history, 0)
    # Comparisons with NaN are false, which would be a calm label.
    known = np.isfinite(ahead.value) & np.isfinite(usual)
    return Labels(np.where(known, (ahead.value > usual).astype(np.float64), np.nan), ahead.end)


def _ahead(trailing: Floats, horizon: int) -> Labels:
    """Values that end at row t + horizon, moved to row t."""
    count = len(trailing)
    value = np.full(count, np.nan)
    # Beyond the data: a negative end would count from behind.
    value[: max(count - horizon, 0)] = trailing[horizon:]
    return Labels(value, np.minimum(np.arange(count, dtype=np.int64) + horizon, count))


def _checked(close: Floats, horizon: int) -> Floats:
    if horizon < 1:
        raise BadParameter(f"horizon={horizon}: expected 1 or more sessions", parameter="horizon")
    if np.ndim(close) != 1:
        raise DataNotFit(f"closes have shape {np.shape(close)}: expected one dimension")
    return np.ascontiguousarray(close, dtype=np.float64)

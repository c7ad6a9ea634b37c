"""Falls of equity from a peak: the deepest, and the table of all with dates and durations."""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Days, Floats, floats, from_day, to_days
from market.errors import DataNotFit
from market.moments import mean, present

_ROUNDING = 1e-12  # a fall below this share of the peak is rounding: thousands of steps give less


@dataclass(frozen=True, slots=True)
class Drawdown:
    """``depth`` <= 0; ``peak`` and ``trough`` count sessions from the start, which is 0.

    The peak is the last session that closed there, so ``returns[peak:trough]`` led down.
    """

    depth: float
    peak: int
    trough: int


@dataclass(frozen=True, slots=True)
class DatedDrawdown:
    """One fall from a peak until equity stands at that peak again.

    ``peak`` is the session that closed at the peak, None for the start, before the first session;
    ``trough`` the first session that closed lowest; ``recovery`` the first that closed at the peak
    or above (to 1e-12 of it), None while equity is still below. ``sessions_down`` counts from peak to trough,
    ``sessions_up`` from trough to recovery or to the last session, ``sessions`` is their sum.
    """

    depth: float
    peak: date | None
    trough: date
    recovery: date | None
    sessions_down: int
    sessions_up: int

    @property
    def sessions(self) -> int:
        """How many sessions equity stood below its peak, the recovering one included."""
        return self.sessions_down + self.sessions_up


def max_drawdown(returns: ArrayLike) -> Drawdown:
    """The deepest fall of equity from a peak, with where it began and ended.

    Its depth is NaN where equity is beyond the range of a float.
    """
    equity = _equity(returns)
    depth = _depth(equity)
    trough = int(np.argmin(depth))
    # Peaks are exactly 0 since ``_depth`` takes rounding off; the start is one, so there is one.
    peak = int(np.flatnonzero(depth[: trough + 1] == 0.0)[-1])
    return Drawdown(float(depth[trough]), peak, trough)


def ulcer_index(returns: ArrayLike) -> float:
    """Root mean square of the fall from the highest equity so far, over the sessions (Martin 1987).

    A fraction: 0.05 where Martin writes 5. NaN of no returns.
    """
    series = floats(returns, of="returns")
    depth = _depth(_equity(series))[1:][~np.isnan(series)]
    return math.sqrt(mean(depth**2)) if len(depth) else math.nan


def drawdowns(
    returns: ArrayLike, session: object, *, top: int | None = None
) -> list[DatedDrawdown]:
    """All falls, deepest first (the earlier of equals), at most ``top``.

    ``session`` (n,) holds the date of each return (n,), in order, as `to_days` takes dates. The first entry is the fall of
    ``max_drawdown``. Raises DataNotFit unless dates and returns pair up in rising order.
    """
    equity, days = _equity(returns), to_days(session)
    if len(days) != len(equity) - 1 or (np.diff(days) <= np.timedelta64(0, "D")).any():
        raise DataNotFit("expected one session a return, in rising order")
    depth = _depth(equity)
    # With an end on both sides: a fall that never recovered ends there as well.
    under = np.concatenate(([False], depth < 0.0, [False]))
    starts = np.flatnonzero(under[1:] & ~under[:-1])
    ends = np.flatnonzero(under[:-1] & ~under[1:])
    falls = [
        _dated(depth, days, int(start) - 1, int(end))
        for start, end in zip(starts, ends, strict=True)
    ]
    # Stable: of equally deep ones the earlier stays first.
    return sorted(falls, key=lambda drawdown: drawdown.depth)[:top]


def _dated(depth: Floats, session: Days, peak: int, end: int) -> DatedDrawdown:
    """The fall after equity point ``peak``; point ``end`` is the first that is under no more."""
    trough = peak + 1 + int(np.argmin(depth[peak + 1 : end]))
    recovered = end < len(depth)
    last = end if recovered else end - 1
    return DatedDrawdown(
        depth=float(depth[trough]),
        peak=from_day(session[peak - 1]) if peak else None,
        trough=from_day(session[trough - 1]),
        recovery=from_day(session[last - 1]) if recovered else None,
        sessions_down=trough - peak,
        sessions_up=last - trough,
    )


def _equity(returns: ArrayLike) -> Floats:
    """Equity (n+1,) from one at the start; a missing return leaves it where it was."""
    series = floats(returns, of="returns")
    present(series)  # for its checks
    with np.errstate(over="ignore", invalid="ignore"):
        return np.concatenate(([1.0], np.cumprod(1.0 + np.nan_to_num(series, nan=0.0))))


def _depth(equity: Floats) -> Floats:
    """The fall from the highest equity so far, 0 or below, shape of ``equity``; rounding is none."""
    with np.errstate(over="ignore", invalid="ignore"):
        depth = equity / np.maximum.accumulate(equity) - 1.0
    return np.where(depth > -_ROUNDING, 0.0, depth)

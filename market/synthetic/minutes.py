"""The minutes of one day: a path that the day's bar sums up exactly."""

from dataclasses import dataclass

import numpy as np

from market.arrays import Floats
from market.synthetic.daily import DailyPath, Whole
from market.synthetic.randomness import Stream, normal, student4, uniforms

MINUTES = 1440
_DRAWS = 4  # a minute: return, high, low, volume
_CENTRE = np.linspace(-1.0, 1.0, MINUTES)
_PROFILE = 0.6 + 1.2 * _CENTRE**2  # U-shaped variance and volume over the day
_SHARE = _PROFILE / _PROFILE.sum()


@dataclass(frozen=True, eq=False)
class MinutePath:
    """Prices in cents and volume in units, int64 (1440,)."""

    open: Whole
    high: Whole
    low: Whole
    close: Whole
    volume: Whole


def minute_path(seed: int, index: int, *, ordinal: int, daily: DailyPath) -> MinutePath:
    """The minutes of day ``ordinal`` of instrument ``index``.

    First open, highest high, lowest low, last close and summed volume are the daily bar's.
    """
    u = uniforms(seed, Stream.MINUTE, index, first=ordinal * MINUTES, rows=MINUTES, width=_DRAWS)
    step_u, high_u, low_u, volume_u = u.T
    opening, high, low, closing, volume = (
        int(column[ordinal])
        for column in (daily.open, daily.high, daily.low, daily.close, daily.volume)
    )
    scale = float(daily.sigma[ordinal]) * opening
    free = _bridge(opening, closing, scale * student4(step_u) * np.sqrt(_SHARE))
    points = np.rint(_within(free, low, high)).astype(np.int64)
    opens, closes = points[:-1], points[1:]
    reach = scale * np.sqrt(_SHARE)
    highs = _reach(np.maximum(opens, closes), reach * _excess(high_u), high)
    lows = -_reach(-np.minimum(opens, closes), reach * _excess(low_u), -low)
    return MinutePath(opens, highs, lows, closes, _split(volume, volume_u))


def _bridge(opening: int, closing: int, steps: Floats) -> Floats:
    """A walk of those steps, bent to end at ``closing``; shape (1441,), ends exact."""
    walk = np.concatenate(([0.0], np.cumsum(steps)))
    clock = np.concatenate(([0.0], np.cumsum(_SHARE)))
    path: Floats = opening + clock * (closing - opening) + (walk - clock * walk[-1])
    # The running sum of shares ends a rounding beside 1.
    path[0], path[-1] = opening, closing
    return path


def _within(path: Floats, low: int, high: int) -> Floats:
    """The path with what is above both ends stretched to ``high``, what is below to ``low``."""
    top, bottom = max(path[0], path[-1]), min(path[0], path[-1])
    above, below = path > top, path < bottom
    if above.any():
        path = np.where(above, top + (path - top) * (high - top) / (path.max() - top), path)
    if below.any():
        path = np.where(
            below, bottom - (bottom - path) * (bottom - low) / (bottom - path.min()), path
        )
    return path


def _reach(base: Whole, excess: Floats, limit: int) -> Whole:
    """Highs: above ``base`` by the excess, never above ``limit``, and ``limit`` at their highest."""
    highs = np.minimum(base + np.rint(excess).astype(np.int64), limit)
    highs[np.argmax(highs)] = limit
    return highs


def _excess(u: Floats) -> Floats:
    """How far a minute reaches beyond its open and close, in minutes' volatility: half-normal."""
    return 0.5 * np.abs(normal(u))


def _split(volume: int, u: Floats) -> Whole:
    """Whole units by minute that sum to ``volume``: differences of one rounded running sum."""
    running = np.cumsum(_SHARE * (0.25 - np.log(u)))
    # By its own last value: the last edge is exactly the volume, and nothing is lost.
    edges = np.floor(volume * (running / running[-1])).astype(np.int64)
    units: Whole = np.diff(edges, prepend=0)
    return units

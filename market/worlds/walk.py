"""The walk within sessions, minute by minute, and how far each minute reaches; compiled.

Given its open and close a session is a Brownian bridge in log price, and given their ends so is
each minute. The maximum of a bridge from 0 to m with variance v is (m + sqrt(m^2 - 2 v ln u)) / 2.
"""

import math

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats
from market.compiled import compiled

_BEYOND = 4.3
"""No minute reaches that many deviations beyond both its ends: sqrt(-ln(2^-53) / 2) is 4.286."""

WALK, UP, DOWN = 0, 1, 2
"""Places of a minute's draws; the fourth, volume, moves no price."""
# Columns of a session's ends.
_OPENING, _CLOSING, _SIGMA = 0, 1, 2


@compiled
def reach(move: float, variance: float, u: float) -> float:
    """How far above its start a bridge reaches."""
    return (move + math.sqrt(move * move - 2.0 * variance * math.log(u))) / 2.0


@compiled
def walk(shocks: Floats, shares: Floats, opening: float, closing: float, sigma: float) -> Floats:
    """Log prices at the ends of n minutes, shape (n + 1,), from ``opening`` to ``closing``.

    ``shocks`` (n,) are standard normal, ``shares`` (n,) the minutes' parts of the variance sigma^2.
    """
    count = len(shares)
    total = 0.0
    for step in range(count):
        total += math.sqrt(shares[step]) * shocks[step]
    points = np.empty(count + 1)
    points[0] = opening
    walked, clock = 0.0, 0.0
    for step in range(count - 1):
        walked += math.sqrt(shares[step]) * shocks[step]
        clock += shares[step]
        points[step + 1] = opening + clock * (closing - opening) + sigma * (walked - clock * total)
    # As given: its sum would end a rounding beside it, and minutes must make their day.
    points[count] = closing
    return points


@compiled
def minute_extremes(
    points: Floats, shares: Floats, sigma: float, up: Floats, down: Floats
) -> Floats:
    """Log high and low of each minute, shape (2, n), from uniform draws ``up`` and ``down`` (n,)."""
    count = len(shares)
    out = np.empty((2, count))
    highs, lows = out[0], out[1]
    for step in range(count):
        start, end = points[step], points[step + 1]
        variance = sigma * sigma * shares[step]
        # The bridge passes both ends; rounding may leave its maximum below one of them.
        highs[step] = max(start, end, start + reach(end - start, variance, up[step]))
        lows[step] = min(start, end, start - reach(start - end, variance, down[step]))
    return out


@compiled
def session_extremes(
    draws: Floats, shocks: Floats, shares: Floats, counts: NDArray[np.int64], ends: Floats
) -> Floats:
    """Log high and low of d sessions, shape (d, 2): those of ``minute_extremes``, to the bit.

    ``draws`` (d, n, 4) and ``shocks`` (d, n) as the minutes have them, ``shares`` (d, n), the
    number of minutes ``counts`` (d,); ``ends`` (d, 3) has log open, log close and sigma.
    """
    out = np.empty((len(ends), 2))
    for day in range(len(ends)):
        count = counts[day]
        opening, closing, sigma = ends[day, _OPENING], ends[day, _CLOSING], ends[day, _SIGMA]
        part = shares[day, :count]
        points = walk(shocks[day, :count], part, opening, closing, sigma)
        high, low = max(opening, closing), min(opening, closing)
        for step in range(count):
            start, end = points[step], points[step + 1]
            variance = sigma * sigma * part[step]
            beyond = _BEYOND * math.sqrt(variance)
            top, bottom = max(start, end), min(start, end)
            # Only minutes that may set a new extreme pay for a logarithm and a root.
            if top + beyond > high:
                high = max(high, top, start + reach(end - start, variance, draws[day, step, UP]))
            if bottom - beyond < low:
                low = min(low, bottom, start - reach(start - end, variance, draws[day, step, DOWN]))
        out[day, 0], out[day, 1] = high, low
    return out


@compiled
def exponential(values: Floats) -> Floats:
    """The exponential by the scalar routine, whatever the shape: the same bits alone as among many."""
    out = np.empty(len(values))
    for place in range(len(values)):
        out[place] = math.exp(values[place])
    return out

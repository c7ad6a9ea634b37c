"""Indicators that follow a price and turn round, in exact arithmetic."""

from typing import Any

from tests.market.exact import Exact, highest, lowest, of
from tests.market.exact_parts import Bars, Column, ranges, wilder


def psar(b: Bars, pace: Any, most: Any) -> list[Column]:
    """Wilder's rules as he says them: one for the long side, one for the short."""
    high, low, rows = b["high"], b["low"], [None]
    rise, fall = high[1] - high[0], low[0] - low[1]
    long = not (fall > 0 and fall > rise)
    stop, best, speed = (low[0], high[1], pace) if long else (high[0], low[1], pace)
    for t in range(1, len(high)):
        since = max(t - 1, 1)  # the first step is held back by its own bar alone
        turned = low[t] <= stop if long else high[t] >= stop
        if turned:
            reach = (best, high[since], high[t]) if long else (best, low[since], low[t])
            out = highest(*reach) if long else lowest(*reach)
            long, best, speed = not long, low[t] if long else high[t], pace
        else:
            out = stop
            further = high[t] > best if long else low[t] < best
            speed = lowest(speed + pace, most) if further else speed
            best = highest(best, high[t]) if long else lowest(best, low[t])
        rows.append(out)
        step = out + speed * (best - out)
        bound = (low[since], low[t]) if long else (high[since], high[t])
        stop = lowest(step, *bound) if long else highest(step, *bound)
    return [rows]


def supertrend(b: Bars, window: int, width: Any) -> list[Column]:
    """A band moves against the trend only once a close was beyond it. The first direction is up."""
    bands: Column = []
    sides: Column = []
    side, top, floor, last = 0, of(0), of(0), of(0)
    for t, reach in enumerate(wilder(ranges(b), window)):
        if reach is None:
            bands.append(None)
            sides.append(None)
            continue
        middle, close = (b["high"][t] + b["low"][t]) / 2, b["close"][t]
        upper, lower = middle + width * reach, middle - width * reach
        if side != 0:
            upper = lowest(upper, top) if last <= top else upper
            lower = highest(lower, floor) if last >= floor else lower
        if side == 0 or (side < 0 and close > upper):
            side = 1
        elif side > 0 and close < lower:
            side = -1
        top, floor, last = upper, lower, close
        bands.append(lower if side > 0 else upper)
        sides.append(Exact(side))
    return [bands, sides]

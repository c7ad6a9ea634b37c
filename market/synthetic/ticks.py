"""Quotes once a second, whose sixty trades of a minute make exactly that minute's bar."""

from dataclasses import dataclass

import numpy as np

from market.arrays import Floats
from market.synthetic.minutes import MinutePath
from market.synthetic.randomness import Stream, uniforms

DRAWS = 4  # a tick: spread and side, bid size, ask size, last size
_STRIDE = 1024  # ticks a second in the stream: the most instruments a market can have
_TURNS = (0.0, 20.0, 40.0, 59.0)  # seconds at which a minute's path is at its four prices


@dataclass(frozen=True, slots=True)
class Tick:
    """Prices in cents, sizes in units."""

    bid: int
    ask: int
    last: int
    bid_size: int
    ask_size: int
    last_size: int


def tick_draws(seed: int, *, second: int, first: int, count: int) -> Floats:
    """The draws of instruments ``first`` to ``first + count`` at that second, (count, 4)."""
    # A row for every instrument there could be: more of them move no draw of the others.
    row = second * _STRIDE + first
    return uniforms(seed, Stream.TICK, 0, first=row, rows=count, width=DRAWS)


def tick(minutes: MinutePath, *, second_of_day: int, u: Floats) -> Tick:
    """The tick at that second: the trade inside its minute's range, bid and ask around it.

    The spread is 1 to 5 basis points, at least a cent; the trade was at the bid or at the ask.
    """
    last = _trade(minutes, second_of_day)
    side_u, *sizes_u = u.tolist()
    at_bid = side_u < 0.5
    # The half that chose the side is stretched to a whole draw: one draw serves both.
    basis_points = 1.0 + 4.0 * (2.0 * side_u % 1.0)
    spread = max(1, int(last * basis_points / 1e4))
    bid = last if at_bid else last - spread
    bid_size, ask_size, last_size = (int(1 + 20 * size_u) * 100 for size_u in sizes_u)
    return Tick(bid, bid + spread, last, bid_size, ask_size, last_size)


def _trade(minutes: MinutePath, second_of_day: int) -> int:
    """From the open by one extreme and the other to the close; with the move, the near one first."""
    minute, second = divmod(second_of_day, 60)
    opening, closing = int(minutes.open[minute]), int(minutes.close[minute])
    turns = [int(minutes.low[minute]), int(minutes.high[minute])]
    if closing < opening:
        turns.reverse()
    return round(float(np.interp(second, _TURNS, (opening, *turns, closing))))

"""What surrounds every kernel: the check of its bars, the settling of NaN, the memory of windows."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.kernels import NAN, Params, Series, State

Kernel = Callable[[State, Params, Series, Floats], None]
"""Takes a state, parameters and bars, writes all rows (c, n), and leaves the state after them.

The bars miss nothing; NaN is written where there is no value."""
_MOST = 1e60  # no kernel multiplies more than four prices and volumes

# State of a window: how many bars are held, then the values of each series that the next one needs.
_HELD, _VALUES = 0, 1


@compiled
def _wild(x: Floats) -> int:
    wild = 0
    for t in range(len(x)):
        # Counted to the end: a loop that may stop takes one value at a time. NaN is not below.
        wild += 0 if abs(x[t]) < _MOST else 1
    return wild


@compiled
def tame(fields: Series) -> bool:
    """Whether the bars miss nothing and are too small to overflow.

    Then every NaN that a kernel writes is ours, and none needs settling.
    """
    wild = 0
    for r in range(len(fields)):
        wild += _wild(fields[r])
    return wild == 0


@compiled
def tame_rows(panel: Floats) -> NDArray[np.bool_]:
    """Which rows of a panel (m, n) are ``tame``."""
    calm = np.empty(len(panel), dtype=np.bool_)
    for i in range(len(panel)):
        calm[i] = _wild(panel[i]) == 0
    return calm


@compiled
def settle(rows: Floats) -> None:
    """One pattern of bits for every NaN, whatever the processor's own is."""
    for r in range(len(rows)):
        # A column at a time, and without a branch: only NaN differs from itself.
        row = rows[r]
        for t in range(len(row)):
            row[t] = row[t] if row[t] == row[t] else NAN


@compiled
def lengthen(past: Floats, held: int, x: Floats) -> Floats:
    """The ``held`` values in ``past`` and then ``x``; afterwards ``past`` holds the last of them."""
    whole = x
    if held > 0:
        whole = np.empty(held + len(x))
        for t in range(held):
            whole[t] = past[t]
        for t in range(len(x)):
            whole[held + t] = x[t]
    kept = min(len(whole), len(past))
    # Only now: ``past`` was read into ``whole`` above, and is written over here.
    for t in range(kept):
        past[t] = whole[len(whole) - kept + t]
    return whole


@compiled
def join(state: State, bars: Series, keep: int) -> Floats:
    """The bars held in the state and then ``bars``, as (k, m).

    Afterwards the state holds the last ``keep`` of them.
    """
    held, values = int(state[_HELD]), state[_VALUES:]
    joined = np.empty((len(bars), held + len(bars[0])))
    for r in range(len(bars)):
        whole, row = lengthen(values[r * keep : (r + 1) * keep], held, bars[r]), joined[r]
        for t in range(len(whole)):
            row[t] = whole[t]
    state[_HELD] = min(held + len(bars[0]), keep)
    return joined

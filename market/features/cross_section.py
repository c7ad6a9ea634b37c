"""Arithmetic across the instruments of one session; no session reads another.

Each kernel takes values (t, n), who is ``present`` (t, n), group codes (t, n; -1 without a group) and
the column's integer argument, and gives (t, n), NaN for all others. Sums run over the present in
order of the axis and are taken about the first of them, so that equal values have exactly that mean.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats, Mask
from market.compiled import compiled

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Across:
    """``compute`` is one of the kernels; ``grouped`` if it reads groups."""

    compute: Callable[[Floats, Mask, Codes, int], Floats]
    arguments: int = 0
    grouped: bool = False


@compiled
def _mean(values: Floats) -> float:
    total = 0.0
    for value in values:
        # Differences from one of them: equal values have exactly their own mean.
        total += value - values[0]
    return float(values[0] + total / len(values))


@compiled
def _rank(values: Floats, present: Mask, _groups: Codes, _argument: int) -> Floats:
    out = np.full(values.shape, np.nan)
    for t in range(len(values)):
        where = np.flatnonzero(present[t])
        own = values[t][where]
        # Not stable, and need not be: equal values share one rank.
        order = np.argsort(own)
        low = 0
        while low < len(own) and len(own) > 1:
            high = low
            while high + 1 < len(own) and own[order[high + 1]] == own[order[low]]:
                high += 1
            for k in range(low, high + 1):
                out[t, where[order[k]]] = (low + high) / 2.0 / (len(own) - 1)
            low = high + 1
    return out


@compiled
def _zscore(values: Floats, present: Mask, _groups: Codes, permille: int) -> Floats:
    out = np.full(values.shape, np.nan)
    for t in range(len(values)):
        where = np.flatnonzero(present[t])
        if len(where) < 2:
            continue
        own = _drawn_in(values[t][where], permille)
        mean, squares = _mean(own), 0.0
        for value in own:
            squares += (value - mean) * (value - mean)
        spread = math.sqrt(squares / len(own))
        # Differences from a mean that is exactly that of equals: no rounding passes for a spread.
        if spread > 0.0:
            for k in range(len(own)):
                out[t, where[k]] = (own[k] - mean) / spread
    return out


@compiled
def _drawn_in(values: Floats, permille: int) -> Floats:
    """Values beyond the quantiles ``permille`` and 1000 - ``permille`` are set to them."""
    ordered = values[np.argsort(values)]
    last = len(values) - 1
    # In whole numbers, so that a quantile that falls on a value is exactly that value.
    low, rest = last * permille // 1000, last * permille % 1000
    share = rest / 1000.0
    floor, ceiling = ordered[low], ordered[last - low]
    if rest > 0:
        floor += share * (ordered[low + 1] - floor)
        ceiling += share * (ordered[last - low - 1] - ceiling)
    drawn = np.empty(len(values))
    for k in range(len(values)):
        drawn[k] = min(max(values[k], floor), ceiling)
    return drawn


@compiled
def _less_mean(values: Floats, where: Codes, out: Floats) -> None:
    """The values at two or more places less their mean, into ``out``."""
    if len(where) < 2:
        return
    own = values[where]
    mean = _mean(own)
    for k in range(len(own)):
        out[where[k]] = own[k] - mean


@compiled
def _relative(values: Floats, present: Mask, _groups: Codes, _argument: int) -> Floats:
    out = np.full(values.shape, np.nan)
    for t in range(len(values)):
        _less_mean(values[t], np.flatnonzero(present[t]), out[t])
    return out


@compiled
def _group_relative(values: Floats, present: Mask, groups: Codes, _argument: int) -> Floats:
    out = np.full(values.shape, np.nan)
    for t in range(len(values)):
        top = -1
        for code in groups[t]:
            top = max(top, code)
        for code in range(top + 1):
            _less_mean(values[t], np.flatnonzero(present[t] & (groups[t] == code)), out[t])
    return out


@compiled
def _breadth(values: Floats, present: Mask, _groups: Codes, _argument: int) -> Floats:
    out = np.full(values.shape, np.nan)
    for t in range(len(values)):
        where = np.flatnonzero(present[t])
        positive = 0
        for k in where:
            positive += values[t, k] > 0.0
        for k in where:
            out[t, k] = positive / len(where)
    return out


ACROSS = {
    "rank": Across(_rank),
    "zscore": Across(_zscore, arguments=1),
    "relative": Across(_relative),
    "group_relative": Across(_group_relative, grouped=True),
    "breadth": Across(_breadth),
}
"""rank: 0 lowest to 1 highest, ties their mean. zscore: population deviation, the tails beyond the
argument's permille drawn in (0: none). relative: less the equal-weighted mean. group_relative: less
that of the own group. breadth: share of positive values, the same for all. All but breadth need two
present (in the group), a zscore also a spread."""

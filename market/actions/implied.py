"""Actions that prices show: steps between a close and its adjusted one, and jumps shaped like splits."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from market.arrays import Floats
from market.errors import DataNotFit

_FLOAT32: Final = 5e-6  # vendors count in single precision: that much is no step
_MOST_STEPS: Final = 15  # rows for each step: no share pays more than monthly
_DECIMALS: Final = 6
_CENTS: Final = 2
_SLACK: Final = 0.02  # of a payment: vendors round amounts
_RATIOS: Final = tuple(
    sorted(
        {p / q for p, q in ((3, 2), (4, 3), (5, 4), (5, 2), (5, 3), (7, 5))} | set(range(2, 101))
    )
)
_USUAL: Final = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)
_NEAR: Final = 0.06  # the move of a day beside that of a split, in logs


@dataclass(frozen=True, slots=True)
class Step:
    """At ``row``, the first bar after it, adjusted / close grows by a factor from ``low`` to ``high``.

    Between them lies what rounding leaves open. ``before`` is the last close before.
    """

    row: int
    low: float
    high: float
    before: float

    @property
    def split(self) -> float | None:
        """The ratio of a split, where the factor is one of a split and too far for a dividend."""
        for inverse in (False, True):
            for ratio in _RATIOS:
                held = 1.0 / ratio if inverse else ratio
                if self.low <= held <= self.high and not 1.0 <= held < 1.25:
                    return held
        return shortest(self.low, self.high) if self.high < 1.0 else None

    @property
    def dividend(self) -> float:
        """What a share was paid by data vendors' convention: factor = 1 - paid / close before."""
        low, high = (self.before * (1.0 - 1.0 / factor) for factor in (self.low, self.high))
        return shortest(low, high, least=_CENTS)

    @property
    def factor(self) -> float:
        """In the middle of what rounding leaves open."""
        return math.sqrt(self.low * self.high)

    def agrees(self, factor: float) -> bool:
        """Whether the factor lies within what rounding leaves open, or nearly so."""
        slack = _SLACK * abs(self.factor - 1.0)
        return self.low - slack <= factor <= self.high + slack


def steps(close: Floats, adjusted: Floats) -> list[Step]:
    """Where the ratio of adjusted to raw closes, shape (n,) each, changes by more than rounding.

    Rows in which one is missing show nothing. The decimals of both tell how they are rounded; of
    rows that one ratio explains none is a step. Raises DataNotFit where the ratio moves all the
    time: then it is not made of actions.
    """
    rows = np.flatnonzero((close > 0.0) & (adjusted > 0.0))
    # A close in cents is what was paid; only where that explains nothing was it rounded too.
    for raw_half in dict.fromkeys((0.0, _half_unit(close[rows]))):
        lows, highs = _bounds(close[rows], adjusted[rows], raw_half)
        levels = _levels(lows, highs)
        if len(levels) <= 3 or len(levels) * _MOST_STEPS <= len(rows):
            return [
                Step(
                    int(rows[start]),
                    float(lows[start:stop].max() / highs[begin:start].min()),
                    float(highs[start:stop].min() / lows[begin:start].max()),
                    float(close[rows[start - 1]]),
                )
                for begin, start, stop in _neighbours(levels, len(rows))
            ]
    raise DataNotFit(
        f"the ratio of adjusted to raw closes changes {len(levels) - 1} times in {len(rows)} rows: "
        "that is not made of splits and dividends"
    )


def disagreements(
    close: Floats, adjusted: Floats, expected: Mapping[int, float]
) -> list[tuple[int, float, float]]:
    """Rows where an adjusted close shows another factor than actions have: row, theirs, shown.

    `expected` are the factors of the actions by their rows (above 0), as ``Step`` has them. One too
    small for the rounding to show is none. Raises as ``steps`` does.
    """
    rest = dict(expected)
    found = [
        (step.row, factor, step.factor)
        for step in steps(close, adjusted)
        if not step.agrees(factor := rest.pop(step.row, 1.0))
    ]
    half = _half_unit(adjusted[adjusted > 0.0])
    unseen = [
        (row, factor, 1.0)
        for row, factor in rest.items()
        if abs(math.log(factor)) > 4.0 * (half / float(adjusted[row - 1]) + _FLOAT32)
    ]
    return sorted(found + unseen)


def split_shaped(before: float, after: float) -> float | None:
    """The ratio of the usual split that the move from one close to the next looks like, if any."""
    if not (before > 0.0 and after > 0.0):
        return None
    move = before / after
    nearest = min(
        (held for ratio in _USUAL for held in (ratio, 1.0 / ratio)),
        key=lambda ratio: abs(math.log(move / ratio)),
    )
    return nearest if abs(math.log(move / nearest)) < _NEAR else None


def shows(ratio: float, *, before: float, after: float) -> bool:
    """Whether closes on both sides of a split tell of it, or are too near to tell.

    Prices that were adjusted for it afterwards go on as if nothing had happened.
    """
    if not (before > 0.0 and after > 0.0):
        return True
    distance = abs(math.log(ratio))
    move = math.log(before / after)
    return distance < math.log(1.2) or abs(move - math.log(ratio)) < abs(move)


def shortest(low: float, high: float, *, least: int = 0) -> float:
    """The number between two with the fewest decimals, `least` at the least."""
    low, high = min(low, high), max(low, high)
    middle = (low + high) / 2.0
    for decimals in range(least, 10):
        if low <= (number := round(middle, decimals)) <= high:
            return number
    return middle


def _bounds(close: Floats, adjusted: Floats, raw_half: float) -> tuple[Floats, Floats]:
    """What the ratio may be in each row, by the rounding of both."""
    half = _half_unit(adjusted)
    lows = (adjusted - half) / (close + raw_half) * (1.0 - _FLOAT32)
    highs = (adjusted + half) / np.maximum(close - raw_half, 1e-300) * (1.0 + _FLOAT32)
    return lows, highs


def _levels(lows: Floats, highs: Floats) -> list[int]:
    """The first row of each stretch that one number explains, by the longest stretches."""
    found, low, high = [0], -math.inf, math.inf
    for place, (least, most) in enumerate(zip(lows.tolist(), highs.tolist(), strict=True)):
        low, high = max(low, least), min(high, most)
        if low > high:
            found.append(place)
            low, high = least, most
    return found


def _neighbours(levels: list[int], rows: int) -> list[tuple[int, int, int]]:
    bounds = [*levels, rows]
    return list(zip(bounds, bounds[1:], bounds[2:], strict=False))


def _half_unit(values: Floats) -> float:
    """Half of the last decimal that the values have; 0 where they have more than six."""
    for decimals in range(_DECIMALS + 1):
        if np.allclose(np.round(values, decimals), values, rtol=0.0, atol=1e-9):
            return 0.5 * 10.0**-decimals
    return 0.0

"""Statistical arbitrage of pairs: short what ran ahead, long what stayed behind, both legs or none."""

from collections.abc import Mapping

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.parameters import Refusal, rising
from market.strategies.core.base import Strategy
from market.strategies.core.book import Book
from market.strategies.core.parameters import Float, Int

_ROUNDING = 1e-12  # a deviation of log prices up to this is what their last digits give
_FIRST, _SECOND = 0, 1  # legs of a pair


class Pairs(Strategy):
    """Short the leg that ran ahead of its pair and long the other, until they have met again.

    Instruments in their order are the pairs: first with second, third with fourth, and so on. The
    hedge ratio is the least-squares slope of log prices over the `lookback` sessions before today;
    the spread's distance today is in standard deviations of that fit. A position opens at `entry`
    deviations, keeps its weights, and closes within `leave`. Each pair has an equal share of gross
    exposure. Both legs are 0 where one lacks a close, today or in the lookback, and where the slope
    is not defined or not positive.
    """

    name = "pairs"
    lookback = Int(60, 20, 252)
    entry, leave = Float(2.0, 1.0, 4.0), Float(0.5, 0.0, 2.0)
    history = "lookback"

    def weights(self, x: Floats, book: Book) -> Floats:
        wanted = np.zeros(x.shape[1])
        count = len(wanted) // 2
        for pair in range(count):
            legs = np.s_[2 * pair : 2 * pair + 2]
            wanted[legs] = self._pair(book.closes[:, legs], book.asked[legs], 1.0 / count)
        return wanted

    def _pair(self, closes: Floats, asked: Floats, gross: float) -> Floats:
        if len(closes) <= self.lookback or np.isnan(closes).any():
            return np.zeros(2)
        slope, distance = _fit(np.log(closes))
        if not slope > 0.0 or np.isnan(distance):
            return np.zeros(2)
        if asked.any():
            return np.zeros(2) if self._over(asked, distance) else asked
        if abs(distance) < self.entry:
            return np.zeros(2)
        size = -np.sign(distance) * gross / (1.0 + slope)
        return np.array([size, -slope * size])

    def _over(self, asked: Floats, distance: float) -> bool:
        """Short the spread closes when it has come down to `leave`; long when it has come up."""
        return bool(-np.sign(asked[_FIRST]) * distance <= self.leave)

    @classmethod
    def relations(cls, values: Mapping[str, float]) -> tuple[Refusal, ...]:
        return rising(values, "leave", "entry")


@compiled
def _fit(logs: Floats) -> tuple[float, float]:
    """Slope of the first leg on the second before the last row; the last row in deviations of it."""
    count = len(logs) - 1
    first, second = 0.0, 0.0
    for t in range(count):
        first += logs[t, _FIRST] / count
        second += logs[t, _SECOND] / count
    squares, products = 0.0, 0.0
    for t in range(count):
        squares += (logs[t, _SECOND] - second) ** 2
        products += (logs[t, _SECOND] - second) * (logs[t, _FIRST] - first)
    if not squares > count * _ROUNDING**2:
        return np.nan, np.nan
    slope, residuals = products / squares, 0.0
    for t in range(count):
        residuals += (logs[t, _FIRST] - first - slope * (logs[t, _SECOND] - second)) ** 2
    if not residuals > count * _ROUNDING**2:
        return slope, np.nan
    today = logs[count, _FIRST] - first - slope * (logs[count, _SECOND] - second)
    return slope, today / np.sqrt(residuals / (count - 2))

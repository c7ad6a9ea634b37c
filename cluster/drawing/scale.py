"""Scales of a picture, and the round values that are marked on them."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Where a value lies on the picture; `log`: equal ratios are equally far apart."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = map(self._level, (self.low, self.high, value))
        share = (at - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def _level(self, value: float) -> float:
        return math.log(value) if self.log else value


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round values (1, 2, 2.5 or 5 times a power of ten apart) that span low to high."""
    scale = max(abs(low), abs(high))
    # A flat line has no span of its own: its marks are spaced by its height.
    span = max(high - low if high - low > 1e-9 * scale else scale, 1e-9)
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(s * power for s in (1.0, 2.0, 2.5, 5.0, 10.0) if span / (s * power) <= count)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [step * k for k in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round values above 0 that span low to high: few times powers of ten, as many as there is room for."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for parts in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0,)):
        every = [part * 10.0**power for power in range(first, last + 1) for part in parts]
        begin = max(k for k, mark in enumerate(every) if mark <= low * (1 + 1e-9))
        end = next((k for k, mark in enumerate(every) if mark >= high * (1 - 1e-9)), len(every) - 1)
        marks = every[begin : end + 1]
        if len(marks) <= most:
            return marks
    return marks[:: math.ceil(len(marks) / most)]

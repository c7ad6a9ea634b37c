"""What exact indicators are made of: windows, means and ranges over lists in which None is missing."""

from collections.abc import Callable
from typing import Any

from tests.market.exact import Exact, highest, lowest, of

Column = list[Exact | None]
Bars = dict[str, list[Exact]]


def over(x: Column, window: int, make: Callable[[list[Exact]], Exact | None]) -> Column:
    """``make`` of each whole window."""
    short: Column = [None] * min(window - 1, len(x))
    parts: list[Any] = [x[t - window + 1 : t + 1] for t in range(window - 1, len(x))]
    return short + [None if None in part else make(part) for part in parts]


def each(make: Callable[..., Exact | None], *columns: Column) -> Column:
    """``make`` of each row that misses nothing."""
    rows: list[Any] = list(zip(*columns, strict=True))
    return [None if None in row else make(*row) for row in rows]


def total(part: list[Exact]) -> Exact:
    """The sum, from the oldest on."""
    return sum(part[1:], start=part[0])


def mean(part: list[Exact]) -> Exact:
    """The sum by the count."""
    return total(part) / len(part)


def ratio(a: Exact, b: Exact) -> Exact | None:
    """None where ``b`` is zero."""
    return None if b == 0 else a / b


def back(x: Column, bars: int) -> Column:
    """What was ``bars`` bars ago."""
    return ([None] * bars + x)[: len(x)]


def smoothed(x: Column, window: int, pace: Exact) -> Column:
    """Exponential means of the values that are there, seeded with the mean of the first ones."""
    rows: Column = []
    seed: list[Exact] = []
    now: Exact | None = None
    for value in x:
        if value is not None and now is not None:
            now = now * (1 - pace) + value * pace
        elif value is not None:
            seed.append(value)
            now = mean(seed) if len(seed) == window else None
        rows.append(None if value is None else now)
    return rows


def ema(x: Column, window: int) -> Column:
    """With the usual pace."""
    return smoothed(x, window, of(2) / (window + 1))


def wilder(x: Column, window: int) -> Column:
    """With Wilder's pace."""
    return smoothed(x, window, of(1) / window)


def weighted(x: Column, window: int) -> Column:
    """Means with the weights 1 to ``window``."""
    weights = range(1, window + 1)

    def make(part: list[Exact]) -> Exact:
        terms = [weight * one for weight, one in zip(weights, part, strict=True)]
        return total(terms) / sum(weights)

    return over(x, window, make)


def deviation(x: Column, window: int) -> Column:
    """Population variances: their roots are taken last."""

    def make(part: list[Exact]) -> Exact:
        middle = mean(part)
        return mean([(one - middle) * (one - middle) for one in part])

    return over(x, window, make)


def changes(x: Column) -> Column:
    """From the bar before to this one."""
    return each(lambda now, before: now - before, x, back(x, 1))


def ranges(bars: Bars) -> Column:
    """True ranges; the first bar has none."""
    before = back(bars["close"], 1)

    def make(high: Exact, low: Exact, last: Exact) -> Exact:
        return highest(high - low, abs(high - last), abs(low - last))

    return each(make, bars["high"], bars["low"], before)


def typical(bars: Bars) -> Column:
    """A third of high, low and close."""
    return each(lambda h, low, c: (h + low + c) / 3, bars["high"], bars["low"], bars["close"])


def place(x: Column, top: Column, bottom: Column) -> Column:
    """In percent of the range; None without one."""
    return each(lambda at, high, low: ratio(100 * (at - low), high - low), x, top, bottom)


def tops(x: Column, window: int) -> Column:
    """Highest of windows."""
    return over(x, window, lambda part: highest(*part))


def bottoms(x: Column, window: int) -> Column:
    """Lowest of windows."""
    return over(x, window, lambda part: lowest(*part))


def together(*columns: Column) -> list[Column]:
    """Rows of which none begins before all do."""
    first = max(next((t for t, one in enumerate(x) if one is not None), len(x)) for x in columns)
    return [[None] * first + x[first:] for x in columns]

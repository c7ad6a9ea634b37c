"""Bars that the tests of the indicators share: a seeded walk with gaps, ranges and volume."""

import numpy as np

FIELDS = ("open", "high", "low", "close", "volume")


def walk(seed: int, count: int, *, holes: float = 0.0) -> dict[str, np.ndarray]:
    """Open, high, low, close and volume of ``count`` bars; a share ``holes`` of values is missing.

    Without log or exp, so that the bars have the same bits everywhere.
    """
    draws = np.random.default_rng(seed)
    close = 100.0 * np.cumprod(1.0 + draws.uniform(-0.03, 0.03, count))
    start = close * (1.0 + draws.uniform(-0.01, 0.01, count))
    bars = {
        "open": start,
        "high": np.maximum(start, close) * (1.0 + draws.uniform(0, 0.01, count)),
        "low": np.minimum(start, close) * (1.0 - draws.uniform(0, 0.01, count)),
        "close": close,
        "volume": np.floor(draws.uniform(1e3, 1e6, count)),
    }
    if holes:
        for values in bars.values():
            values[draws.uniform(size=count) < holes] = np.nan
    return bars


def cut(bars: dict[str, np.ndarray], rows: slice | np.ndarray) -> dict[str, np.ndarray]:
    """The bars at ``rows``."""
    return {name: values[rows] for name, values in bars.items()}

"""Resampled sessions of the stationary bootstrap, and how long its blocks should be."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.errors import BadParameter, DataNotFit, MarketError

_REMEDY = "arch is not installed: install trii[laptop], or pass block= yourself"


def automatic_block(series: ArrayLike) -> float:
    """Mean block length, 1 or more, for the stationary bootstrap of (n,) or the columns of (n, k).

    Politis and White (2004) as corrected by Patton, Politis and White (2009), from arch; the mean
    over columns. Raises MarketError with the remedy where arch is not installed.
    """
    try:
        from arch.bootstrap import optimal_block_length
    except ImportError as exc:
        raise MarketError(_REMEDY) from exc
    values = np.asarray(series, dtype=np.float64)
    if len(values) < 20 or not np.isfinite(values).all():
        raise DataNotFit("expected 20 finite values or more to choose a block length from")
    lengths = optimal_block_length(values)["stationary"].to_numpy()
    return max(1.0, float(np.mean(lengths)))


def stationary_rows(
    count: int, *, block: float, replications: int, draw: np.random.Generator
) -> NDArray[np.int64]:
    """Row numbers (replications, count): blocks of geometric length, mean ``block``, on a circle.

    Politis and Romano (1994).
    """
    if not 1.0 <= block <= count:
        raise BadParameter(f"block={block}: expected 1 to {count} sessions", parameter="block")
    shape = (replications, count)
    fresh = draw.random(shape) < 1.0 / block
    # Whatever was drawn: there is no block before the first row to go on with.
    fresh[:, 0] = True
    place = np.arange(count)
    begun = np.maximum.accumulate(np.where(fresh, place, 0), axis=1)
    # Drawn for every place, taken where a block begins: how many draws there are does not depend on
    # the blocks.
    start = np.take_along_axis(draw.integers(count, size=shape), begun, axis=1)
    rows: NDArray[np.int64] = (start + place - begun) % count
    return rows


def check_replications(replications: int) -> None:
    """Raises BadParameter unless there is at least one."""
    if replications < 1:
        raise BadParameter(
            f"replications={replications}: expected 1 or more", parameter="replications"
        )


def in_parts(replications: int, count: int) -> list[int]:
    """Replications split so that a part's index stays near 30 MB."""
    part = max(1, 4_000_000 // count)
    return [min(part, replications - at) for at in range(0, replications, part)]


def finite_quantiles(values: NDArray[np.float64], tail: float) -> tuple[float, float]:
    """The two quantiles that leave ``tail`` outside on each side; NaN of no finite values."""
    known = values[np.isfinite(values)]
    if not len(known):
        return math.nan, math.nan
    lower, upper = np.quantile(known, (tail, 1.0 - tail))
    return float(lower), float(upper)

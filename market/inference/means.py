"""The block bootstrap interval of a mean, where neighbouring sessions and all instruments move together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days, Floats
from market.errors import BadParameter, DataNotFit
from market.inference.resampling import check_replications


@dataclass(frozen=True, slots=True)
class MeanInterval:
    """A mean over rows with its two-sided bootstrap interval; ``sessions`` is what was resampled."""

    mean: float
    lower: float
    upper: float
    confidence: float
    sessions: int
    block: int


def block_bootstrap_mean(
    values: Floats,
    session: Days,
    *,
    block: int,
    seed: int,
    confidence: float = 0.95,
    replications: int = 2000,
) -> MeanInterval:
    """Percentile interval of the mean of ``values`` (n,) by circular block bootstrap over dates.

    Blocks of ``block`` consecutive sessions are drawn with replacement (Politis and Romano 1992);
    all rows of a session stay together, so dependence across instruments is kept as it was. The
    sample is a circle: each session is drawn equally often. Same seed, same interval.
    """
    sums, counts = _by_session(values, session)
    if not 1 <= block <= len(sums):
        raise BadParameter(f"block={block}: expected 1 to {len(sums)} sessions", parameter="block")
    check_replications(replications)
    if not 0 < confidence < 1:
        raise BadParameter(f"confidence={confidence}: expected 0 to 1", parameter="confidence")
    draw = np.random.default_rng(seed)
    totals, sizes = _block_sums(sums, counts, block, replications, draw)
    # Sessions have unequal numbers of rows: a mean over rows needs both resampled alike.
    means = totals / sizes
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(means, (tail, 1 - tail))
    mean = sums.sum() / counts.sum()
    return MeanInterval(float(mean), float(lower), float(upper), confidence, len(sums), block)


def _by_session(values: Floats, session: Days) -> tuple[Floats, Floats]:
    """Sum and number of the values of each session, in date order."""
    if not len(values) or values.shape != session.shape or not np.isfinite(values).all():
        raise DataNotFit("expected one finite value a row, at least one row")
    _, at = np.unique(session, return_inverse=True)
    sums: Floats = np.bincount(at, weights=values).astype(np.float64)
    return sums, np.bincount(at).astype(np.float64)


def _block_sums(
    sums: Floats, counts: Floats, block: int, replications: int, draw: np.random.Generator
) -> tuple[Floats, Floats]:
    """Totals (replications,) of both arrays over the same resampled sessions."""
    size = len(sums)
    whole, rest = divmod(size, block)
    starts = draw.integers(size, size=(replications, whole + bool(rest)))
    lengths = np.full(starts.shape[1], block)
    if rest:
        lengths[-1] = rest  # the last block is cut, so that a resample is as long as the sample
    first, second = (_totals(series, starts, lengths) for series in (sums, counts))
    return first, second


def _totals(series: Floats, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Floats:
    # Twice over, so that a block may run past the last session into the first.
    running = np.concatenate([[0.0], np.cumsum(np.concatenate([series, series]))])
    total: Floats = (running[starts + lengths] - running[starts]).sum(axis=1)
    return total

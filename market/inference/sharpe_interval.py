"""The interval of a Sharpe ratio by stationary bootstrap, as wide as dependence makes it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit
from market.inference.resampling import (
    automatic_block,
    check_replications,
    finite_quantiles,
    in_parts,
    stationary_rows,
)
from market.moments import deviation, present, rounding
from market.statistics import sharpe
from market.statistics.performance import checked_year


@dataclass(frozen=True, slots=True)
class SharpeInterval:
    """An annual Sharpe ratio with its two-sided interval; ``block`` is the mean block length."""

    sharpe: float
    lower: float
    upper: float
    confidence: float
    block: float


def sharpe_interval(
    returns: ArrayLike,
    *,
    sessions_per_year: int,
    seed: int,
    confidence: float = 0.95,
    replications: int = 2000,
    block: float | None = None,
) -> SharpeInterval:
    """Percentile interval of the annual Sharpe ratio; same seed, same interval.

    Without ``block`` the length is chosen from the returns by ``automatic_block``, which needs
    arch. Raises DataNotFit for fewer than 20 returns, or returns that never varied.
    """
    r = present(returns)
    if len(r) < 20 or not deviation(r) > 0.0:
        raise DataNotFit(f"{len(r)} returns: expected 20 or more that vary")
    if not 0.0 < confidence < 1.0:
        raise BadParameter(f"confidence={confidence}: expected 0 to 1", parameter="confidence")
    check_replications(replications)
    year = math.sqrt(checked_year(sessions_per_year))
    length = automatic_block(r) if block is None else block
    draw = np.random.default_rng(seed)
    drawn = np.concatenate(
        [
            _ratios(r[stationary_rows(len(r), block=length, replications=part, draw=draw)])
            for part in in_parts(replications, len(r))
        ]
    )
    lower, upper = finite_quantiles(drawn, (1.0 - confidence) / 2)
    ratio = sharpe(r, sessions_per_year=sessions_per_year)
    return SharpeInterval(ratio, lower * year, upper * year, confidence, length)


def _ratios(samples: Floats) -> Floats:
    """Sharpe ratio of each row, per session; NaN where a resample has no spread."""
    spread = samples.std(axis=1, ddof=1)
    varied = spread > rounding(samples.T)
    ratios: Floats = samples.mean(axis=1) / np.where(varied, spread, np.nan)
    return ratios

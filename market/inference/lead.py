"""Whether a strategy beats its baseline: the paired difference of their returns, with its interval."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from market.errors import DataNotFit
from market.inference.means import block_bootstrap_mean
from market.statistics.performance import checked_year

FEWEST = 20
"""Fewer returns say nothing of a difference."""
Standing = Literal["ahead", "behind", "undecided"]


@dataclass(frozen=True, slots=True)
class Lead:
    """The mean difference a year (sessions a year times that of a session) with its interval."""

    mean: float
    lower: float
    upper: float
    confidence: float
    sessions: int
    block: int

    @property
    def standing(self) -> Standing:
        """Ahead or behind where the whole interval is on that side of 0."""
        if self.lower > 0.0:
            return "ahead"
        return "behind" if self.upper < 0.0 else "undecided"


def lead_over(
    returns: ArrayLike,
    baseline: ArrayLike,
    *,
    sessions_per_year: int,
    seed: int = 7,
    confidence: float = 0.95,
) -> Lead:
    """How much more a year the returns (n,) are than the baseline's (n,) of the same sessions.

    Both lived through the same market, so their difference varies less than either. The interval is
    of the circular block bootstrap (Politis and Romano 1992), blocks of the cube root of n sessions;
    same seed, same interval. Raises DataNotFit for fewer than 20 sessions.
    """
    ours, theirs = (np.asarray(values, dtype=np.float64) for values in (returns, baseline))
    if ours.shape != theirs.shape or ours.ndim != 1 or len(ours) < FEWEST:
        raise DataNotFit(
            f"returns {ours.shape} and {theirs.shape}: expected {FEWEST} or more of the same sessions"
        )
    count = len(ours)
    session = np.arange(count).astype("datetime64[D]")
    block = max(1, round(count ** (1 / 3)))
    found = block_bootstrap_mean(
        ours - theirs, session, block=block, seed=seed, confidence=confidence
    )
    year = checked_year(sessions_per_year)
    mean, lower, upper = (year * value for value in (found.mean, found.lower, found.upper))
    return Lead(mean, lower, upper, confidence, count, block)

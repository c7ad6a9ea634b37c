"""The returns of a search's trials, on one axis and checked, with the Sharpe ratio of each."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Days, Floats
from market.errors import DataNotFit
from market.statistics import sharpe


def trial_matrix(returns: ArrayLike, *, fewest: int = 1) -> Floats:
    """Returns (n, k), finite, of at least two sessions and ``fewest`` trials; else DataNotFit."""
    matrix = np.asarray(returns, dtype=np.float64)
    if matrix.ndim != 2 or len(matrix) < 2:
        raise DataNotFit(f"expected returns of shape (sessions, trials), got {matrix.shape}")
    if matrix.shape[1] < fewest:
        raise DataNotFit(f"{matrix.shape[1]} trials: expected {fewest} or more")
    if not np.isfinite(matrix).all():
        raise DataNotFit(
            "a trial has a missing or infinite return: fill sessions it sat out with 0"
        )
    return matrix


def side_by_side(trials: Sequence[tuple[Days, Floats]]) -> Floats:
    """Returns (n, k) on the union of the trials' sessions, 0 where one sat out.

    Each trial is its sessions (m,), each once, and its returns (m,). Zeros lower a Sharpe ratio per
    session by about the root of the factor by which they lengthen it, so how sure it is stays what
    it was: trials of any spans and calendars can be judged together.
    """
    every = np.unique(np.concatenate([session for session, _ in trials]))
    matrix = np.zeros((len(every), len(trials)))
    for column, (session, returns) in enumerate(trials):
        matrix[np.searchsorted(every, session), column] = returns
    return matrix


def session_sharpes(matrix: Floats) -> Floats:
    """Sharpe ratios (k,) per session; NaN for a trial whose returns never varied."""
    return np.array([sharpe(column, sessions_per_year=1) for column in matrix.T])

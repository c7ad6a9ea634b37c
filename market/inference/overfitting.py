"""The probability of backtest overfitting, by combinatorially symmetric cross-validation."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.errors import BadParameter
from market.inference.trials import trial_matrix
from market.moments import rounding

FEWEST = 10
"""Fewer configurations than this have too coarse ranks: the probability would be noise."""


@dataclass(frozen=True, slots=True)
class Overfitting:
    """Information about a search, no verdict: one noise matrix gives anything from 0.1 to 0.9.

    ``probability`` is the share of splits in which the configuration chosen in one half ranks in
    the lower half of the other, ``loss_probability`` the share in which it loses there (Sharpe
    ratio below 0).
    """

    probability: float
    loss_probability: float
    configurations: int
    splits: int


def backtest_overfitting(returns: ArrayLike, *, blocks: int = 16) -> Overfitting:
    """CSCV over returns (n, k) of 10 configurations or more (Bailey, Borwein, López de Prado, Zhu).

    Sessions are cut into ``blocks`` consecutive ones of equal length (to one session); each half of
    them chooses the highest Sharpe ratio, the other half ranks it: rank / (k + 1), mean rank among
    equals, at or below one half is overfitting. A configuration without spread ranks as ratio 0.
    """
    matrix = trial_matrix(returns, fewest=FEWEST)
    if blocks < 4 or blocks % 2 or 2 * blocks > len(matrix):
        raise BadParameter(
            f"blocks={blocks}: expected an even number from 4 to {len(matrix) // 2}",
            parameter="blocks",
        )
    # As numbers, so that sums over halves are products of matrices.
    halves = np.array(
        [np.isin(np.arange(blocks), chosen) for chosen in combinations(range(blocks), blocks // 2)],
        dtype=np.float64,
    )
    sums = _block_sums(matrix, blocks)
    # Splits in parts, so that a thousand configurations need no gigabyte.
    parts = [
        _ranks(part, 1.0 - part, sums) for part in np.array_split(halves, len(halves) // 500 + 1)
    ]
    rank, ratio = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Overfitting(
        probability=float((rank <= 0.5).mean()),
        loss_probability=float((ratio < 0.0).mean()),
        configurations=matrix.shape[1],
        splits=len(halves),
    )


_Sums = tuple[Floats, Floats, Floats, Floats, Floats]


def _block_sums(matrix: Floats, blocks: int) -> _Sums:
    """Sessions (b,), sums (b, k) and squares (b, k) of centred returns, centres and noise (k,)."""
    starts = np.arange(blocks) * len(matrix) // blocks
    centre = matrix.mean(axis=0)
    # Centred first: beside a large mean the squares would lose the digits of the spread.
    off = matrix - centre
    count = np.diff(np.append(starts, len(matrix))).astype(np.float64)
    squares = np.add.reduceat(off * off, starts)
    return count, np.add.reduceat(off, starts), squares, centre, rounding(matrix)


def _ranks(inside: Floats, outside: Floats, sums: _Sums) -> tuple[Floats, Floats]:
    """Relative rank and ratio (s,) outside of what each split (s, b) would have chosen inside."""
    chosen = _sharpes(inside, sums).argmax(axis=1)
    beyond = _sharpes(outside, sums)
    own = np.take_along_axis(beyond, chosen[:, None], axis=1)
    below, equal = (beyond < own).sum(axis=1), (beyond == own).sum(axis=1)
    rank = below + (equal + 1) / 2
    # By one more than there are, so that it is never 1: the paper takes logits of it.
    return rank / (beyond.shape[1] + 1), own[:, 0]


def _sharpes(half: Floats, sums: _Sums) -> Floats:
    """Sharpe ratios (s, k) over the blocks of each split (s, b); 0 where there is no spread."""
    count, first, second, centre, noise = sums
    size = (half @ count)[:, None]
    mean = half @ first / size
    variance = (half @ second - size * mean**2) / (size - 1.0)
    # What rounding gives returns, and what it gives the difference of the two sums.
    varied = variance > noise**2 + 1e-14 * (half @ second) / size
    # The root of 1 where it is not taken: rounding may leave a variance below 0.
    return np.where(varied, (mean + centre) / np.sqrt(np.where(varied, variance, 1.0)), 0.0)

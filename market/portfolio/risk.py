"""Risk of given weights: where it comes from, how concentrated it is, how it moves with others."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from market import statistics
from market.arrays import Floats, floats
from market.compiled import compiled
from market.errors import DataNotFit
from market.statistics.tails import TailMethod

_ROUNDS = 10_000
_CLOSE = 1e-13
_EQUAL = 1e-6  # how far a contribution may be from its part


@dataclass(frozen=True, slots=True)
class Concentration:
    """`herfindahl` is the sum of squared shares of gross exposure, `effective` its inverse.

    `effective` is how many equal positions would be as concentrated; `largest` is one share.
    """

    herfindahl: float
    effective: float
    largest: float


def concentration(weights: ArrayLike) -> Concentration:
    """Of weights (k,); `DataNotFit` if nothing is held."""
    gross = np.abs(_vector(weights, "weights"))
    if not gross.sum() > 0.0:
        raise DataNotFit("nothing is held: concentration is not defined")
    shares = gross / gross.sum()
    squares = math.fsum((shares * shares).tolist())
    return Concentration(squares, 1.0 / squares, float(shares.max()))


def covariance(returns: ArrayLike) -> Floats:
    """Sample covariance (k, k), ddof 1, of returns (n, k) without NaN, two rows or more."""
    table = _table(returns)
    off = table - table.mean(axis=0)
    moments: Floats = off.T @ off / (len(table) - 1)
    # Symmetric to the bit, which the product of a library need not be.
    return (moments + moments.T) / 2.0


def volatility(weights: ArrayLike, cov: ArrayLike) -> float:
    """Standard deviation of the portfolio, in the covariance's period."""
    w, c = _pair(weights, cov)
    # Rounding may take the variance of what is hedged away below 0.
    return math.sqrt(max(float(w @ c @ w), 0.0))


def risk_contributions(weights: ArrayLike, cov: ArrayLike) -> Floats:
    """Each position's part of `volatility` (k,), w * (cov w) / volatility: they sum to it (Euler)."""
    w, c = _pair(weights, cov)
    total = volatility(w, c)
    if not total > 0.0:
        return np.zeros(len(w))
    parts: Floats = w * (c @ w) / total
    return parts


def equal_risk_weights(cov: ArrayLike) -> Floats:
    """Long-only weights (k,) of sum 1 with equal risk contributions.

    Cyclical coordinate descent (Griveau-Billion, Richard and Roncalli 2013) until no weight moves
    by 1e-13 of itself. Raises `DataNotFit` for a variance that is not above 0, and where some
    instruments hedge others all but away, so that no risk is left to share.
    """
    c = _square(cov)
    variance = np.diag(c)
    if not (variance > 0.0).all():
        raise DataNotFit("equal risk needs every variance above 0")
    # The solution, but for its scale, where nothing is correlated.
    x = 1.0 / np.sqrt(variance)
    _descend(c, x)
    # At the solution each x (c x) is 1 / k; where rounds ran out it is not.
    if not (np.abs(len(x) * x * (c @ x) - 1.0) < _EQUAL).all():
        raise DataNotFit(
            "no weights found that share the risk equally: some instruments hedge others all but "
            "away; give more returns, or leave some out"
        )
    weights: Floats = x / x.sum()
    return weights


@compiled
def _descend(c: Floats, x: Floats) -> None:
    """One coordinate after the other to its own optimum, in place."""
    count, moved = len(c), True
    for _ in range(_ROUNDS):
        moved = False
        for k in range(count):
            slope = 0.0
            for j in range(count):
                if j != k:
                    slope += c[k, j] * x[j]
            # x (c x + slope) = 1 / count: its own contribution is its part. The root above 0.
            root = math.sqrt(slope * slope + 4.0 * c[k, k] / count)
            after = (root - slope) / (2.0 * c[k, k])
            moved = moved or abs(after - x[k]) > _CLOSE * after
            x[k] = after
        if not moved:
            return


def portfolio_returns(weights: ArrayLike, returns: ArrayLike) -> Floats:
    """Returns (n,) of weights (k,) held at every one of the assets' returns (n, k)."""
    w, table = _vector(weights, "weights"), _table(returns)
    if table.shape[1] != len(w):
        raise DataNotFit(f"{len(w)} weights and {table.shape[1]} columns of returns")
    held: Floats = table @ w
    return held


def value_at_risk(
    weights: ArrayLike,
    returns: ArrayLike,
    *,
    tail: float = 0.05,
    method: TailMethod = "historical",
) -> float:
    """`statistics.value_at_risk` of today's weights on past returns (n, k); below 0 is a loss."""
    return statistics.value_at_risk(portfolio_returns(weights, returns), tail=tail, method=method)


def expected_shortfall(
    weights: ArrayLike,
    returns: ArrayLike,
    *,
    tail: float = 0.05,
    method: TailMethod = "historical",
) -> float:
    """`statistics.expected_shortfall` of today's weights on past returns (n, k)."""
    held = portfolio_returns(weights, returns)
    return statistics.expected_shortfall(held, tail=tail, method=method)


def betas(returns: ArrayLike, benchmark: ArrayLike) -> Floats:
    """`statistics.beta` of each column of returns (n, k) on a benchmark (n,), shape (k,).

    A portfolio's beta is the sum of its weights times these.
    """
    return np.array([statistics.beta(column, benchmark) for column in _table(returns).T])


def _vector(values: ArrayLike, name: str) -> Floats:
    vector = floats(values, of=name)
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise DataNotFit(f"{name}: expected finite values of shape (k,), got {vector.shape}")
    return vector


def _table(returns: ArrayLike) -> Floats:
    table = floats(returns, of="returns")
    if table.ndim != 2 or len(table) < 2 or not np.isfinite(table).all():
        raise DataNotFit(f"expected finite returns (n, k), n at least 2, got {table.shape}")
    return table


def _square(cov: ArrayLike) -> Floats:
    c = floats(cov, of="covariance")
    if c.ndim != 2 or c.shape[0] != c.shape[1] or not np.isfinite(c).all():
        raise DataNotFit(f"expected a finite covariance (k, k), got {c.shape}")
    return c


def _pair(weights: ArrayLike, cov: ArrayLike) -> tuple[Floats, Floats]:
    w, c = _vector(weights, "weights"), _square(cov)
    if len(w) != len(c):
        raise DataNotFit(f"{len(w)} weights and a covariance of {len(c)}")
    return w, c

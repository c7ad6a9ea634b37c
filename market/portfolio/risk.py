"""Risk of given weights: where it comes from, how concentrated it is, how it moves with others.

Weights in a Series are matched by name with the columns of a frame of returns or covariances, and
what comes of a frame has its names.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from market import named, statistics
from market.arrays import Floats, floats
from market.compiled import compiled
from market.errors import DataNotFit
from market.named import Labels
from market.statistics.tails import TailMethod

if TYPE_CHECKING:
    import pandas as pd

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


def covariance(returns: ArrayLike) -> "Floats | pd.DataFrame":
    """Sample covariance (k, k), ddof 1, of returns (n, k) without NaN, two rows or more."""
    table = _table(returns)
    off = table - table.mean(axis=0)
    moments: Floats = off.T @ off / (len(table) - 1)
    # Symmetric to the bit, which the product of a library need not be.
    names = named.columns_of(returns)
    return named.frame((moments + moments.T) / 2.0, names, names)


def volatility(weights: ArrayLike, cov: ArrayLike) -> float:
    """Standard deviation of the portfolio, in the covariance's period."""
    w, c, _ = _pair(weights, cov)
    # Rounding may take the variance of what is hedged away below 0.
    return math.sqrt(max(float(w @ c @ w), 0.0))


def risk_contributions(weights: ArrayLike, cov: ArrayLike) -> "Floats | pd.Series[float]":
    """Each position's part of `volatility` (k,), w * (cov w) / volatility: they sum to it (Euler)."""
    w, c, names = _pair(weights, cov)
    total = volatility(w, c)
    parts: Floats = w * (c @ w) / total if total > 0.0 else np.zeros(len(w))
    return named.series(parts, names, name="risk")


def equal_risk_weights(cov: ArrayLike) -> "Floats | pd.Series[float]":
    """Long-only weights (k,) of sum 1 with equal risk contributions.

    Cyclical coordinate descent (Griveau-Billion, Richard and Roncalli 2013) until no weight moves
    by 1e-13 of itself. Raises `DataNotFit` for a variance that is not above 0, and where some
    instruments hedge others all but away, so that no risk is left to share.
    """
    c, names = _square(cov)
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
    return named.series(x / x.sum(), names, name="weight")


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


def portfolio_returns(weights: ArrayLike, returns: ArrayLike) -> "Floats | pd.Series[float]":
    """Returns (n,) of weights (k,) held at every one of the assets' returns (n, k)."""
    table, ordered = _table(returns), _named(weights, named.columns_of(returns), "returns")
    w = _vector(ordered, "weights")
    if table.shape[1] != len(w):
        raise DataNotFit(f"{len(w)} weights and {table.shape[1]} columns of returns")
    return named.series(table @ w, named.rows_of(returns), name="return")


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


def betas(returns: ArrayLike, benchmark: ArrayLike) -> "Floats | pd.Series[float]":
    """`statistics.beta` of each column of returns (n, k) on a benchmark (n,), shape (k,).

    A portfolio's beta is the sum of its weights times these. A frame and a Series are paired by date.
    """
    ours, theirs = named.paired(returns, benchmark)
    found = np.array(
        [statistics.beta(column, floats(theirs, of="returns")) for column in _table(ours).T]
    )
    return named.series(found, named.columns_of(returns), name="beta")


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


def _square(cov: Any) -> tuple[Floats, Labels]:
    """The covariance with its rows in the order of its columns, and their names."""
    names = named.columns_of(cov)
    c = floats(
        cov if names is None else named.by_rows(cov, names, of="covariance"), of="covariance"
    )
    if c.ndim != 2 or c.shape[0] != c.shape[1] or not np.isfinite(c).all():
        raise DataNotFit(f"expected a finite covariance (k, k), got {c.shape}")
    return c, names


def _named(weights: ArrayLike, names: Labels, beside: str) -> ArrayLike:
    ordered: ArrayLike = named.in_order(weights, names, parameter="weights", beside=beside)
    return ordered


def _pair(weights: ArrayLike, cov: ArrayLike) -> tuple[Floats, Floats, Labels]:
    """Weights in the order of the covariance, and the names of both."""
    c, names = _square(cov)
    w = _vector(_named(weights, names, "covariance"), "weights")
    if len(w) != len(c):
        raise DataNotFit(f"{len(w)} weights and a covariance of {len(c)}")
    return w, c, named.first_of(names, named.rows_of(weights))

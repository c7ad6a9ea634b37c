"""Why a portfolio did better than its benchmark: by group (Brinson) and by factor (regression)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from market import named
from market.arrays import Floats, floats
from market.errors import DataNotFit

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Brinson:
    """Effects by group, shape (g,), of one period or linked over several; all sum to `active`.

    Of frames they are Series with the names of the groups.
    """

    allocation: "Floats | pd.Series[float]"
    selection: "Floats | pd.Series[float]"
    interaction: "Floats | pd.Series[float]"
    active: float


def brinson(
    weights: ArrayLike,
    benchmark_weights: ArrayLike,
    returns: ArrayLike,
    benchmark_returns: ArrayLike,
) -> Brinson:
    """Brinson and Fachler (1985), linked over periods as Carino (1999).

    All shapes (t, g): weights of the groups at the start of each period, which sum to 1, and the
    groups' simple returns in it. Allocation is (w - v)(b - B) with v, b the benchmark's weight and
    return and B its total, selection v(r - b), interaction (w - v)(r - b). `active` is the
    difference of the compounded returns, which the linked effects sum to. Frames are matched by
    their periods and groups, which must be the same.
    """
    tables = (weights, benchmark_weights, returns, benchmark_returns)
    groups = named.first_of(*map(named.columns_of, tables))
    given = named.matched(*tables, of="weights and returns")
    w, v, r, b = (floats(table, of="weights and returns") for table in given)
    _check(w, v, r, b)
    ours, theirs = (w * r).sum(axis=1), (v * b).sum(axis=1)
    linked = _links(ours, theirs)[:, None]

    def by_group(effects: Floats) -> "Floats | pd.Series[float]":
        return named.series((linked * effects).sum(axis=0), groups)

    return Brinson(
        allocation=by_group((w - v) * (b - theirs[:, None])),
        selection=by_group(v * (r - b)),
        interaction=by_group((w - v) * (r - b)),
        active=float(np.prod(1.0 + ours) - np.prod(1.0 + theirs)),
    )


def _check(w: Floats, v: Floats, r: Floats, b: Floats) -> None:
    if w.ndim != 2 or not (w.shape == v.shape == r.shape == b.shape) or not w.size:
        raise DataNotFit(
            f"expected four arrays (t, g), got {[table.shape for table in (w, v, r, b)]}"
        )
    if not all(np.isfinite(table).all() for table in (w, v, r, b)):
        raise DataNotFit("weights and returns must be finite")
    for name, weights in (("weights", w), ("benchmark_weights", v)):
        if not np.allclose(weights.sum(axis=1), 1.0, rtol=0.0, atol=1e-9):
            raise DataNotFit(f"{name} of a period do not sum to 1")
    if ((w * r).sum(axis=1) <= -1.0).any() or ((v * b).sum(axis=1) <= -1.0).any():
        raise DataNotFit("a period lost everything: its return cannot be linked")


def _links(ours: Floats, theirs: Floats) -> Floats:
    """Carino's factor of each period over that of the whole span."""
    whole = _log_ratio(float(np.prod(1.0 + ours)) - 1.0, float(np.prod(1.0 + theirs)) - 1.0)
    pairs = zip(ours.tolist(), theirs.tolist(), strict=True)
    return np.array([_log_ratio(own, other) for own, other in pairs]) / whole


def _log_ratio(a: float, b: float) -> float:
    """(log(1 + a) - log(1 + b)) / (a - b); its limit 1 / (1 + a) where they are equal."""
    # Not two logarithms: of returns that are close their difference has few digits.
    relative = (a - b) / (1.0 + b)
    # Where both are equal, or all but, the quotient is 0 / 0.
    if abs(relative) < 1e-300:
        return 1.0 / (1.0 + a)
    return math.log1p(relative) / (a - b)


@dataclass(frozen=True, eq=False)
class FactorAttribution:
    """Least squares of returns on factors; figures are sums of simple returns over the span.

    `contributions` (f,) and `specific` sum to `total`; `specific` holds the intercept. Of a frame of
    factors both are Series with their names.
    """

    names: tuple[str, ...]
    exposures: "Floats | pd.Series[float]"
    contributions: "Floats | pd.Series[float]"
    specific: float
    total: float
    r_squared: float


def factor_attribution(
    returns: ArrayLike, factors: ArrayLike, *, names: Sequence[str] | None = None
) -> FactorAttribution:
    """Returns (n,) by their exposure to factor returns (n, f), estimated over the same span.

    A Series and a frame are paired by their dates; `names` are by default those of the frame's
    columns. Raises `DataNotFit` for NaN, fewer sessions than factors + 2, or factors that repeat
    each other.
    """
    columns = named.columns_of(factors)
    if names is None and columns is None:
        raise DataNotFit("factors have no names: give names=, or factors as a DataFrame")
    names = [str(name) for name in (columns if names is None else names)]
    pair = named.paired(returns, factors, of="returns and factors")
    r, f = (floats(side, of="returns and factors") for side in pair)
    if f.ndim != 2 or r.shape != f.shape[:1] or f.shape[1] != len(names):
        raise DataNotFit(f"returns {r.shape}, factors {f.shape}, {len(names)} names: do not fit")
    if not (np.isfinite(r).all() and np.isfinite(f).all()) or len(r) < f.shape[1] + 2:
        raise DataNotFit("expected finite values and more sessions than factors")
    design = np.column_stack([np.ones(len(r)), f])
    slopes, _, rank, _ = np.linalg.lstsq(design, r, rcond=None)
    if rank < design.shape[1]:
        raise DataNotFit("factors repeat each other: leave one out")
    residual, off = r - design @ slopes, r - r.mean()
    contributions = slopes[1:] * f.sum(axis=0)
    spread = float(off @ off)
    labels = None if columns is None else names
    return FactorAttribution(
        names=tuple(names),
        exposures=named.series(slopes[1:].astype(np.float64), labels),
        contributions=named.series(contributions, labels),
        specific=float(slopes[0] * len(r) + residual.sum()),
        total=float(r.sum()),
        r_squared=1.0 - float(residual @ residual) / spread if spread > 0.0 else math.nan,
    )

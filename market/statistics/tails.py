"""Value at risk, expected shortfall and the ratio of the tails, each by a named method."""

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.errors import BadParameter
from market.moments import deviation, mean, present, ratio, standardised_moment

TailMethod = Literal["historical", "gaussian", "cornish-fisher", "rockafellar-uryasev"]

_NORMAL = NormalDist()
_ROUNDING = 1e-9  # of a number of observations
_Measure = Callable[[Floats, float], float]


def value_at_risk(
    returns: ArrayLike, *, tail: float = 0.05, method: TailMethod = "historical"
) -> float:
    """The ``tail`` quantile of returns, negative for a loss.

    - ``historical``: of the sample, linear between neighbours (numpy's and empyrical's default);
    - ``gaussian``: mean + z * standard deviation (ddof 1);
    - ``cornish-fisher``: the same with z corrected for skew and kurtosis (Cornish and Fisher 1938);
      NaN where the corrected quantile falls anywhere in the tail, so is none (Maillard 2012);
    - ``rockafellar-uryasev``: the lowest return at or below which ``tail`` of the sample lies,
      which is what their minimum of the expected shortfall is attained at (2000).
    """
    return _measure(_QUANTILES, returns, tail, method)


def expected_shortfall(
    returns: ArrayLike, *, tail: float = 0.05, method: TailMethod = "historical"
) -> float:
    """The mean of returns in the lower ``tail``, negative for a loss.

    - ``historical``: mean of the int((n - 1) * tail) + 1 lowest returns (empyrical);
    - ``gaussian``: mean - standard deviation (ddof 1) * density(z) / tail;
    - ``cornish-fisher``: mean of that method's quantiles below ``tail``, in closed form;
    - ``rockafellar-uryasev``: mean of exactly ``tail`` * n lowest returns, the last one counted in
      part; what an optimiser of CVaR minimises.
    """
    return _measure(_SHORTFALLS, returns, tail, method)


def tail_ratio(returns: ArrayLike, *, tail: float = 0.05) -> float:
    """The upper ``tail`` quantile by the lower one, both without sign (historical, linear)."""
    lower = value_at_risk(returns, tail=tail)
    r = present(returns)
    return ratio(abs(_sample_quantile(r, 1.0 - tail)), abs(lower)) if len(r) else math.nan


def _measure(
    methods: Mapping[str, _Measure], returns: ArrayLike, tail: float, method: str
) -> float:
    # A tail of 0.95 is the 95 % that others name: its quantile would be a gain, without a word.
    if not 0.0 < tail <= 0.5:
        said = f"tail={tail}: expected the share of the worst sessions, above 0 and at most 0.5"
        raise BadParameter(f"{said}: 0.05 for what is called 95 %", parameter="tail")
    if method not in methods:
        known = ", ".join(get_args(TailMethod))
        raise BadParameter(f"method={method!r}: expected one of {known}", parameter="method")
    r = present(returns)
    return methods[method](r, tail) if len(r) else math.nan


def _sample_quantile(r: Floats, tail: float) -> float:
    return float(np.quantile(r, tail))


def _lowest(r: Floats, tail: float) -> float:
    return mean(np.sort(r)[: int((len(r) - 1) * tail) + 1])


def _gaussian_quantile(r: Floats, tail: float) -> float:
    return mean(r) + deviation(r) * _NORMAL.inv_cdf(tail)


def _gaussian_shortfall(r: Floats, tail: float) -> float:
    return mean(r) - deviation(r) * _NORMAL.pdf(_NORMAL.inv_cdf(tail)) / tail


def _corrected_quantile(r: Floats, tail: float) -> float:
    z, (s, k) = _NORMAL.inv_cdf(tail), _shape(r)
    if not _rises(tail, s, k):
        return math.nan
    cubic = (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
    return mean(r) + deviation(r) * (z + (z**2 - 1) * s / 6 + cubic)


def _corrected_shortfall(r: Floats, tail: float) -> float:
    z, (s, k) = _NORMAL.inv_cdf(tail), _shape(r)
    if not _rises(tail, s, k):
        return math.nan
    # Each Hermite polynomial times the density integrates to minus the polynomial before it.
    factor = 1 + z * s / 6 + (z**2 - 1) * k / 24 - (2 * z**2 - 1) * s**2 / 36
    return mean(r) - deviation(r) * _NORMAL.pdf(z) / tail * factor


def _shape(r: Floats) -> tuple[float, float]:
    """Skew and excess kurtosis, biased; NaN without a spread."""
    return standardised_moment(r, 3), standardised_moment(r, 4) - 3.0


def _rises(tail: float, s: float, k: float) -> bool:
    """Whether the corrected quantile rises with x over the tail, its last hundredth left out."""
    far, z = _NORMAL.inv_cdf(tail / 100), _NORMAL.inv_cdf(tail)
    a, b, c = k / 8 - s**2 / 6, s / 3, 1 - k / 8 + 5 * s**2 / 36
    # Its slope is a parabola: lowest at an end, or at the turn if that lies between.
    turn = -b / (2 * a) if a else far
    places = (far, z, min(max(turn, far), z))
    return all(a * x**2 + b * x + c > 0 for x in places)


def _order_statistic(r: Floats, tail: float) -> float:
    # Rounded first: 0.07 of 100 is 7.000000000000001 in floats, and the eighth is not meant.
    place = math.ceil(tail * len(r) - _ROUNDING) - 1
    return float(np.sort(r)[max(place, 0)])


def _fractional(r: Floats, tail: float) -> float:
    ordered, mass = np.sort(r), tail * len(r)
    whole = int(mass)
    # ``tail`` is below 1, so there is one more return than whole ones counted.
    rest = (mass - whole) * ordered[whole] if mass > whole else 0.0
    return (math.fsum(ordered[:whole].tolist()) + float(rest)) / mass


_QUANTILES: dict[str, _Measure] = {
    "historical": _sample_quantile,
    "gaussian": _gaussian_quantile,
    "cornish-fisher": _corrected_quantile,
    "rockafellar-uryasev": _order_statistic,
}
_SHORTFALLS: dict[str, _Measure] = {
    "historical": _lowest,
    "gaussian": _gaussian_shortfall,
    "cornish-fisher": _corrected_shortfall,
    "rockafellar-uryasev": _fractional,
}

"""What a scenario would cost, position by position, and whether a drawdown limit was reached."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from market import named
from market.arrays import floats
from market.errors import BadParameter, DataNotFit

if TYPE_CHECKING:
    import pandas as pd

_ROUNDING = 1e-12


def stress(
    weights: "Mapping[str, float] | pd.Series[float]",
    shocks: "Mapping[str, float] | pd.Series[float]",
    *,
    exposures: "Mapping[str, Mapping[str, float]] | pd.DataFrame | None" = None,
) -> dict[str, float]:
    """What a scenario does to equity, by position, as a share of it; the sum is the portfolio's.

    `shocks` are simple returns of instruments, or of the factors that `exposures` (instrument to
    factor to beta, or a frame with a row for each instrument) refer to. An instrument's own shock comes before its exposures; what neither
    names does not move. Raises `BadParameter` for a shock that reaches no position.
    """
    # What pandas made is told by its labels: it runs over its values, and over its columns.
    weights, shocks = dict(weights), dict(shocks)
    betas_of = _by_row(exposures)
    reached = {*weights, *(factor for name in weights for factor in betas_of.get(name, {}))}
    for name in shocks:
        if name not in reached:
            raise BadParameter(f"shock {name!r} reaches no position", parameter="shocks")
    return {
        name: weight * shocks.get(name, _through(betas_of.get(name, {}), shocks))
        for name, weight in weights.items()
    }


def drawdown_breach(equity: ArrayLike, *, limit: float) -> int | None:
    """The first row at which equity (n,) is `limit` (0 to 1) or more below its highest so far.

    A fall to exactly the limit reaches it, whatever its last binary digit.
    """
    if not 0.0 < limit < 1.0:
        raise BadParameter(f"limit={limit}: expected between 0 and 1", parameter="limit")
    value = floats(equity, of="equity")
    if value.ndim != 1 or not (np.isfinite(value) & (value > 0.0)).all():
        raise DataNotFit("expected equity of shape (n,), finite and above 0")
    peak = np.maximum.accumulate(value)
    below = peak - value >= limit * peak * (1.0 - _ROUNDING)
    return int(np.argmax(below)) if below.any() else None


def _by_row(exposures: Any) -> Mapping[str, Mapping[str, float]]:
    if named.columns_of(exposures) is None:
        return exposures or {}
    return {name: dict(exposures.loc[name]) for name in exposures.index}


def _through(exposure: Mapping[str, float], shocks: Mapping[str, float]) -> float:
    return math.fsum(beta * shocks.get(factor, 0.0) for factor, beta in exposure.items())

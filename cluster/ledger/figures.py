"""The figures that a trial says of its returns."""

import math
from typing import Any

from market.arrays import Floats
from market.statistics import kurtosis, sharpe, skew


def figures_of(returns: Floats) -> dict[str, Any]:
    """What a trial says of its returns (n,), None where it is undefined.

    Per session, and plain kurtosis (3 for a normal): so the ledger holds them. Ours is the excess.
    """
    return {
        "sessions": len(returns),
        "sharpe": _known(sharpe(returns, sessions_per_year=1)),
        "skew": _known(skew(returns)),
        "kurtosis": _known(kurtosis(returns) + 3.0),
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None

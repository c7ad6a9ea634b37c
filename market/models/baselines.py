"""The naive models that every other model has to beat, and that serve until one does."""

import numpy as np

from market.arrays import Floats
from market.errors import DataNotFit
from market.features import CLOSE_VOLATILITY

PERSISTENCE_COLUMN = CLOSE_VOLATILITY.names.index("relative_21")
"""The feature whose sign says whether volatility is above its usual now."""


def persistence_class(features: Floats) -> Floats:
    """1.0 where the last 21 sessions were above the five-year median, else 0.0; NaN stays NaN.

    ``features`` (m, k) of ``CLOSE_VOLATILITY``. The forecast that the regime stays as it is.
    """
    relative = features[:, PERSISTENCE_COLUMN]
    # Asked first: NaN > 0 is false, which would be a calm regime.
    return np.where(np.isnan(relative), np.nan, (relative > 0.0).astype(np.float64))


def persistence_frequencies(features: Floats, label: Floats) -> Floats:
    """How often the label was 1 after a calm and after a turbulent month, shape (2,)."""
    now = persistence_class(features)
    if not {0.0, 1.0} <= set(np.unique(now).tolist()):
        raise DataNotFit("persistence needs rows of both regimes")
    return np.array([label[now == regime].mean() for regime in (0.0, 1.0)])


def persistence_probability(features: Floats, frequencies: Floats) -> Floats:
    """Probability (m,) of a turbulent next month: the frequency of the present regime."""
    now = persistence_class(features)
    return np.where(np.isnan(now), np.nan, np.where(now > 0.0, frequencies[1], frequencies[0]))

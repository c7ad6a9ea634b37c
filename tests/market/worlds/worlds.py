"""What the tests of worlds share."""

from datetime import date

import numpy as np

from market.bars import Bars
from market.worlds import SyntheticWorld

FIELDS = ("timestamp", "session", "open", "high", "low", "close", "volume", "available_at")
FIRST, LAST = date(1990, 1, 1), date(2039, 12, 31)


def world(**changes) -> SyntheticWorld:
    """Two years of New York, with changes."""
    arguments = {"start": date(2022, 1, 1), "end": date(2023, 12, 31)} | changes
    return SyntheticWorld(**arguments)


def assert_equal(one: Bars, other: Bars) -> None:
    """Equal to the last bit."""
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def z_of(values) -> float:
    """The mean in standard errors."""
    values = np.asarray(values)
    return float(values.mean() / values.std(ddof=1) * np.sqrt(values.size))

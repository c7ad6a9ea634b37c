"""Weights of labels by uniqueness: a return that several labels share counts in each for a part."""

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats
from market.compiled import compiled
from market.errors import DataNotFit
from market.labels.measures import Labels


def uniqueness(labels: Labels) -> Floats:
    """Each label's mean of 1 / (labels that read the session), over its sessions t+1 to end; (n,).

    From above 0 to 1; 1 where no other label overlaps, NaN where the label is unknown (López de
    Prado 2018, section 4.4). Unknown labels share nothing. It reads labels that come after t, so
    it weighs training rows and is no feature.
    """
    known = np.isfinite(labels.value)
    rows = np.arange(len(known))
    if (known & ((labels.end <= rows) | (labels.end >= len(known)))).any():
        raise DataNotFit("a known label ends at its own row or beyond the data")
    return _mean_shares(known, labels.end)


@compiled
def _mean_shares(known: NDArray[np.bool_], end: NDArray[np.int64]) -> Floats:
    count = len(end)
    readers = np.zeros(count)
    for row in range(count):
        if known[row]:
            for at in range(row + 1, end[row] + 1):
                readers[at] += 1.0
    weight = np.full(count, np.nan)
    for row in range(count):
        if known[row]:
            total = 0.0
            for at in range(row + 1, end[row] + 1):
                total += 1.0 / readers[at]
            weight[row] = total / (end[row] - row)
    return weight

"""What a portfolio strategy may look at besides its inputs: the past, up to the date it decides at."""

from dataclasses import dataclass

import numpy as np

from market.arrays import Floats


@dataclass(frozen=True, eq=False)
class Book:
    """The state of the world at one close, for n instruments.

    `closes` (h + 1, n) are this session and the h before it, oldest first: h is the value of the
    strategy's `history`, fewer rows at the start; NaN without a bar. `asked` (n,) are the weights
    that it asked for last, all 0 at first. `instrument_ids` (n,) are who stands where, such as
    `sample:AAPL`.
    """

    session: np.datetime64
    asked: Floats
    closes: Floats
    instrument_ids: tuple[str, ...]

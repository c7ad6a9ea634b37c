"""A function under check: its output on all bars, and on bars that were cut or replaced."""

from functools import lru_cache

import numpy as np
import pandas as pd

from market.arrays import Floats
from market.errors import DataNotFit
from market.leaks.futures import FUTURES, Future, replaced
from market.leaks.outputs import Function, Output, differences, evaluate, scales


class Subject:
    """Runs the function and compares with its output on all bars (``base``).

    Changes are in units of the scale, shape (row + 1, k): see ``outputs.differences``.
    """

    def __init__(self, function: Function, bars: pd.DataFrame, *, seed: int) -> None:
        """Raises DataNotFit if the function fails on all the bars."""
        self.function, self.bars, self.seed = function, bars, seed
        self.base: Output = evaluate(function, bars)
        self.scale: Floats = scales(self.base.rows)
        self.refused: set[str] = set()
        self.cut = lru_cache(maxsize=None)(self._cut)
        self.replace = lru_cache(maxsize=None)(self._replace)

    @property
    def names(self) -> tuple[str, ...]:
        return self.base.names

    def again(self) -> Floats:
        """The change from running it on the same bars once more."""
        return self._changes(evaluate(self.function, self.bars), len(self.bars) - 1)

    def _cut(self, row: int) -> Floats:
        """The change from knowing nothing after ``row``.

        A function that fails then has no values: a difference where it had some, and none in its
        warm-up.
        """
        try:
            output = evaluate(self.function, self.bars.iloc[: row + 1])
        except DataNotFit:
            output = Output(self.names, np.full((row + 1, len(self.names)), np.nan))
        return self._changes(output, row)

    def _replace(self, row: int, future: Future) -> Floats | None:
        """The change from another future after ``row``; None if the function refuses that one."""
        try:
            output = evaluate(self.function, replaced(self.bars, row, future, seed=self.seed))
        except DataNotFit:
            self.refused.add(future.name)
            return None
        return self._changes(output, row)

    def changes_at(self, row: int, ahead: int) -> Floats:
        """The largest change (k,) of ``row`` itself when all after ``row + ahead`` is unknown."""
        worlds = [self.cut(row + ahead), *(self.replace(row + ahead, one) for one in FUTURES)]
        largest: Floats = np.max([one[row] for one in worlds if one is not None], axis=0)
        return largest

    def _changes(self, output: Output, row: int) -> Floats:
        until = slice(0, row + 1)
        other = output.ordered(self.names)[until]
        return differences(self.base.rows[until], other, self.scale[until])

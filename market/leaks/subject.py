"""A function under check: its output on all bars, and on bars that were cut, replaced or changed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market.arrays import Floats, Mask
from market.errors import DataNotFit
from market.leaks.futures import DOSES, FUTURES, Future, replaced
from market.leaks.outputs import TOLERANCE, Function, Output, differences, evaluate, scales

Afresh = Callable[[Sequence[pd.DataFrame]], Sequence[Output | None]]
"""Runs the function on each of these bars in turn, with no memory of any call before the first."""

_GROWTH = 10.0  # a rounding error does not grow when the future is multiplied by 1e9


@dataclass(frozen=True, eq=False)
class Seen:
    """What a probe that changed all after ``row`` showed of k columns.

    ``first`` (k,) is the earliest row that changed, -1 for none; ``largest`` (k,) the largest
    change; ``faint`` (k,) says whether something changed by less than the tolerance.
    """

    row: int
    first: NDArray[np.int64]
    largest: Floats
    faint: Mask

    @classmethod
    def of(cls, row: int, changes: Floats) -> "Seen":
        """From changes (row + 1, k) in units of the scale."""
        shown = changes > TOLERANCE
        first = np.where(shown.any(axis=0), shown.argmax(axis=0), -1)
        faint: Mask = np.any((changes > 0) & ~shown, axis=0)
        return cls(row, first, changes.max(axis=0), faint)


class Subject:
    """Runs the function and compares with its output on all bars (``base``)."""

    def __init__(self, function: Function, bars: pd.DataFrame, *, seed: int) -> None:
        """Raises DataNotFit if the function fails on all the bars."""
        self.function, self.bars, self.seed = function, bars, seed
        self.base: Output = evaluate(function, bars)
        self.scale: Floats = scales(self.base.rows)
        self.refused: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        return self.base.names

    def again(self) -> Seen:
        """What running it on the same bars once more changed."""
        last = len(self.bars) - 1
        try:
            return self._seen(evaluate(self.function, self.bars), last)
        except DataNotFit:
            # It worked on these very bars: failing now changes every value.
            return Seen.of(last, np.full(self.scale.shape, np.inf))

    def cut(self, row: int) -> Seen:
        """What knowing nothing after ``row`` changed.

        A function that fails then has no values: a difference where it had some, and none in its
        warm-up.
        """
        try:
            return self._seen(evaluate(self.function, self.bars.iloc[: row + 1]), row)
        except DataNotFit:
            return self._seen(None, row)

    def afresh(self, run: Afresh, rows: Sequence[int]) -> list[Seen]:
        """The same for rising ``rows``, by a function that knows of nothing later from before."""
        outputs = run([self.bars.iloc[: row + 1] for row in rows])
        return [self._seen(output, row) for row, output in zip(rows, outputs, strict=True)]

    def futures(self, row: int) -> Iterator[tuple[str, Seen]]:
        """What each other future after ``row`` changed; those that the function refuses are left out."""
        for future in FUTURES:
            changes = self._replace(row, future)
            if changes is not None:
                yield future.name, Seen.of(row, changes)

    def doses(self, row: int) -> Iterator[tuple[str, Seen]]:
        """The same for futures of growing level.

        A change too small to count, if it grows with the level, is given as a large one.
        """
        least: Floats | None = None
        for future in DOSES:
            changes = self._replace(row, future)
            if changes is None:
                continue
            least = changes if least is None else least
            grown = changes > _GROWTH * least
            counted = np.where(grown, np.maximum(changes, 2 * TOLERANCE), changes)
            yield future.name, Seen.of(row, counted)

    def last_values(self, bars: pd.DataFrame) -> Floats:
        """The last two rows (2, k) of the output on other bars. Raises DataNotFit if it fails."""
        return evaluate(self.function, bars).ordered(self.names)[-2:]

    def _replace(self, row: int, future: Future) -> Floats | None:
        try:
            output = evaluate(self.function, replaced(self.bars, row, future, seed=self.seed))
        except DataNotFit:
            self.refused.add(future.name)
            return None
        return self._changes(output, row)

    def _seen(self, output: Output | None, row: int) -> Seen:
        absent = Output(self.names, np.full((row + 1, len(self.names)), np.nan))
        return Seen.of(row, self._changes(output or absent, row))

    def _changes(self, output: Output, row: int) -> Floats:
        until = slice(0, row + 1)
        other = output.ordered(self.names)[until]
        return differences(self.base.rows[until], other, self.scale[until])

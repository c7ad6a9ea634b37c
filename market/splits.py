"""Walk-forward splits of a panel by date, purged so that no outcome is seen before its test."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days
from market.errors import DataNotFit

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fold:
    """A span of test sessions, both ends included."""

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start.year}-{self.end.year}"


SIX_FOLDS = tuple(Fold(date(year, 1, 1), date(year + 2, 12, 31)) for year in range(2005, 2023, 3))
"""Three years each, 2005 to 2022: what the accuracy gates are measured on."""


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of the panel that a fold trains and tests on."""

    fold: Fold
    train: Rows
    test: Rows


def walk_forward(session: Days, settled: Days, folds: Sequence[Fold]) -> list[Split]:
    """One split a fold: tested on the fold's rows, trained on all rows settled before it.

    ``session`` (n,) is each row's date and ``settled`` (n,) the session whose close settles its
    label, NaT if that has not come; rows of all instruments stand in one panel. Training keeps a
    row only if its label is settled before the fold's first day, so that no test label shares a
    return with training (purging, López de Prado 2018, chapter 7); an embargo is not needed, for
    nothing after the fold is trained on. Raises DataNotFit for a fold without rows on both sides.
    """
    return [_split(session, settled, fold) for fold in folds]


def _split(session: Days, settled: Days, fold: Fold) -> Split:
    start, end = np.datetime64(fold.start), np.datetime64(fold.end)
    known = ~np.isnat(settled)
    train = np.flatnonzero(known & (settled < start))
    test = np.flatnonzero(known & (session >= start) & (session <= end))
    if not (len(train) and len(test)):
        raise DataNotFit(f"fold {fold}: {len(train)} rows to train on, {len(test)} to test")
    return Split(fold, train, test)

"""Purged k-fold: training on both sides of a test, without what its labels touch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from market.arrays import Days, RowNumbers, to_days
from market.errors import DataNotFit
from market.parameters import require_whole
from market.splits.folds import equal_folds


@dataclass(frozen=True, eq=False)
class PurgedSplit:
    """Row numbers to train and test on; ``tested`` are the numbers of the folds tested.

    ``tests`` holds the test rows of each of those folds apart, ``test`` all of them.
    """

    tested: tuple[int, ...]
    train: RowNumbers
    tests: tuple[RowNumbers, ...]

    @property
    def test(self) -> RowNumbers:
        """All test rows, in row order."""
        return np.sort(np.concatenate(self.tests))


def purged_kfold(
    session: object, settled: object, *, folds: int, embargo: int = 0
) -> list[PurgedSplit]:
    """Each of ``folds`` equal spans tested once, trained on the rest less purge and embargo.

    Purged is a row whose span shares a date with the span of the test, which runs from its first
    session to the last date that settles one of its labels; under embargo are the ``embargo``
    sessions after that (López de Prado 2018, chapter 7), because features there look back into
    the test. Raises DataNotFit where a split has no rows on one side.
    """
    panel = FoldedRows.of(session, settled, folds, embargo)
    return [panel.split((number,)) for number in range(folds)]


@dataclass(frozen=True, eq=False)
class FoldedRows:
    """Settled rows by session number, cut into folds: what every purged split starts from.

    ``begins`` and ``ends`` (m,) number the sessions of each settled row's span among ``days``;
    ``fold`` (m,) is the fold of its session, ``rows`` (m,) its place in the caller's panel.
    """

    rows: RowNumbers
    begins: RowNumbers
    ends: RowNumbers
    fold: RowNumbers
    embargo: int

    @classmethod
    def of(cls, session: object, settled: object, folds: int, embargo: int) -> "FoldedRows":
        """Checks the panel; sessions are the dates of settled rows and those that settle them."""
        require_whole("embargo", embargo, least=0)
        days_of, settled_on = spans(session, settled)
        rows = np.flatnonzero(~np.isnat(settled_on))
        begin, end = days_of[rows], settled_on[rows]
        starts = [np.datetime64(fold.start) for fold in equal_folds(begin, folds)]
        # By its session, not by its place: rows of a panel come in any order.
        fold = np.searchsorted(np.array(starts), begin, side="right") - 1
        days = np.unique(np.concatenate([begin, end]))
        return cls(rows, np.searchsorted(days, begin), np.searchsorted(days, end), fold, embargo)

    def split(self, tested: tuple[int, ...]) -> PurgedSplit:
        """Tests those folds (in rising order), trains on what none of their runs touches."""
        free = np.ones(len(self.rows), dtype=np.bool_)
        for run in _runs(tested):
            own = np.isin(self.fold, run)
            first, last = self.begins[own].min(), self.ends[own].max()
            free &= (self.ends < first) | (self.begins > last + self.embargo)
        if not free.any():
            raise DataNotFit(f"testing folds {list(tested)} leaves no rows to train on")
        tests = tuple(self.rows[self.fold == fold] for fold in tested)
        return PurgedSplit(tested, self.rows[free], tests)


def spans(session: object, settled: object) -> tuple[Days, Days]:
    """Both as dates; DataNotFit unless each row has a session, and settles on it, later, or not yet."""
    first, last = (
        to_days(dates, name=name, gaps=True)
        for dates, name in ((session, "session"), (settled, "settled"))
    )
    if first.shape != last.shape:
        raise DataNotFit(
            f"sessions {first.shape} and settling dates {last.shape}: expected (n,) of each"
        )
    if np.isnat(first).any() or (last < first).any():  # false of NaT
        raise DataNotFit("expected a session and a settling date a row, on its session or after")
    return first, last


def _runs(tested: Sequence[int]) -> list[list[int]]:
    """Folds that stand side by side are one test: [0, 1, 3] is [[0, 1], [3]]."""
    runs = [[tested[0]]]
    for before, fold in pairwise(tested):
        if fold == before + 1:
            runs[-1].append(fold)
        else:
            runs.append([fold])
    return runs

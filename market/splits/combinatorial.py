"""Combinatorial purged cross-validation: many test paths from one history."""

from itertools import combinations
from math import comb

import numpy as np

from market.arrays import RowNumbers
from market.errors import BadParameter
from market.parameters import require_whole
from market.splits.purging import FoldedRows, PurgedSplit

_MOST = 20_000  # splits; 16 folds of which 8 are tested make 12,870


def combinatorial_purged(
    session: object, settled: object, *, folds: int, tested: int, embargo: int = 0
) -> list[PurgedSplit]:
    """Every choice of ``tested`` out of ``folds`` equal spans, in order (López de Prado, chapter 12).

    Purge and embargo are as in ``purged_kfold``, around each run of neighbouring test folds. On one
    series whose labels all span h sessions it is skfolio's CombinatorialPurgedCV with
    ``purged_size=h``; that class knows rows alone, neither dates nor panels nor label spans. Raises
    BadParameter for more than 20,000 splits.
    """
    _check(folds, tested)
    panel = FoldedRows.of(session, settled, folds, embargo)
    return [panel.split(chosen) for chosen in combinations(range(folds), tested)]


def combinatorial_paths(*, folds: int, tested: int) -> RowNumbers:
    """Which split tests each fold on each path, shape (paths, folds).

    Path p takes for every fold the p-th split that tests it; there are comb(folds - 1, tested - 1).
    """
    _check(folds, tested)
    chosen = list(combinations(range(folds), tested))
    by_fold = [
        [at for at, combination in enumerate(chosen) if fold in combination]
        for fold in range(folds)
    ]
    return np.array(by_fold, dtype=np.int64).T


def _check(folds: int, tested: int) -> None:
    require_whole("folds", folds, least=2)
    require_whole("tested", tested, least=1)
    if tested >= folds:
        raise BadParameter(
            f"tested={tested}: expected 1 to {folds - 1} of the folds", parameter="tested"
        )
    if (count := comb(folds, tested)) > _MOST:
        raise BadParameter(
            f"folds={folds}, tested={tested}: {count} splits, expected at most {_MOST}",
            parameter="folds",
        )

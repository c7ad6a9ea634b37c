"""Walk-forward splits: trained on what was settled before, tested on what came next."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from market.arrays import Days, RowNumbers
from market.errors import DataNotFit
from market.parameters import require_whole
from market.splits.folds import Fold
from market.splits.purging import spans


@dataclass(frozen=True, eq=False)
class WalkForwardSplit:
    """Row numbers of the panel that a fold trains and tests on."""

    fold: Fold
    train: RowNumbers
    test: RowNumbers


def walk_forward(
    session: object, settled: object, folds: Sequence[Fold], *, window: int | None = None
) -> list[WalkForwardSplit]:
    """One split a fold: tested on the fold's rows, trained on all rows settled before it.

    Training keeps a row only if its label is settled before the fold's first day, so that no test
    label shares a return with training (purging, López de Prado 2018, chapter 7); an embargo is not
    needed, for nothing after the fold is trained on. ``window`` keeps the last so many sessions of
    training alone. Raises DataNotFit for a fold without rows on both sides, and for labels settled
    before their session.
    """
    days, settled_on = spans(session, settled)
    if window is not None:
        require_whole("window", window, least=1)
    return [_split(days, settled_on, fold, window) for fold in folds]


def _split(session: Days, settled: Days, fold: Fold, window: int | None) -> WalkForwardSplit:
    start, end = np.datetime64(fold.start), np.datetime64(fold.end)
    known = ~np.isnat(settled)
    train = np.flatnonzero(known & (settled < start))
    if window is not None and len(train):
        # Sessions, not rows: a panel has a row for every instrument of each.
        kept = np.unique(session[train])[-window:]
        train = train[session[train] >= kept[0]]
    test = np.flatnonzero(known & (session >= start) & (session <= end))
    if not (len(train) and len(test)):
        raise DataNotFit(f"fold {fold}: {len(train)} rows to train on, {len(test)} to test")
    return WalkForwardSplit(fold, train, test)

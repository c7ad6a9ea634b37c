"""Splits of a panel by date, purged so that no outcome is seen on the other side.

A panel holds rows of all instruments in any order. ``session`` (n,) is each row's date and
``settled`` (n,) the session whose close settles its label, NaT if that has not come: a label spans
both dates and all between. Two rows touch if their spans share a date, whatever the instrument,
because instruments move together. Rows not settled are in no training and no test.
Dates are of any kind that `to_days` takes. ``Splitter`` holds splits as scikit-learn takes them.
"""

from market.splits.combinatorial import combinatorial_paths, combinatorial_purged
from market.splits.folds import SIX_FOLDS, Fold, consecutive_folds, equal_folds
from market.splits.purging import PurgedSplit, purged_kfold
from market.splits.splitter import Splitter
from market.splits.walk_forward import WalkForwardSplit, walk_forward

__all__ = [
    "SIX_FOLDS",
    "Fold",
    "PurgedSplit",
    "Splitter",
    "WalkForwardSplit",
    "combinatorial_paths",
    "combinatorial_purged",
    "consecutive_folds",
    "equal_folds",
    "purged_kfold",
    "walk_forward",
]

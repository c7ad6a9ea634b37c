"""Dated splits in the form that scikit-learn takes as ``cv``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from market.arrays import RowNumbers
from market.errors import DataNotFit
from market.splits.combinatorial import combinatorial_purged
from market.splits.folds import Fold
from market.splits.purging import PurgedSplit, purged_kfold
from market.splits.walk_forward import WalkForwardSplit, walk_forward


@dataclass(frozen=True, eq=False)
class Splitter:
    """Splits of a panel of ``rows`` rows, for ``cross_val_score(model, X, y, cv=splitter)``.

    ``X`` has the rows of the panel in its order. Rows that are not settled are in no split, so what
    needs each row tested once (``cross_val_predict``) wants them left out beforehand.
    """

    rows: int
    splits: Sequence[PurgedSplit | WalkForwardSplit]

    @classmethod
    def purged(
        cls, session: object, settled: object, *, folds: int, embargo: int = 0
    ) -> "Splitter":
        """Of ``purged_kfold``."""
        splits = purged_kfold(session, settled, folds=folds, embargo=embargo)
        return cls(_rows(session), splits)

    @classmethod
    def combinatorial(
        cls, session: object, settled: object, *, folds: int, tested: int, embargo: int = 0
    ) -> "Splitter":
        """Of ``combinatorial_purged``."""
        splits = combinatorial_purged(session, settled, folds=folds, tested=tested, embargo=embargo)
        return cls(_rows(session), splits)

    @classmethod
    def walk_forward(
        cls,
        session: object,
        settled: object,
        folds: Sequence[Fold],
        *,
        window: int | None = None,
    ) -> "Splitter":
        """Of ``walk_forward``."""
        return cls(_rows(session), walk_forward(session, settled, folds, window=window))

    def split(
        self,
        X: object = None,
        y: object = None,
        groups: object = None,
    ) -> Iterator[tuple[RowNumbers, RowNumbers]]:
        """Row numbers to train and to test on, a pair a split; DataNotFit for other rows than the panel's."""
        if X is not None and _rows(X) != self.rows:
            raise DataNotFit(
                f"X has {_rows(X)} rows and the splits are of {self.rows}: give both the same panel"
            )
        return iter([(each.train, each.test) for each in self.splits])

    def get_n_splits(
        self,
        X: object = None,
        y: object = None,
        groups: object = None,
    ) -> int:
        """How many splits there are."""
        return len(self.splits)


def _rows(table: object) -> int:
    shape: tuple[int, ...] = getattr(table, "shape", ())
    return shape[0] if shape else len(table)  # type: ignore[arg-type]  # a list has no shape

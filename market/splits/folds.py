"""Folds: the spans of sessions that are tested."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from market.arrays import Days, from_day, to_days
from market.errors import DataNotFit
from market.parameters import require_whole


@dataclass(frozen=True, slots=True)
class Fold:
    """A span of test sessions, both ends included."""

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start.year}-{self.end.year}"


SIX_FOLDS = tuple(Fold(date(year, 1, 1), date(year + 2, 12, 31)) for year in range(2005, 2023, 3))
"""Three years each, 2005 to 2022: what the accuracy gates are measured on."""


def equal_folds(session: object, folds: int) -> tuple[Fold, ...]:
    """The panel's sessions in ``folds`` consecutive spans of equal number; the last takes the rest.

    As skfolio cuts them. Raises DataNotFit for fewer sessions than folds.
    """
    require_whole("folds", folds, least=2)
    days = np.unique(to_days(session))
    length = len(days) // folds
    if not length:
        raise DataNotFit(f"{len(days)} sessions cannot be cut into {folds} folds")
    starts = [*range(0, folds * length, length)]
    ends = [*starts[1:], len(days)]
    return tuple(_fold(days[a:b]) for a, b in zip(starts, ends, strict=True))


def consecutive_folds(session: object, *, first: int, length: int) -> tuple[Fold, ...]:
    """Folds of ``length`` sessions each, from the panel's session number ``first`` (from 0) on.

    For ``walk_forward``. Sessions at the end that fill no fold are in none, as in skfolio.
    """
    require_whole("first", first, least=1)
    require_whole("length", length, least=1)
    days = np.unique(to_days(session))
    return tuple(
        _fold(days[at : at + length]) for at in range(first, len(days) - length + 1, length)
    )


def _fold(days: Days) -> Fold:
    return Fold(from_day(days[0]), from_day(days[-1]))

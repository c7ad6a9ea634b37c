"""From which row a column leaks and how far ahead it reads, both by bisection."""

from collections.abc import Callable, Iterable

from market.leaks.outputs import TOLERANCE
from market.leaks.subject import Subject


def first_leak(subject: Subject, column: int, seen: int) -> int:
    """The earliest row at which the column leaks; ``seen`` is one that was found to.

    A leak that begins after its warm-up goes on: so the first cut that shows it is found by
    halving.
    """

    def shows(row: int) -> bool:
        return bool((subject.cut(row)[:, column] > TOLERANCE).any())

    cut = _first(shows, 0, seen)
    if not shows(cut):
        return seen
    return min(seen, int((subject.cut(cut)[:, column] > TOLERANCE).argmax()))


def bars_ahead(subject: Subject, column: int, rows: Iterable[int]) -> int:
    """How many rows after a row its value is settled; the most of ``rows``."""
    return max(_ahead(subject, column, row) for row in rows)


def _ahead(subject: Subject, column: int, row: int) -> int:
    def settled(ahead: int) -> bool:
        # Nothing is left to cut off or replace after the last row.
        if row + ahead >= len(subject.bars) - 1:
            return True
        return bool(subject.changes_at(row, ahead)[column] <= TOLERANCE)

    return _first(settled, 0, len(subject.bars) - 1 - row)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The least number from ``low`` to ``high`` that holds, taking ``high`` for one that does."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low

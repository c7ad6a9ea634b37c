"""What the probes have shown of each column: since which row it leaks, and how far ahead it reads."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np

from market.arrays import Mask
from market.leaks.report import Finding
from market.leaks.subject import Seen

ProbeKind = Literal["again", "cut", "futures", "doses", "afresh"]


class Evidence:
    """Adds probes up, by column, and keeps of each no more than who was shown at which row."""

    def __init__(self, columns: int, rows: int) -> None:
        self.probes = 0
        self.first = np.full(columns, rows)
        self.ahead = np.zeros(columns, dtype=np.int64)
        self.largest = np.zeros(columns)
        self.faint = np.zeros(columns, dtype=np.bool_)
        self.random = np.zeros(columns, dtype=np.bool_)
        self._said: dict[int, str] = {}
        self._shown: dict[ProbeKind, dict[int, Mask]] = defaultdict(dict)

    @property
    def leaking(self) -> list[int]:
        """The columns found to leak, in order."""
        return sorted(self._said)

    def add(self, kind: ProbeKind, said: str, seen: Seen) -> None:
        """Count one probe. A value that a change after ``row`` alters reads past that row."""
        self.probes += 1
        shown = seen.first >= 0
        for column in np.flatnonzero(shown).tolist():
            # The first probe that showed it names the finding.
            self._said.setdefault(column, said)
        self.first = np.where(shown, np.minimum(self.first, seen.first), self.first)
        self.largest = np.maximum(self.largest, seen.largest)
        # The same bars once more say nothing of how far ahead a value reads.
        if kind == "again":
            self.random |= shown
            return
        self.ahead = np.maximum(self.ahead, np.where(shown, seen.row + 1 - seen.first, 0))
        self.faint |= seen.faint & (kind == "cut")
        before = self._shown[kind].get(seen.row)
        self._shown[kind][seen.row] = shown if before is None else before | shown

    def gap(self, kind: ProbeKind, column: int) -> tuple[int, int]:
        """The lowest row at which this kind of probe shows the column, and the next below tried.

        (-1, -1) if it never does.
        """
        tried = self._shown[kind]
        high = min((row for row, shown in tried.items() if shown[column]), default=-1)
        return max((row for row in tried if row < high), default=-1), high

    def finding(self, column: int, name: str) -> Finding:
        """The column's report; where the function rolls dice, no bar settles a value."""
        ahead = None if self.random[column] else int(self.ahead[column]) or None
        first, largest = int(self.first[column]), float(self.largest[column])
        return Finding(name, self._said[column], first, ahead, largest)


Probe = Callable[[int], Iterator[tuple[str, Seen]]]
"""Takes a row; gives what each probe of one kind at that row is called, and what it showed."""


def narrow(evidence: Evidence, kind: ProbeKind, probe: Probe, *, most: int) -> None:
    """Find the first leaking rows between rows that were probed, by halving, in ``most`` steps.

    A leak that begins after its warm-up goes on: what shows at a row shows at later ones.
    """
    for column in evidence.leaking:
        low, high = evidence.gap(kind, column)
        while high - low > 1 and most > 0:
            # One budget for all: what is probed for one column shows every other as well.
            most -= 1
            _probed(evidence, kind, probe, (low + high) // 2)
            low, high = evidence.gap(kind, column)


def _probed(evidence: Evidence, kind: ProbeKind, probe: Probe, row: int) -> None:
    for said, seen in probe(row):
        evidence.add(kind, said, seen)

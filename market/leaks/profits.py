"""The check of columns that say what a strategy made: no bar's return on a position of its own close.

Which columns those are is told by the caller, by what they are called, or by how they behave (see
``same_close``). What is a profit for certain must also earn nothing on martingale markets.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from market.errors import DataNotFit
from market.leaks.claims import is_called_profit, is_wealth
from market.leaks.earnings import MOST_Z, earnings, in_words
from market.leaks.report import Finding
from market.leaks.same_close import (
    Answers,
    decided_by_its_close,
    decided_despite_costs,
    last_bars,
    may_be_decided_by_its_close,
)
from market.leaks.subject import Subject

_BARS = 8  # whose close is moved
_BEFORE, _LAST = 0, 1  # rows of a subject's last values
_SAID = "books its own bar's return on a position that the close of that bar decided"


@dataclass
class Profits:
    """The columns of a subject that may be profits, and what the check of them finds.

    ``told`` are said to be profits, ``skipped`` need no check.
    """

    subject: Subject
    told: Collection[str]
    skipped: Collection[str]
    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    probes: int = 0

    def check(self) -> None:
        """Find the columns that book what nobody can earn."""
        tried = []
        for at, given in self._answers().items():
            if self._decided(at, given):
                self.findings.append(Finding(self.subject.names[at], _SAID, None, None, 0.0))
            elif self._is_profit(at, given):
                tried.append(at)
        if tried:
            self._try(tried)

    def _answers(self) -> dict[int, Answers]:
        """What the columns that may be profits answer to, on bars of the second half."""
        rows, names = len(self.subject.bars), self.subject.names
        answers = {at: Answers() for at, name in enumerate(names) if name not in self.skipped}
        for row in np.linspace(rows - 1, rows // 2, _BARS).astype(int).tolist():
            if not answers:
                break
            try:
                values = [
                    self.subject.last_values(bars) for bars in last_bars(self.subject.bars, row)
                ]
            # A bar of that size may be refused: another one tells as much.
            except DataNotFit:
                continue
            self.probes += 1
            for at, given in answers.items():
                given.add(
                    np.array([run[_LAST, at] for run in values]), float(values[0][_BEFORE, at])
                )
            # Most columns are no profits, and the first bar says so.
            answers = {at: given for at, given in answers.items() if self._may_be_profit(at, given)}
        return answers

    def _may_be_profit(self, at: int, given: Answers) -> bool:
        if self.subject.names[at] in self.told or given.gains(fewest=0):
            return True
        called = is_called_profit(self.subject, at)
        return called and bool(given.unmoved or given.costly_gains(fewest=0))

    def _is_profit(self, at: int, given: Answers) -> bool:
        """Whether it is certain enough to be tried: at rest a profit neither wins nor loses."""
        if self.subject.names[at] in self.told:
            return True
        if is_called_profit(self.subject, at) and given.unmoved * 2 > given.bars:
            return given.moves_unpaid()
        return is_wealth(self.subject.base.rows[:, at]) and bool(given.gains())

    def _decided(self, at: int, given: Answers) -> bool:
        """Whether the close decides the position; a warning where that can't be told for certain."""
        name, gains = self.subject.names[at], given.gains()
        called = name in self.told or is_called_profit(self.subject, at)
        if called and any(map(decided_despite_costs, given.costly_gains().values())):
            return True
        if any(map(decided_by_its_close, gains.values())):
            return True
        lopsided = [form for form, shapes in gains.items() if may_be_decided_by_its_close(shapes)]
        if not lopsided:
            return False
        wealth = is_wealth(self.subject.base.rows[:, at])
        if called or (wealth and any("returns" not in form for form in lopsided)):
            return True
        self.warnings.append(
            f"column {name} is its own bar's return with gains and losses weighed apart: "
            f"if it is a profit, say so (--profit {name})"
        )
        return False

    def _try(self, places: list[int]) -> None:
        """Note what columns earn where nothing can be earned."""
        names = [self.subject.names[at] for at in places]
        try:
            results = earnings(self.subject, places)
        except DataNotFit as exc:
            known = ", ".join(names)
            self.warnings.append(f"{known} could not be tried on martingale markets: {exc}")
            return
        for name, result in zip(names, results, strict=True):
            if not result.standard_error:
                self.warnings.append(f"{name} neither won nor lost on martingale markets")
                continue
            self.probes += 1
            if result.z > MOST_Z:
                said = f"earns {in_words(result)}: it is filled at a price that it decided on"
                self.findings.append(Finding(name, said, None, None, result.z))
            elif result.z < -MOST_Z:
                self.warnings.append(f"{name} has {in_words(result)}: costs, or adverse fills")

"""All that decides the result of a backtest in memory."""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from jobs.backtest.gather import data_hash
from jobs.backtest.shard import read_hash
from market.actions import Action
from market.backtest import Costs, Mode, Panel, Sleeves, booked, implied_mode, run
from market.bars import Bars
from market.strategies import Strategy


@dataclass(frozen=True, eq=False)
class Question:
    """All that decides a result."""

    panel: Panel
    strategy: Strategy
    costs: Costs
    cash: float
    mode: Mode
    start: date | None
    sessions_per_year: int
    family: str
    universe: str
    histories: tuple[Bars, ...]

    @property
    def sleeve_cash(self) -> float:
        """What each instrument starts with."""
        return self.cash / len(self.histories)

    def answer(self, strategy: Strategy) -> Sleeves:
        """The sleeves that a strategy comes to on these bars at these costs."""
        return run(
            self.panel,
            strategy,
            mode=self.mode,
            costs=self.costs,
            sleeve_cash=self.sleeve_cash,
            start=self.start,
        )

    @cached_property
    def data_hash(self) -> str:
        """As a job's trial has it; another one in a mode that the data are not for."""
        found = data_hash(
            (bars.instrument_id, read_hash(bars, self._booked(bars)), self._is_adjusted(bars))
            for bars in self.histories
        )
        if self.mode == implied_mode(self.panel):
            return found
        return hashlib.sha256(f"{found} {self.mode}".encode()).hexdigest()

    def _booked(self, bars: Bars) -> list[Action]:
        own = (a for a in self.panel.actions if a.instrument_id == bars.instrument_id)
        return [action for action in own if booked(action, bars)]

    def _is_adjusted(self, bars: Bars) -> bool:
        return bars.adjusted and not bars.close_only

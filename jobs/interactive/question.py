"""All that decides the result of a backtest in memory."""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from jobs.backtest.account import simulate
from jobs.backtest.gather import data_hash
from jobs.backtest.shard import read_hash
from jobs.interactive.calendars import calendar_for
from market.actions import Action
from market.backtest import Costs, Mode, Panel, Sleeves, booked, implied_mode
from market.bars import Bars
from market.calendar import Calendar
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
    calendar_name: str | None = None

    @property
    def sleeve_cash(self) -> float:
        """What each instrument starts with."""
        return self.cash / len(self.histories)

    def answer(self, strategy: Strategy) -> Sleeves:
        """The sleeves that a strategy comes to on these bars at these costs."""
        return simulate(
            self.panel,
            strategy,
            mode=self.mode,
            costs=self.costs,
            sleeve_cash=self.sleeve_cash,
            instruments=len(self.histories),
            calendar=lambda: self.calendar,
            start=self.start,
        )

    @cached_property
    def calendar(self) -> Calendar:
        """What tells of a session that it is the last of its week or month."""
        return self._calendar(self.calendar_name)

    @cached_property
    def data_hash(self) -> str:
        """As a job's trial has it; another one in a mode or of a calendar that the data are not for."""
        found = data_hash(
            (bars.instrument_id, read_hash(bars, self._booked(bars)), self._is_adjusted(bars))
            for bars in self.histories
        )
        if others := self._others():
            return hashlib.sha256(" ".join([found, *others]).encode()).hexdigest()
        return found

    def _others(self) -> list[str]:
        """What was asked for and would be otherwise by the data."""
        mode: list[str] = [] if self.mode == implied_mode(self.panel) else [self.mode]
        asked = self.calendar_name if self.strategy.scope() == "portfolio" else None
        if asked is None or asked == self._calendar(None).name:
            return mode
        return [*mode, asked]

    def _calendar(self, name: str | None) -> Calendar:
        traded = np.isfinite(self.panel.close).any(axis=0)
        return calendar_for(self.strategy, self.panel.session[traded], name)

    def _booked(self, bars: Bars) -> list[Action]:
        own = (a for a in self.panel.actions if a.instrument_id == bars.instrument_id)
        return [action for action in own if booked(action, bars)]

    def _is_adjusted(self, bars: Bars) -> bool:
        return bars.adjusted and not bars.close_only

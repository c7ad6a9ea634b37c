"""What a backtest in memory came to: figures, dated tables and a page, each made when it is looked at."""

import secrets
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jobs.backtest import tables
from jobs.backtest.gather import Result, headline, trade_figures
from jobs.interactive.orders import orders
from jobs.interactive.question import Question
from jobs.interactive.sources import hash_of_source
from market.backtest import Sleeves, figures, session_returns, total
from market.strategies import BASELINE, make_strategy

_DATES = ("entry_session", "exit_session")


class Backtest:
    """A finished run. `ledger` says whether it is a trial of the research ledger, and else why not."""

    def __init__(self, question: Question, sleeves: Sleeves, *, at: datetime) -> None:
        self.question = question
        self.sleeves = sleeves
        self.at = at
        self.run_id = f"py-{at:%Y%m%dt%H%M%S}-{secrets.token_hex(3)}"
        self.ledger = "not recorded: record=False"

    @cached_property
    def equity(self) -> "pd.Series":
        """The sum of all sleeves at each session's close."""
        return pd.Series(total(self.sleeves.equity), index=self._index, name="equity")

    @cached_property
    def returns(self) -> "pd.Series":
        """Simple returns from session to session; nothing can be filled at the first."""
        values = session_returns(self.equity.to_numpy())
        return pd.Series(values, index=self._index[1:], name="returns")

    @cached_property
    def stats(self) -> "pd.Series":
        """The figures of the report by name; NaN where one is undefined."""
        found = {
            **headline(self.figures),
            **trade_figures(self.trades_table),
            "first_session": str(self.sleeves.session[0]),
            "last_session": str(self.sleeves.session[-1]),
            "instruments": len(self.question.histories),
            "sessions_per_year": self.question.sessions_per_year,
        }
        shown = {name: np.nan if value is None else value for name, value in found.items()}
        return pd.Series(shown, dtype=object, name=self.question.strategy.name)

    @cached_property
    def trades(self) -> pd.DataFrame:
        """Round trips, by instrument and entry; what is still open has no exit."""
        table: pd.DataFrame = self.trades_table.to_pandas()
        for name in _DATES:
            table[name] = pd.to_datetime(table[name])
        return table

    @cached_property
    def orders(self) -> pd.DataFrame:
        """Every change of the wanted share: when it was decided, and when and at what price filled.

        One that was decided at an instrument's last bar has no fill.
        """
        return orders(self.question, self.sleeves)

    @cached_property
    def source_hash(self) -> str:
        """The SHA-256 of the strategy's source."""
        return hash_of_source(type(self.question.strategy))

    @cached_property
    def baseline(self) -> Sleeves:
        """Buy and hold on the same bars at the same costs."""
        return self.question.answer(make_strategy(BASELINE, {}))

    @cached_property
    def figures(self) -> Any:
        """`market.backtest.Figures` of the equity."""
        year = self.question.sessions_per_year
        return figures(self.sleeves.session, self.equity.to_numpy(), sessions_per_year=year)

    @cached_property
    def trades_table(self) -> Any:
        """The trades as the job writes them, an Arrow table."""
        return tables.trades(self.sleeves, mode=self.question.mode)

    @cached_property
    def whole(self) -> Result:
        """As the job has it, with the baseline."""
        baseline = total(self.baseline.equity)
        year = self.question.sessions_per_year
        return Result(
            instrument_ids=self.question.panel.instrument_ids,
            data_hash=self.question.data_hash,
            session=self.sleeves.session,
            sleeves=self.sleeves.equity,
            baseline_sleeves=self.baseline.equity,
            equity=self.equity.to_numpy(),
            baseline=baseline,
            trades=self.trades_table,
            figures=self.figures,
            baseline_figures=figures(self.sleeves.session, baseline, sessions_per_year=year),
            sessions_per_year=year,
        )

    def report(self, path: str | Path) -> Path:
        """Write the job's report of it, one HTML file that needs nothing else."""
        from jobs.interactive.page import report_page  # noqa: PLC0415  # jinja2, for who reports

        target = Path(path)
        target.write_text(report_page(self), encoding="utf-8")
        return target

    def _repr_html_(self) -> str:
        from jobs.interactive.page import notebook_part  # noqa: PLC0415  # as above

        return notebook_part(self)

    def __repr__(self) -> str:
        names = ("total_return", "cagr", "sharpe", "max_drawdown")
        shown = ", ".join(f"{name} {self.stats[name]:.4g}" for name in names)
        asked = self.question
        return f"<Backtest {asked.strategy.name} on {len(asked.histories)} instruments: {shown}; {self.ledger}>"

    @cached_property
    def _index(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.sleeves.session, name="session")

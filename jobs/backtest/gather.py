"""Shard files to one result: sleeves on one axis, their sum, its figures, and books that balance."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cluster.errors import TriiError
from cluster.stores.place import Place
from jobs.backtest.plan import BacktestPlan
from jobs.backtest.shard import Descriptor, bar_hashes
from market.arrays import Days, Floats
from market.backtest import Curve, Figures, align, figures, session_returns, total
from market.inference import Lead, lead_over
from market.inference.lead import FEWEST

# Rounding of some thousand additions; a cent in ten millions.
_BOOKS_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Result:
    """Sleeves (m, n) and their sums (n,) on the union of sessions (n,); trades by instrument.

    `data_hash` is the SHA-256 over the instruments, all bars and actions that were read of them, and
    whether whole bars are adjusted.
    """

    instrument_ids: tuple[str, ...]
    data_hash: str
    session: Days
    sleeves: Floats
    baseline_sleeves: Floats
    equity: Floats
    baseline: Floats
    trades: pa.Table
    figures: Figures
    baseline_figures: Figures
    sessions_per_year: int

    @cached_property
    def lead(self) -> Lead | None:
        """How much more a year it earned than the baseline; None where sessions are too few to tell."""
        ours, theirs = session_returns(self.equity), session_returns(self.baseline)
        if len(ours) < FEWEST:
            return None
        return lead_over(ours, theirs, sessions_per_year=self.sessions_per_year)

    def metrics(self) -> dict[str, Any]:
        """Key figures as plain values; None where a figure is undefined."""
        return {
            **headline(self.figures),
            **trade_figures(self.trades),
            "first_session": str(self.session[0]),
            "last_session": str(self.session[-1]),
            "instruments": len(self.instrument_ids),
            "baseline": {
                **headline(self.baseline_figures),
                "lead": {**asdict(self.lead), "standing": self.lead.standing}
                if self.lead
                else None,
            },
        }


def gather(plan: BacktestPlan, descriptors: Sequence[Descriptor]) -> Result:
    """Read finished shards and put them together in the plan's order of instruments.

    The order and the sums do not depend on how the run was cut into shards. Raises `TriiError` if
    the trades' gains do not add up to the equity's.
    """
    rows = pa.concat_tables([_table(shard.equity_file) for shard in descriptors])
    trades = pa.concat_tables([_table(shard.trades_file) for shard in descriptors])
    cash = plan.sleeve_cash
    curves, baseline_curves = _curves(rows, plan, "equity", "baseline")
    session, sleeves = align(curves, sleeve_cash=cash)
    _, baseline_sleeves = align(baseline_curves, sleeve_cash=cash)
    equity, baseline = total(sleeves), total(baseline_sleeves)
    check_books(equity, trades)
    year = plan.sessions_per_year
    return Result(
        instrument_ids=plan.instrument_ids,
        data_hash=_hash_of_plan(plan, descriptors),
        session=session,
        sleeves=sleeves,
        baseline_sleeves=baseline_sleeves,
        equity=equity,
        baseline=baseline,
        trades=trades,
        figures=figures(session, equity, sessions_per_year=year),
        baseline_figures=figures(session, baseline, sessions_per_year=year),
        sessions_per_year=year,
    )


def _table(place: Place) -> pa.Table:
    with place.open() as file:
        return pq.read_table(file)


def check_books(equity: Floats, trades: pa.Table) -> None:
    """Raise `TriiError` unless the trades explain the whole change of equity."""
    gained = float(equity[-1] - equity[0])
    explained = float(pc.sum(trades["pnl"]).as_py() or 0.0)
    # Not `>`: a NaN balances nothing either.
    if not abs(gained - explained) <= _BOOKS_TOLERANCE * float(equity.max()):
        raise TriiError(
            f"books do not balance: equity changed by {gained:.2f} and trades say "
            f"{explained:.2f}; nothing was published, please report this"
        )


def trade_figures(trades: pa.Table) -> dict[str, Any]:
    """Counts and sums over the trades; hit rate is the share of closed trades with a gain."""
    closed = trades.filter(pc.is_valid(trades["exit_session"]))
    won = pc.sum(pc.greater(closed["pnl"], 0.0)).as_py() or 0
    return {
        "trades": trades.num_rows,
        "open_trades": trades.num_rows - closed.num_rows,
        "trade_hit_rate": won / closed.num_rows if closed.num_rows else None,
        "mean_sessions_held": pc.mean(closed["sessions"]).as_py(),
        # Rounded once: Arrow sums chunk by chunk, and each shard is one.
        "costs": math.fsum(trades["cost"].to_pylist()),
        "income": math.fsum(trades["income"].to_pylist()),
    }


def _hash_of_plan(plan: BacktestPlan, descriptors: Sequence[Descriptor]) -> str:
    found = {
        name: bars_hash for shard in descriptors for name, bars_hash in bar_hashes(shard).items()
    }
    return data_hash(
        (
            instrument.instrument_id,
            found.get(instrument.instrument_id, ""),
            instrument.adjusted and instrument.fields == "ohlcv",
        )
        for instrument in plan.instruments
    )


def data_hash(read: Iterable[tuple[str, str, bool]]) -> str:
    """The SHA-256 over instruments in order: id, hash of its bars, whether whole bars are adjusted.

    An instrument without a bar counts too (its hash is ""): it has its part of the cash. Whole bars
    are filled at opens if raw, at closes if adjusted; closes alone are always adjusted.
    """
    lines = [f"{name} {bars}{' adjusted' if adjusted else ''}\n" for name, bars, adjusted in read]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def headline(figures: Figures) -> dict[str, Any]:
    """The figures of a curve as plain values, by name."""
    return {
        "initial_equity": figures.initial_equity,
        "final_equity": figures.final_equity,
        **figures.values,
        "drawdown_from": figures.drawdown_from.isoformat(),
        "drawdown_to": figures.drawdown_to.isoformat(),
    }


def _curves(rows: pa.Table, plan: BacktestPlan, *columns: str) -> list[list[Curve]]:
    """Of each column one curve an instrument, in the plan's order; empty for one without a bar."""
    session = rows["session"].to_numpy().astype("datetime64[D]")
    parts, start = {}, 0
    # An instrument's rows lie together: it stands in one shard, which writes them in one piece. So
    # each count, in the order of first appearance, is the length of a run.
    for run in rows["instrument_id"].combine_chunks().value_counts():
        end = start + run["counts"].as_py()
        parts[run["values"].as_py()] = slice(start, end)
        start = end
    nothing = slice(0, 0)
    wanted = [parts.get(name, nothing) for name in plan.instrument_ids]
    arrays = [rows[column].to_numpy() for column in columns]
    return [[Curve(session[part], values[part]) for part in wanted] for values in arrays]

"""The files of a result, in one folder that appears whole."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cluster.stores.place import Place
from jobs.backtest.gather import Result
from jobs.backtest.plan import BacktestPlan
from market.backtest import MODES, drawdown
from market.statistics import METHODS
from market.strategies.core.base import Scope

_CHOICES = {
    "events": "at each bar: book ex-dates, fill what the bar before decided, mark at the close, decide",
    "actions": "raw prices are seen adjusted forward by what was known; splits change units, dividends "
    "and the value of spin-offs are cash from the ex-date on, a delisting ends the position",
    "orders": "an order only when the wanted share changes; between orders the share drifts",
    "sizing": "share of the sleeve's equity after costs; fractional units",
    "sleeves": "each instrument its own equal cash sleeve; cash earns nothing",
    "costs": "commission and slippage in basis points of traded notional, at every fill",
    "warm_up": "inputs run from each instrument's first bar; no position until all are defined",
    "gaps": "a sleeve without a bar is worth what it was worth",
    "end": "an open position is marked at the last close, not closed; it pays no exit cost",
    "baseline": "buy-and-hold on the same bars at the same costs",
}

_PORTFOLIO_CHOICES = {
    **_CHOICES,
    "orders": "at the ends of weeks or months the whole portfolio is brought to its weights; a "
    "strategy that decides at every session is followed when its weights change; between, it drifts",
    "sizing": "shares of the equity of all after costs, at the prices of the fill; fractional units; "
    "all positions together are worth no more than equity when they are filled",
    "sleeves": "one cash account; an instrument's sleeve is an equal part of the cash and what it "
    "has gained; cash earns nothing, and what is sold short is paid into it and costs nothing to "
    "borrow",
    "gaps": "an instrument without a bar is worth what it was worth, and its order waits for the next",
    "baseline": "buy-and-hold on the same bars at the same costs, each its own equal cash sleeve",
}


def choices(scope: Scope) -> dict[str, str]:
    """The rules of a simulation, by what each is about."""
    return _CHOICES if scope == "symbol" else _PORTFOLIO_CHOICES


def caveats(plan: BacktestPlan) -> list[str]:
    """What a reader must know of the data before believing the figures."""
    notes = []
    if any(instrument.synthetic for instrument in plan.instruments):
        notes.append("Synthetic market: prices are generated and say nothing of real returns.")
    if any(instrument.adjusted for instrument in plan.instruments):
        notes.append(
            "Adjusted after the fact: closes carry later dividends and splits, so they were not "
            "known in this form at the time."
        )
    kinds = {(instrument.dataset, instrument.fields) for instrument in plan.instruments}
    silent = sum(
        not (instrument.adjusted or instrument.synthetic or instrument.instrument_id in plan.acted)
        for instrument in plan.instruments
    )
    if silent and kinds != {("sample", "ohlcv")}:
        notes.append(
            f"Raw prices without a recorded action of {silent} of {len(plan.instruments)} "
            "instruments: splits and dividends that they had are not in the figures."
        )
    if ("sample", "close") in kinds:
        notes.append("Survivors only: the members were chosen after the span, which flatters it.")
    if ("sample", "ohlcv") in kinds:
        notes.append("An index cannot be traded itself, and its level leaves dividends out.")
    return notes


def manifest(plan: BacktestPlan, *, run_id: str, created_at: str, shards: int) -> dict[str, Any]:
    """Everything needed to judge a result and to make it again."""
    return {
        "id": run_id,
        "created_at": created_at,
        "definition": plan.definition,
        "strategy": {
            "name": plan.chosen.strategy.name,
            "reference": plan.chosen.name,
            "source_hash": plan.source_hash,
            "leak_check": plan.leak_check,
        },
        "snapshot": plan.snapshot,
        "datasets": sorted({instrument.dataset for instrument in plan.instruments}),
        "synthetic": any(instrument.synthetic for instrument in plan.instruments),
        "mode": plan.mode,
        "mode_meaning": MODES[plan.mode],
        "costs": asdict(plan.request.costs),
        "calendar": plan.calendar,
        "sessions_per_year": plan.sessions_per_year,
        "instruments": [asdict(instrument) for instrument in plan.instruments],
        "code": dict(plan.code),
        "choices": choices(plan.scope),
        "methods": METHODS,
        "caveats": caveats(plan),
        "shards": shards,
    }


def write_result(
    folder: Place, plan: BacktestPlan, result: Result, *, manifest: Mapping[str, Any], report: str
) -> None:
    """Write all files of a run, whose row says afterwards that they are there."""
    with folder.publishing() as draft:
        _write(draft, plan, result, manifest=manifest, report=report)


def _write(
    draft: Path, plan: BacktestPlan, result: Result, *, manifest: Mapping[str, Any], report: str
) -> None:
    _json(draft / "request.json", plan.settled_request())
    _json(draft / "manifest.json", manifest)
    _json(draft / "metrics.json", result.metrics())
    pq.write_table(_curve(result), draft / "equity.parquet", compression="zstd")
    pq.write_table(_sleeves(result), draft / "sleeves.parquet", compression="zstd")
    pq.write_table(result.trades, draft / "trades.parquet", compression="zstd")
    (draft / "report.html").write_text(report, encoding="utf-8")


def _json(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, indent=2, default=str, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _curve(result: Result) -> pa.Table:
    """One row a session: the sum of sleeves, its drawdown, and the baseline's."""
    return pa.table(
        {
            "session": pa.array(result.session),
            "equity": result.equity,
            "drawdown": drawdown(result.equity),
            "baseline": result.baseline,
        }
    )


def _sleeves(result: Result) -> pa.Table:
    """One row a session and instrument, instruments in the order in which they are summed."""
    m, n = result.sleeves.shape
    names = pa.array(result.instrument_ids).take(pa.array(np.repeat(np.arange(m), n)))
    return pa.table(
        {
            "instrument_id": names,
            "session": pa.array(np.tile(result.session, m)),
            "equity": result.sleeves.ravel(),
            "baseline": result.baseline_sleeves.ravel(),
        }
    )

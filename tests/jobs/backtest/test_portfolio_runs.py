"""Portfolio strategies from a request to a result: one shard, one account, books that balance."""

import json
from datetime import UTC, datetime

import numpy as np
import pyarrow.parquet as pq
import pytest

from cluster.stores.places import at
from jobs.backtest.run import compute
from jobs.fan_out import in_process
from market.backtest import Panel, run_portfolio
from market.calendar import get_calendar
from market.strategies import make_strategy, strategy_names

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def done(plan, lake, results):
    return compute(
        plan, run_id="bt-1", results=at(results), lake=lake, fan_out=in_process, clock=lambda: NOW
    )


@pytest.mark.parametrize("name", strategy_names(scope="portfolio"))
@pytest.mark.parametrize("universe", ["synthetic", "sample"])
def test_every_shipped_portfolio_strategy_runs_to_a_result(plan, lake, tmp_path, name, universe):
    chosen = plan(strategy=name, universe=universe)
    assert chosen.blocks() == [chosen.instrument_ids]
    outcome = done(chosen, lake, tmp_path)
    assert outcome.metrics["trades"] > 0 or universe == "sample"
    sleeves = pq.read_table(outcome.folder / "sleeves.parquet")["equity"].to_numpy()
    equity = pq.read_table(outcome.folder / "equity.parquet")["equity"].to_numpy()
    total = sleeves.reshape(len(chosen.instruments), -1).sum(axis=0)
    np.testing.assert_allclose(total, equity, rtol=1e-12)
    manifest = json.loads((outcome.folder / "manifest.json").read_text())
    assert "one cash account" in manifest["choices"]["sleeves"]
    assert "one cash account" in outcome.report.read_text()


def test_the_job_gives_what_the_library_gives(plan, lake, tmp_path):
    chosen = plan(strategy="momentum-rank", parameters={"lookback": 20}, start="2018-06-01")
    outcome = done(chosen, lake, tmp_path)
    histories = lake.histories(chosen.instrument_ids, timeframe="1Day")
    whole = run_portfolio(
        Panel.from_bars(list(histories.values())),
        make_strategy("momentum-rank", {"lookback": 20}),
        mode="next-open",
        costs=chosen.request.costs,
        cash=1_000_000.0,
        calendar=get_calendar(chosen.calendar),
        start=chosen.request.start,
    )
    assert outcome.result.sleeves.tobytes() == whole.equity.tobytes()
    assert outcome.metrics["trades"] == len(whole.trades) > 3

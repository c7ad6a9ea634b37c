"""A user's prices and actions in files, followed to everything that reads them: a split is no fall.

Two shares are the same but that one was split 4:1: whatever is computed from prices over time is equal.
"""

import json
from datetime import UTC, date, datetime

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from cluster.desired.store import ServedModel
from cluster.registry import artifact
from cluster.registry.manifest import Manifest
from cluster.requests.backtest import parse_request
from cluster.settings import Settings
from cluster.stores.lake import Lake
from cluster.stores.places import at
from deployments.analysis.app import make_analysis
from deployments.api.app import make_api
from deployments.predictions.app import make_predictions
from deployments.predictions.predictor import Predictor
from jobs.backtest.plan import make_plan
from jobs.backtest.run import compute
from jobs.data.cli import data
from jobs.fan_out import in_process
from jobs.interactive.run import backtest
from market.calendar import get_calendar
from market.features import CLOSE_VOLATILITY, RETURN_RESIDUALS
from market.labels import volatility_regime
from market.strategies import make_strategy
from training.dataset import build_panel, universe_pasts

DAYS = get_calendar("XNYS").sessions(date(2018, 1, 2), date(2023, 12, 29))
SPLIT = 1400  # row of the ex-date
NOW = datetime(2024, 1, 2, 12, tzinfo=UTC)


def prices():
    """Multiples of four cents: a quarter of each is a price too, to the bit."""
    moves = np.random.default_rng(3).normal(0.0, 0.01, len(DAYS))
    return np.round(2_500 * np.exp(np.cumsum(moves))) * 4 / 100


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A platform's folder with what a user has taken in."""
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    whole, ratio = prices(), np.where(np.arange(len(DAYS)) < SPLIT, 1, 4)
    lines = ["symbol,date,open,high,low,close,volume"]
    for symbol, close in (("ZZA", whole), ("ZZB", whole / ratio)):
        rows = zip(DAYS, close.tolist(), strict=True)
        lines += [f"{symbol},{day},{one!r},{one!r},{one!r},{one!r},1000" for day, one in rows]
    (tmp_path / "prices.csv").write_text("\n".join(lines) + "\n")
    told = f"symbol,kind,ex_date,ratio\nZZB,split,{DAYS[SPLIT]},4\n"
    (tmp_path / "actions.csv").write_text(told)
    words = ["ingest", "--dataset", "mine", "--files", "prices.csv", "--actions", "actions.csv"]
    result = CliRunner().invoke(data, [*words, "--json"], standalone_mode=False)
    assert result.exception is None, result.output
    assert json.loads(result.stdout)[0]["actions"] == 1
    return tmp_path / "home"


@pytest.fixture
def lake(home):
    return Lake(home / "lake")


@pytest.fixture
def settings(home):
    return Settings(home=home)


async def test_bars_and_statistics_are_those_of_the_share_that_was_not_split(settings, client_of):
    client = client_of(make_api(settings, clock=lambda: NOW))
    path = "/v1/bars?symbols=ZZA,ZZB&limit=10000&start=2023-01-01"
    document = (await client.get(f"{path}&adjustment=split")).json()
    assert document["adjustment"] == {"ZZA": "split", "ZZB": "split"}
    one, other = (
        [row["close"] for row in document["data"] if row["symbol"] == symbol]
        for symbol in ("ZZA", "ZZB")
    )
    assert other == [close / 4 for close in one]
    analysis = client_of(make_analysis(settings, clock=lambda: NOW))
    one, other = [
        (await analysis.get(f"/v1/analysis/{symbol}/statistics")).json()["data"]["statistics"]
        for symbol in ("ZZA", "ZZB")
    ]
    assert one == other


async def test_predictions_are_those_of_the_share_that_was_not_split(lake, client_of, tmp_path):
    said = Manifest(
        name="return-quantiles", version="1", kind="quantiles", algorithm="return-quantiles",
        description="test", horizon=5, feature_set=RETURN_RESIDUALS.name,
        feature_hash=RETURN_RESIDUALS.definition_hash, universe="mine", snapshot="bars@0,instruments@0",
        quantile_levels=(0.05, 0.25, 0.5, 0.75, 0.95), coverage=0.9,
    )  # fmt: skip
    sha256 = artifact.write(tmp_path / "model", said, {})
    served = ServedModel(
        name=said.name, version="1", alias="champion", kind=said.kind, horizon=5,
        folder=str(tmp_path / "model"), sha256=sha256,
    )  # fmt: skip
    predictor = Predictor(lake, clock=lambda: NOW)
    predictor.serve([served])
    client = client_of(make_predictions(predictor))
    body = {"symbols": ["ZZA", "ZZB"], "horizon": 5}
    answer = await client.post("/v1/predictions", json=body)
    one, other = answer.json()["data"]
    assert all(one.pop(name) != other.pop(name) for name in ("symbol", "instrument_id"))
    assert one == other


def test_a_backtest_of_both_has_two_equal_sleeves(lake):
    found = lake.histories(["mine:ZZA", "mine:ZZB"], timeframe="1Day")
    result = backtest(list(found.values()), make_strategy("sma-cross", {}), cash=10_000)
    one, other = result.sleeves.equity
    assert one.tobytes() == other.tobytes()
    assert one[-1] != one[0]


def test_a_backtest_job_over_the_dataset_has_two_equal_sleeves(lake, tmp_path):
    request = parse_request({"strategy": "sma-cross", "universe": "mine"})
    plan = make_plan(request, lake=lake, code={"market": "test"})
    outcome = compute(
        plan,
        run_id="own",
        results=at(tmp_path / "results"),
        lake=lake,
        fan_out=in_process,
        clock=lambda: NOW,
    )
    rows = pq.read_table(outcome.folder / "sleeves.parquet").to_pylist()
    one, other = (
        [row["equity"] for row in rows if row["instrument_id"] == name]
        for name in plan.instrument_ids
    )
    assert one == other
    assert plan.acted == {"mine:ZZB"}
    told = json.loads((outcome.folder / "manifest.json").read_text())["caveats"]
    assert any("without a recorded action of 1 of 2 instruments" in text for text in told)


def test_what_is_learnt_of_the_one_is_learnt_of_the_other(lake):
    found = universe_pasts(lake, lake.choose("mine"), snapshot=lake.snapshot())
    one, other = (build_panel([past], CLOSE_VOLATILITY, volatility_regime) for past in found)
    assert one.features.tobytes() == other.features.tobytes()
    assert one.label.tobytes() == other.label.tobytes()

"""Prices of one's own, with holes, a split and a delisting: one result on every surface, to the bit."""

import json
from pathlib import Path

import numpy as np
import pytest

import trii as people
from cluster.settings import load_settings
from cluster.stores.lake import Lake
from tests.own_prices import write_folder

pytestmark = [pytest.mark.platform, pytest.mark.long]


@pytest.fixture(scope="module")
def own(tmp_path_factory, trii):
    """A folder with the ideas, whose prices are taken in as the dataset `walked`."""
    folder = tmp_path_factory.mktemp("own")
    done = trii(*write_folder(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def by_command(trii, name, where):
    done = trii(
        *("backtest", "run", "--strategy", name, "--universe", "walked", "--start", "2019-03-01"),
        *("--on", where, "--json"),
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def over_http(trii, api, name, follow):
    packed = json.loads(trii("strategy", "pack", name, "--json").stdout)
    request = {"strategy": packed["strategy"], "universe": "walked", "start": "2019-03-01"}
    body = {"kind": "backtest", "bundle": packed["bundle"], "request": request}
    job = api.post("/v1/jobs", json=body).json()["data"]["id"]
    with follow(job) as events:
        assert [*events][-1]["state"] == "succeeded"
    attempt = api.get(f"/v1/jobs/{job}").json()["data"]["submission_id"]
    return api.get(f"/v1/backtests/{attempt}").json()["data"]


@pytest.mark.parametrize("idea", ["Above", "Strongest"])
def test_an_idea_over_prices_with_holes_a_split_and_an_end_is_the_same_everywhere(
    trii, api, own, follow, idea
):
    name = f"{own}/ideas.py:{idea}"
    here, job = (by_command(trii, name, where) for where in ("here", "cluster"))
    http = over_http(trii, api, name, follow)
    lake = Lake(load_settings().lake_url)
    ids = [listed.instrument_id for listed in lake.universe("walked")]
    bars = lake.histories(ids, timeframe="1Day")
    python = people.backtest(bars, name, start="2019-03-01", record=False)
    assert here["metrics"] == job["metrics"] == http["metrics"] == python.whole.metrics()
    results = [Path(load_settings().home) / "results" / run["id"] for run in (here, job, http)]
    for file in ("equity.parquet", "sleeves.parquet", "trades.parquet"):
        assert len({(folder / file).read_bytes() for folder in results}) == 1
    # It sees no fall at the split, gets what the delisted is worth, and trades over the holes.
    assert here["metrics"]["trades"] > 3
    trades = python.trades
    assert (trades["exit_session"].dropna() <= np.datetime64("2021-12-31")).all()
    assert not ((trades["instrument_id"] == "walked:GONE") & trades["exit_session"].isna()).any()

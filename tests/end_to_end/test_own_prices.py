"""Prices of one's own, with holes, a split and a delisting: one result on every surface, to the bit."""

import csv
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import trii as people
from cluster.settings import load_settings
from cluster.stores.lake import Lake
from market.calendar import get_calendar

pytestmark = [pytest.mark.platform, pytest.mark.long]

FIRST, LAST, GONE, SPLIT = "2019-01-02", "2021-12-31", "2020-09-30", "2020-06-15"
ACTIONS = f"""symbol,kind,ex_date,ratio,value
BETA,split,{SPLIT},2,
GONE,delisting,2020-10-01,,41.5
"""
IDEAS = """
import numpy as np
from market.strategies import Float, Int, Strategy

class Above(Strategy):
    window, share = Int(20, 5, 250), Float(1.0, 0.1, 1.0)
    inputs = "close", "sma:{window}"

    def target(self, x):
        return np.where(x[0] > x[1], self.share, 0.0)

class Strongest(Strategy):
    lookback = Int(60, 5, 250)
    inputs = ("roc:{lookback}",)
    rebalance = "month-end"

    def weights(self, x, book):
        known = ~np.isnan(x[0]) & ~np.isnan(book.closes[-1])
        wanted = np.zeros(len(x[0]))
        if known.any():
            wanted[np.argmax(np.where(known, x[0], -np.inf))] = 1.0
        return wanted
"""


def write_prices(path, seed, *, split=None, until=LAST):
    """Newest day first, some days missing, some closes blank; raw through a split."""
    days = get_calendar("XNYS").sessions(date.fromisoformat(FIRST), date.fromisoformat(until))
    rng = np.random.default_rng(seed)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0005, 0.02, len(days))))
    close /= np.where(days >= np.datetime64(split), 2.0, 1.0) if split else 1.0
    opens = close * np.exp(rng.normal(0, 0.005, len(days)))
    kept = rng.random(len(days)) > 0.02
    kept[[0, -1]] = True
    if split:
        kept |= np.abs((days - np.datetime64(split)).astype(int)) < 5
    rows = [
        [str(day), f"{a:.2f}", f"{max(a, b):.2f}", f"{min(a, b):.2f}", f"{b:.2f}", 1000]
        for day, a, b in zip(days[kept], opens[kept], close[kept], strict=True)
    ]
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows(
            [["Date", "Open", "High", "Low", "Close", "Volume"], *rows[::-1]]
        )


@pytest.fixture(scope="module")
def own(tmp_path_factory, trii):
    """A folder with the ideas, whose prices are taken in as the dataset `walked`."""
    folder = tmp_path_factory.mktemp("own")
    write_prices(folder / "ALFA.csv", 1)
    write_prices(folder / "BETA.csv", 2, split=SPLIT)
    write_prices(folder / "GONE.csv", 3, until=GONE)
    (folder / "actions.csv").write_text(ACTIONS)
    (folder / "ideas.py").write_text(IDEAS)
    files = [str(folder / f"{name}.csv") for name in ("ALFA", "BETA", "GONE")]
    done = trii(
        *("data", "ingest", "--dataset", "walked", "--files", *files),
        *("--actions", str(folder / "actions.csv")),
    )
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

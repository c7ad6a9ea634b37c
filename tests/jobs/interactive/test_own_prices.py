"""Prices of one's own, with holes, a split and a delisting: the job and Python come to one result."""

import csv
from datetime import date

import numpy as np
import pytest

import trii
from cluster.cli.main import main
from cluster.settings import load_settings
from cluster.stores.lake import Lake
from market.calendar import get_calendar
from tests.jobs.interactive.test_backtest import of_job

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


@pytest.fixture
def own(tmp_path, monkeypatch, capsys):
    """A folder with the ideas and, in its home, the lake that took its prices in."""
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    write_prices(tmp_path / "ALFA.csv", 1)
    write_prices(tmp_path / "BETA.csv", 2, split=SPLIT)
    write_prices(tmp_path / "GONE.csv", 3, until=GONE)
    (tmp_path / "actions.csv").write_text(ACTIONS)
    (tmp_path / "ideas.py").write_text(IDEAS)
    files = [str(tmp_path / f"{name}.csv") for name in ("ALFA", "BETA", "GONE")]
    words = ["data", "ingest", "--dataset", "walked", "--files", *files]
    with pytest.raises(SystemExit) as info:
        main([*words, "--actions", str(tmp_path / "actions.csv")])
    assert info.value.code == 0, capsys.readouterr()
    return tmp_path


@pytest.mark.parametrize("idea", ["Above", "Strongest"])
def test_an_idea_over_prices_with_holes_a_split_and_an_end_is_the_same_as_job_and_in_python(
    own, idea
):
    name, lake = f"{own}/ideas.py:{idea}", Lake(load_settings().lake_url)
    job = of_job(lake, own, strategy=name, universe="walked", start="2019-03-01")
    ids = [one.instrument_id for one in lake.universe("walked")]
    bars = lake.histories(ids, timeframe="1Day")
    result = trii.backtest(bars, name, start="2019-03-01", record=False)
    assert result.whole.metrics() == job.metrics
    assert result.equity.to_numpy().tobytes() == job.result.equity.tobytes()
    assert result.whole.data_hash == job.result.data_hash
    trades = result.trades
    assert len(trades) > 3
    # Whoever is delisted is held no longer, and who held it got what a share was worth.
    gone = trades[trades["instrument_id"] == "walked:GONE"]
    assert gone["exit_session"].notna().all()
    if idea == "Strongest":
        last = gone.iloc[-1]
        assert (str(last["exit_session"].date()), last["exit_price"]) == ("2020-10-01", 41.5)

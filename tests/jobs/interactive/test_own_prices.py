"""Prices of one's own, with holes, a split and a delisting: the job and Python come to one result."""

import pytest

import trii
from cluster.cli.main import main
from cluster.settings import load_settings
from cluster.stores.lake import Lake
from tests.jobs.interactive.test_backtest import of_job
from tests.own_prices import write_folder


@pytest.fixture
def own(tmp_path, monkeypatch, capsys):
    """A folder with the ideas and, in its home, the lake that took its prices in."""
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as info:
        main(write_folder(tmp_path))
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

"""`trii.lake`: prices of this home's lake as frames, which `trii.backtest` takes as they are."""

import os
import subprocess
import sys

import pytest

import trii
from cluster.errors import BadInput
from cluster.stores.lake import Lake
from tests import lakes


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    monkeypatch.setenv("TRII_LAKE_URL", (tmp_path / "lake").as_uri())
    lakes.fill(Lake(tmp_path / "lake"))


@pytest.mark.usefixtures("home")
def test_a_frame_of_the_lake_is_backtested_to_its_end():
    prices = trii.lake.frame(["SYN001", "SYN002"], start="2024-03-01")
    result = trii.backtest(prices, trii.BuyAndHold(), record=False)
    assert set(prices["symbol"]) == {"SYN001", "SYN002"}
    assert result.equity.index[-1] == prices["date"].max()
    assert result.stats["trades"] == 0 or len(result.trades) == result.stats["trades"]


@pytest.mark.usefixtures("home")
def test_an_unknown_symbol_is_no_frame_of_zero_rows():
    with pytest.raises(BadInput, match="SYN0O1"):
        trii.lake.frame("SYN0O1")


def test_the_lake_is_loaded_when_it_is_used():
    code = "import sys, trii; print('deltalake' in sys.modules); trii.lake; print('deltalake' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.split() == ["False", "True"]

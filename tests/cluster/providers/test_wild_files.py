"""Files in the exact layouts of their sources (made up, `tests/data/wild`), taken without an option."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from cluster.stores.lake import Lake
from jobs.data.cli import data

WILD = Path(__file__).parents[2] / "data" / "wild"
SYMBOLS = {
    "stooq-bulk.txt": ["AAPL.US"],
    "yfinance-download-several.csv": ["AAPL", "MSFT"],
    "yfinance-download.parquet": ["AAPL", "MSFT"],
}
ROUND_THE_CLOCK = "binance"  # the one thing that no file says: the calendar
CLOSE_ONLY = {"googlefinance.csv"}


@pytest.mark.parametrize("name", sorted(path.name for path in WILD.iterdir()))
def test_a_file_of_every_common_source_is_in_the_lake_as_it_was_written(
    name, tmp_path, monkeypatch
):
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "home"))
    # Its own name is no symbol: a user's file is named after its instrument.
    file = shutil.copy(WILD / name, tmp_path / f"AAPL{Path(name).suffix}")
    calendar = ["--calendar", "24/7"] if ROUND_THE_CLOCK in name else []
    arguments = ["ingest", "--dataset", "mine", "--files", file, *calendar, "--json"]
    result = CliRunner().invoke(data, arguments, standalone_mode=False, catch_exceptions=False)
    (report,) = json.loads(result.stdout)
    assert result.return_value == 0
    assert report["timeframes"][0]["refused"] == {}
    lake = Lake(tmp_path / "home" / "lake")
    symbols = SYMBOLS.get(name, ["AAPL"])
    assert [one.symbol for one in lake.instruments()] == symbols
    bars = lake.histories([f"mine:{symbols[0]}"], timeframe="1Day")[f"mine:{symbols[0]}"]
    begin = date(2024, 1, 1) if ROUND_THE_CLOCK in name else date(2024, 1, 2)
    assert (len(bars), bars.session[0].item()) == (12, begin)
    assert bars.close.tolist() == [10.25 + 0.25 * place for place in range(12)]
    if name not in CLOSE_ONLY:
        assert (bars.open[0], bars.high[0], bars.low[0]) == (10.0, 10.5, 9.5)
        assert bars.volume[0] == 1_000_000.0

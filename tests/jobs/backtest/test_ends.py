"""Where a backtest ends: at the day that was asked for, on every calendar."""

from dataclasses import replace
from datetime import date

import pyarrow as pa

from cluster.requests.backtest import parse_request
from cluster.stores.lake import Lake
from cluster.stores.places import at
from jobs.backtest.plan import make_plan
from jobs.backtest.run import compute
from jobs.fan_out import in_process
from tests.jobs.backtest.conftest import CODE, RECORDED, closes, sample_instrument


def test_the_end_is_the_last_session_where_sessions_open_the_evening_before(tmp_path):
    lake, end = Lake(tmp_path / "lake"), date(2019, 6, 27)
    listed = [replace(sample_instrument(name), calendar="CMES") for name in ("AAA", "BBB")]
    lake.append_instruments("sample", listed, recorded_at=RECORDED)
    bars = [
        closes("AAA", seed=1, calendar="CMES"),
        closes("BBB", seed=2, start=date(2019, 6, 28), calendar="CMES"),
    ]
    tables = [one.to_arrow(recorded_at=RECORDED) for one in bars]
    lake.append_bars("sample", "1Day", pa.concat_tables(tables), recorded_at=RECORDED)
    request = parse_request({"strategy": "buy-and-hold", "universe": "sample", "end": str(end)})
    outcome = compute(
        make_plan(request, lake=lake, code=CODE), run_id="bt-1", results=at(tmp_path / "results"),
        lake=lake, fan_out=in_process, clock=lambda: RECORDED,
    )  # fmt: skip
    assert outcome.metrics["last_session"] == str(end)

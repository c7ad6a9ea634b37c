from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest

from cluster.requests.backtest import parse_request
from cluster.stores.lake import Lake
from jobs.backtest import plan as plans
from jobs.backtest.plan import make_plan
from market.bars import Bars
from market.calendar import get_calendar
from market.instruments import Instrument
from market.synthetic import SyntheticMarket

RECORDED = datetime(2024, 1, 1, tzinfo=UTC)
CODE = {"market": "test"}


def put_synthetic(lake, *, instruments=10, start=date(2018, 1, 1), end=date(2019, 12, 31)):
    market = SyntheticMarket(seed=7, instruments=instruments)
    bars = [market.daily(symbol, start, end) for symbol in market.symbols]
    tables = [one.to_arrow(recorded_at=RECORDED) for one in bars]
    lake.append_instruments("synthetic", market.listings(), recorded_at=RECORDED)
    lake.append_bars("synthetic", "1Day", pa.concat_tables(tables), recorded_at=RECORDED)


def sample_instrument(symbol, fields="close", *, adjusted=True):
    return Instrument(
        instrument_id=f"sample:{symbol}",
        symbol=symbol,
        name=f"{symbol} Inc",
        exchange="XNYS",
        calendar="XNYS",
        currency="USD",
        valid_from=date(2015, 1, 1),
        valid_to=None,
        dataset="sample",
        fields=fields,
        adjusted=adjusted,
        synthetic=False,
    )


def closes(symbol, *, seed, start=date(2018, 1, 1), end=date(2019, 12, 31), calendar="XNYS"):
    """Close-only bars on a calendar; instruments may begin and end on their own days."""
    calendar = get_calendar(calendar)
    session = calendar.sessions(start, end)
    rows = np.searchsorted(calendar.days, session)
    path = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, len(session))))
    nothing = np.full(len(session), np.nan)
    return Bars(
        instrument_id=f"sample:{symbol}",
        timestamp=calendar.opens[rows],
        session=session,
        open=nothing,
        high=nothing,
        low=nothing,
        close=np.round(path, 3),
        volume=nothing,
        available_at=calendar.closes[rows],
    )


def put_sample(lake):
    bars = [
        closes("AAA", seed=1),
        closes("BBB", seed=2, start=date(2018, 6, 1)),
        closes("CCC", seed=3, end=date(2019, 3, 29)),
    ]
    lake.append_instruments(
        "sample", [sample_instrument(s) for s in ("AAA", "BBB", "CCC")], recorded_at=RECORDED
    )
    tables = [one.to_arrow(recorded_at=RECORDED) for one in bars]
    lake.append_bars("sample", "1Day", pa.concat_tables(tables), recorded_at=RECORDED)


@pytest.fixture(scope="session")
def lake(tmp_path_factory):
    """A lake that tests only read: ten synthetic instruments, three close-only ones, two years."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    put_synthetic(lake)
    put_sample(lake)
    return lake


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """Of the few bars of tests several shards are made too."""
    monkeypatch.setattr(plans, "_LEAST_BARS", 1)


@pytest.fixture
def plan(lake):
    """Makes a plan from the fields of a request."""

    def make(**fields):
        request = parse_request({"strategy": "sma-cross", "universe": "synthetic", **fields})
        return make_plan(request, lake=lake, code=CODE)

    return make

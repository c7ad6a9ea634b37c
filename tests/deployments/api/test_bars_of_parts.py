"""Pages read no more than they need, and say what a whole history says, wherever they are cut."""

import math
import tempfile
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.stores.lake import Lake
from cluster.stores.lake.known_prices import known_prices
from deployments.api.bars import BarReader
from deployments.api.bars_query import BarsQuery
from market.actions import Dividend, SpinOff, Split
from market.bars import PRICES, Bars
from market.instruments import Instrument
from tests.examples import examples

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
DAYS, A_DAY = 90, 3  # of minutes
AT = EPOCH + timedelta(days=DAYS + 30)
FIELDS = (*PRICES, "volume")


def listing(name):
    return Instrument(
        f"t:{name}", name, name, "XTST", "24/7", "USD", date(2020, 1, 1), None, "t", "ohlcv",
        adjusted=False, synthetic=True,
    )  # fmt: skip


def bars_of(name, timeframe, *, seed, halted, unknown):
    """A walk with a halt of some days and some closes that are missing."""
    each = 1 if timeframe == "1Day" else A_DAY
    session = np.repeat(np.datetime64("2024-01-01", "D") + np.arange(DAYS), each)
    minute = np.tile(np.arange(each), DAYS) * np.timedelta64(17, "m")
    stamp = session.astype("datetime64[us]") + minute
    length = np.timedelta64(1, "D") if timeframe == "1Day" else np.timedelta64(1, "m")
    draws = np.random.default_rng(seed)
    price = 100 * np.exp(np.cumsum(draws.normal(0, 0.02, len(session))))
    close = np.where(np.isin(np.arange(DAYS).repeat(each), unknown), np.nan, price)
    bars = Bars(
        f"t:{name}",
        timestamp=stamp,
        session=session,
        open=price,
        high=price * 1.1,
        low=price * 0.9,
        close=close,
        volume=draws.uniform(1, 9, len(session)),
        available_at=stamp + length,
    )
    day = (session - session[0]).astype(int)
    return bars.take((day < halted[0]) | (day >= halted[1]))


@st.composite
def actions(draw):
    found = []
    for number in range(draw(st.integers(1, 5))):
        about = {
            "instrument_id": "t:A",
            "event_id": f"e{number}",
            "ex_date": (EPOCH + timedelta(days=draw(st.integers(-2, DAYS + 2)))).date(),
            "available_at": EPOCH + timedelta(days=draw(st.integers(-9, DAYS))),
        }
        kind = draw(st.sampled_from(["split", "dividend", "spin-off"]))
        if kind == "split":
            found.append(Split(**about, ratio=draw(st.sampled_from([0.5, 3.0]))))
        elif kind == "dividend":
            found.append(Dividend(**about, amount=draw(st.sampled_from([0.3, 7])), currency="USD"))
        else:
            found.append(SpinOff(**about, child_id="t:B", ratio=0.5, child_price=11.0))
    return found


def lake_of(root, timeframe, told, **shape):
    lake, recorded = Lake(root), EPOCH + timedelta(days=DAYS)
    lake.append_instruments("t", [listing(name) for name in "AB"], recorded_at=EPOCH)
    for seed, name in enumerate("AB"):
        table = bars_of(name, timeframe, seed=seed, **shape).to_arrow(recorded_at=recorded)
        lake.append_bars("t", timeframe, table, recorded_at=recorded)
    if told:
        lake.append_actions("t", told, recorded_at=recorded)
    return lake


def paged(lake, timeframe, **fields):
    reader, rows, token = BarReader(lake, clock=lambda: AT), [], None
    while True:
        asked = {"symbols": "A,B", "timeframe": timeframe, **fields, "page_token": token}
        page = reader.page(BarsQuery.model_validate(asked))
        rows += page.rows.to_pylist()
        token = page.next_page_token
        if token is None:
            return rows


def numbers(value):
    return math.nan if value is None else value


@pytest.mark.parametrize("timeframe", ["1Day", "1Min"])
@examples(5)
@given(
    told=actions(),
    first=st.integers(0, DAYS - 1),
    length=st.integers(1, DAYS),
    limit=st.sampled_from([7, 40, 1000]),
    halt=st.tuples(st.integers(1, DAYS), st.sampled_from([0, 3, 75])),
    unknown=st.lists(st.integers(0, DAYS - 1), max_size=8),
    sort=st.sampled_from(["asc", "desc"]),
    wanted=st.sampled_from(["split", "dividend", "all"]),
    cut=st.sampled_from([None, 20, 60]),
    open_ended=st.booleans(),
)
def test_a_part_has_the_bits_of_the_whole(
    timeframe, told, first, length, limit, halt, unknown, sort, wanted, cut, open_ended
):
    shape = {"halted": (halt[0], halt[0] + halt[1]), "unknown": unknown}
    as_of = None if cut is None else EPOCH + timedelta(days=cut)
    start, end = EPOCH + timedelta(days=first), EPOCH + timedelta(days=first + length)
    span = {} if open_ended else {"start": start.isoformat(), "end": end.isoformat()}
    if as_of is not None:
        span["as_of"] = as_of.isoformat()
    with tempfile.TemporaryDirectory() as root:
        lake = lake_of(root, timeframe, told, **shape)
        found = paged(lake, timeframe, limit=str(limit), sort=sort, adjustment=wanted, **span)
        histories = known_prices(
            lake, lake.instruments(), timeframe=timeframe, at=as_of or AT, as_of=as_of
        )
        for name in "AB":
            rows = [row for row in found if row["symbol"] == name]
            whole = histories.get(f"t:{name}")
            bars = Bars.none("t:A") if whole is None else whole.adjusted(wanted)
            if not open_ended:
                low, high = (np.datetime64(one.replace(tzinfo=None)) for one in (start, end))
                bars = bars.take((bars.timestamp >= low) & (bars.timestamp < high))
            rows = rows if sort == "asc" else rows[::-1]
            stamps = [row["timestamp"].replace(tzinfo=None) for row in rows]
            assert stamps == bars.timestamp.tolist()
            for field in FIELDS:
                values = np.array([numbers(row[field]) for row in rows], dtype=np.float64)
                assert values.tobytes() == getattr(bars, field).tobytes(), field


@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_a_page_of_minutes_reads_a_part_of_them(tmp_path, monkeypatch, sort):
    """A year of an hour a day: no page reads more than two weeks of it, and what ex-dates need."""
    monkeypatch.setattr(f"{__name__}.DAYS", 360)
    monkeypatch.setattr(f"{__name__}.A_DAY", 60)
    told = [
        Dividend(
            instrument_id="t:A",
            ex_date=(EPOCH + timedelta(days=day)).date(),
            available_at=EPOCH,
            amount=1.0,
            currency="USD",
        )
        for day in (100, 200, 300)
    ]
    lake = lake_of(tmp_path, "1Min", told, halted=(0, 0), unknown=[])
    table, counts = lake.tables["bars"], []
    read = table.read

    def noted(*args, **options):
        found = read(*args, **options)
        counts.append(found.num_rows)
        # Ten instruments at once had taken a gigabyte.
        assert len(found["instrument_id"].unique()) < 2
        return found

    monkeypatch.setattr(table, "read", noted)
    reader, token, most = BarReader(lake, clock=lambda: EPOCH + timedelta(days=390)), None, 0
    for _ in range(20):
        counts.clear()
        asked = {"symbols": "A,B", "timeframe": "1Min", "adjustment": "all", "limit": "50"}
        asked |= {"sort": sort, "page_token": token}
        token = reader.page(BarsQuery.model_validate(asked)).next_page_token
        most = max(most, sum(counts))
    assert most <= 14 * 60 + 3 * 2 * 60

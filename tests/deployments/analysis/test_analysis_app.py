"""Indicators and statistics over a real lake."""

import json
import math
import shutil
from datetime import UTC, date, datetime

import numpy as np
import pytest

from cluster.settings import Settings
from cluster.stores.lake import Lake
from deployments.analysis.app import make_analysis
from market.actions import Dividend, Split
from market.indicators import parse
from market.statistics import METHODS, summary
from market.synthetic import SyntheticMarket
from tests.lakes import FIRST, LAST, RECORDED

BARS = SyntheticMarket(instruments=3).daily("SYN001", FIRST, LAST)
PATH = "/v1/analysis/SYN001"


@pytest.fixture
def client(lake_path, client_of, now):
    return client_of(make_analysis(Settings(home=lake_path.parent), clock=lambda: now))


async def test_values_are_those_of_the_library_from_the_first_bar_on(client):
    """A span in the middle has the values of the whole history: no second warm-up."""
    query = "names=rsi:14,ema:20&start=2025-03-01&end=2025-04-01&limit=1000"
    found = (await client.get(f"{PATH}/indicators?{query}")).json()["data"]
    stamps = BARS.timestamp.astype("datetime64[D]").astype(str)
    rows = [place for place, day in enumerate(stamps) if "2025-03-01" <= day < "2025-04-01"]
    assert [row["timestamp"] for row in found["rows"]] == [f"{stamps[n]}T00:00:00Z" for n in rows]
    assert [row["close"] for row in found["rows"]] == BARS.close[rows].tolist()
    for name in ("rsi:14", "ema:20"):
        expected = parse(name).batch(BARS.close)[rows].tolist()
        assert [row["values"][name] for row in found["rows"]] == expected


@pytest.mark.parametrize("rest", ["indicators?names=rsi:14&limit=3", "statistics"])
async def test_a_symbol_with_its_dataset_before_it_is_that_datasets(client, rest):
    by_id = await client.get(f"/v1/analysis/synthetic:SYN001/{rest}")
    assert by_id.status_code == 200, by_id.text
    assert by_id.json()["data"] == (await client.get(f"{PATH}/{rest}")).json()["data"]


async def test_indicators_of_whole_bars_are_answered_column_by_column(client):
    query = "names=atr:14,bbands:20:2.5&limit=3"
    found = (await client.get(f"{PATH}/indicators?{query}")).json()["data"]
    columns = [f"bbands:20:2.5/{column}" for column in ("upper", "middle", "lower")]
    assert found["indicators"] == ["atr:14", *columns]
    expected = np.column_stack([parse("atr:14").batch(BARS), parse("bbands:20:2.5").batch(BARS)])
    rows = [[row["values"][name] for name in found["indicators"]] for row in found["rows"]]
    assert rows == expected[-3:].tolist()


async def test_an_instrument_of_closes_refuses_what_needs_more_and_says_what(client, problem):
    path = "/v1/analysis/AAPL/indicators?names=sma:5,mfi:14"
    detail = problem(await client.get(path), 422, "invalid").detail
    assert "mfi:14 needs high, low, close, volume: AAPL has no high, low, volume" in detail


async def test_an_indicator_that_is_not_warm_is_null(client):
    query = "names=sma:20&end=2021-07-01&limit=1000"
    rows = (await client.get(f"{PATH}/indicators?{query}")).json()["data"]["rows"]
    values = [row["values"]["sma:20"] for row in rows]
    assert values[:19] == [None] * 19
    assert all(math.isfinite(value) for value in values[19:])


async def test_the_limit_keeps_the_newest_rows(client):
    found = (await client.get(f"{PATH}/indicators?names=sma&limit=2")).json()["data"]
    assert found["indicators"] == ["sma:20"]
    assert [row["timestamp"][:10] for row in found["rows"]] == ["2026-01-03", "2026-01-04"]


async def test_a_span_without_bars_has_no_rows(client):
    found = (await client.get(f"{PATH}/indicators?names=sma:5&start=2026-02-01")).json()["data"]
    assert found["rows"] == []


async def test_the_answer_says_what_kind_of_record_it_comes_from(client):
    for symbol, adjusted in (("SYN001", False), ("AAPL", True)):
        path = f"/v1/analysis/{symbol}/indicators?names=sma:5&limit=1"
        found = (await client.get(path)).json()["data"]
        assert (found["adjusted"], found["synthetic"]) == (adjusted, not adjusted)
        assert found["snapshot"].startswith("bars@")


async def test_statistics_are_those_of_the_library_and_each_is_defined(client):
    query = "start=2025-01-01&end=2026-01-01"
    found = (await client.get(f"{PATH}/statistics?{query}")).json()["data"]
    days = BARS.session.astype(str)
    close = BARS.close[(days >= "2025-01-01") & (days < "2026-01-01")]
    expected = summary(close[1:] / close[:-1] - 1, sessions_per_year=365)
    assert found["statistics"] == json.loads(json.dumps(expected))
    assert found["methods"] == METHODS
    assert (found["first_session"], found["last_session"]) == ("2025-01-01", "2025-12-31")


async def test_the_drawdown_names_the_days_of_its_peak_and_trough(client):
    found = (await client.get(f"{PATH}/statistics")).json()["data"]
    drawdown = found["drawdown"]
    closes = dict(zip(BARS.session.astype(str), BARS.close.tolist(), strict=True))
    fall = closes[drawdown["trough_session"]] / closes[drawdown["peak_session"]] - 1
    assert np.isclose(drawdown["depth"], fall, rtol=1e-12)
    assert np.isclose(found["statistics"]["max_drawdown"], fall, rtol=1e-12)


EX = date(2025, 6, 2)


@pytest.fixture
def acted_client(lake_path, tmp_path, client_of, now):
    """A client of a lake in which SYN001 was split 4:1 and paid a dividend that day."""
    shutil.copytree(lake_path, tmp_path / "lake")
    told = {
        "instrument_id": "synthetic:SYN001",
        "ex_date": EX,
        "available_at": datetime(2025, 5, 1, tzinfo=UTC),
    }
    actions = [Split(**told, ratio=4.0), Dividend(**told, amount=2.0, currency="USD")]
    Lake(tmp_path / "lake").append_actions("synthetic", actions, recorded_at=RECORDED)
    return client_of(make_analysis(Settings(home=tmp_path), clock=lambda: now))


async def test_statistics_are_those_of_a_holder_through_splits_and_dividends(acted_client):
    answer = await acted_client.get(f"{PATH}/statistics?start=2025-06-01&end=2025-06-03")
    place = BARS.session.tolist().index(EX)
    expected = (4 * BARS.close[place] + 2) / BARS.close[place - 1] - 1
    found = answer.json()["data"]["statistics"]["total_return"]
    assert np.isclose(found, expected, rtol=1e-12)


async def test_every_answer_says_what_its_prices_are_adjusted_for(client, acted_client):
    for symbol, kinds in (("SYN001", ("all", "split")), ("AAPL", ("all", "all"))):
        for route, expected in zip(("statistics", "indicators?names=sma:2"), kinds, strict=True):
            for one in (client, acted_client):
                found = (await one.get(f"/v1/analysis/{symbol}/{route}")).json()["data"]
                assert found["adjustment"] == expected


async def test_indicators_and_their_closes_have_no_cliff_at_a_split(acted_client):
    query = "names=sma:2,obv&start=2025-06-01&end=2025-06-03"
    rows = (await acted_client.get(f"{PATH}/indicators?{query}")).json()["data"]["rows"]
    place = BARS.session.tolist().index(EX)
    before, after = BARS.close[place - 1] / 4, BARS.close[place]
    assert [row["close"] for row in rows] == pytest.approx([before, after])
    assert rows[1]["values"]["sma:2"] == pytest.approx((before + after) / 2)
    # What counts shares is counted as recorded.
    assert rows[1]["values"]["obv"] == parse("obv").batch(BARS)[place]


async def test_each_exchange_has_its_own_year(client):
    found = (await client.get("/v1/analysis/AAPL/statistics")).json()["data"]
    assert found["sessions_per_year"] == 252


async def test_one_close_has_no_return(client, problem):
    path = f"{PATH}/statistics?start=2026-01-04&end=2026-01-05"
    assert "2 are needed" in problem(await client.get(path), 422, "invalid").detail


async def test_every_wrong_indicator_is_listed_and_none_repeated(client, problem):
    path = f"{PATH}/indicators?names=sma:0,smaa,rsi:999999,hunter2<script>,sma:5:5,rsi:1.5&x=1"
    answer = await client.get(path)
    found = problem(answer, 422, "invalid")
    assert {error["loc"] for error in found.errors} == {
        *(f"query.names.{n}" for n in range(6)),
        "query.x",
    }
    assert "hunter2" not in answer.text
    assert any("did you mean sma?" in error["msg"] for error in found.errors)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/analysis/SYN01/indicators?names=sma:5", 404, "unknown_symbol"),
        ("/v1/analysis/SYN01/statistics", 404, "unknown_symbol"),
        ("/v1/analysis/SYN_001/statistics", 422, "invalid"),
        ("/v1/analysis/SYN001%00/statistics", 422, "invalid"),
        ("/v1/analysis/%5EIXIC%0A/statistics", 422, "invalid"),
        (f"{PATH}/indicators", 422, "invalid"),
        (f"{PATH}/indicators?names=", 422, "invalid"),
        (f"{PATH}/indicators?names=sma:5,,rsi", 422, "invalid"),
        (f"{PATH}/indicators?names=" + ",".join(f"sma:{n}" for n in range(2, 30)), 422, "invalid"),
        (f"{PATH}/indicators?names=sma:%D9%A3", 422, "invalid"),
        (f"{PATH}/indicators?names=sma:" + "9" * 50, 422, "invalid"),
        (f"{PATH}/indicators?names=sma:5&limit=0", 422, "invalid"),
        (f"{PATH}/indicators?names=sma:5&timeframe=1Hour", 422, "invalid"),
        (f"{PATH}/indicators?names=sma:5&timeframe=1Min", 404, "not_found"),
        (f"{PATH}/indicators?names=sma:5&start=2025-01-02&end=2025-01-01", 422, "invalid"),
        (f"{PATH}/statistics?names=sma:5", 422, "invalid"),
        (f"{PATH}/statistics?start=1899-01-01", 422, "invalid"),
        (f"{PATH}/risk", 404, "not_found"),
        ("/v1/analysis", 404, "not_found"),
    ],
)
async def test_bad_input_is_a_fault_of_the_caller(client, problem, path, status, code):
    problem(await client.get(path), status, code)

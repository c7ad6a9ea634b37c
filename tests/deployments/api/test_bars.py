"""`/v1/bars` over a real lake."""

import base64
import csv
import io
import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from cluster.settings import Settings
from cluster.stores.lake import Lake
from deployments.api.app import make_api
from deployments.api.bars import BarReader
from deployments.api.bars_query import BarsQuery
from market.actions import Dividend, SpinOff, Split, adjust
from market.calendar import get_calendar
from market.synthetic import SyntheticMarket
from tests.lakes import AAPL, FIRST, LAST, RECORDED, SAMPLE_FIRST, SAMPLE_LAST, sample_bars

MARKET = SyntheticMarket(instruments=3)


async def pages(client, query):
    """All pages of a query."""
    rows, token = [], ""
    while True:
        answer = await client.get(f"/v1/bars?{query}{token}")
        assert answer.status_code == 200, answer.text
        rows.append(answer.json()["data"])
        if (following := answer.json()["next_page_token"]) is None:
            return rows
        token = f"&page_token={following}"


async def test_a_bar_is_the_one_in_the_lake(client):
    (rows,) = await pages(client, "symbols=SYN001&start=2025-03-01&end=2025-03-02")
    bars = MARKET.daily("SYN001", FIRST, LAST)
    place = bars.session.tolist().index(date(2025, 3, 1))
    assert rows == [
        {
            "symbol": "SYN001",
            "timestamp": "2025-03-01T00:00:00Z",
            "open": bars.open[place],
            "high": bars.high[place],
            "low": bars.low[place],
            "close": bars.close[place],
            "volume": bars.volume[place],
            "trade_count": None,
            "vwap": None,
        }
    ]


@pytest.mark.parametrize("sort", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 7, 10, 31])
async def test_pages_hold_every_row_once_by_symbol_and_then_time(client, sort, limit):
    query = f"symbols=SYN003,SYN001,SYN002&start=2025-01-01&end=2025-01-11&sort={sort}"
    found = await pages(client, f"{query}&limit={limit}")
    rows = [(row["symbol"], row["timestamp"]) for page in found for row in page]
    stamps = [f"2025-01-{day:02}T00:00:00Z" for day in range(1, 11)]
    stamps = stamps if sort == "asc" else stamps[::-1]
    assert rows == [(f"SYN00{n}", stamp) for n in (1, 2, 3) for stamp in stamps]
    assert {len(page) for page in found[:-1]} <= {limit}


async def test_all_pages_read_the_lake_that_the_first_one_read(lake_path, tmp_path, client_of, now):
    """A restatement between two pages changes neither rows nor order of the pages after it."""
    shutil.copytree(lake_path, tmp_path / "lake")
    client = client_of(make_api(Settings(home=tmp_path), clock=lambda: now))
    query = "/v1/bars?symbols=SYN001&start=2025-01-01&end=2025-01-05&limit=2"
    first = (await client.get(query)).json()
    restated = MARKET.daily("SYN002", FIRST, LAST).to_arrow(recorded_at=RECORDED)
    ids = pa.array(["synthetic:SYN001"] * restated.num_rows)
    restated = restated.set_column(0, restated.schema.field(0), ids)
    at = RECORDED.replace(hour=7)
    Lake(tmp_path / "lake").append_bars("synthetic", "1Day", restated, recorded_at=at)
    second = (await client.get(f"{query}&page_token={first['next_page_token']}")).json()
    closes = [row["close"] for page in (first, second) for row in page["data"]]
    bars = MARKET.daily("SYN001", FIRST, LAST)
    start = list(bars.session.astype(str)).index("2025-01-01")
    assert closes == bars.close[start : start + 4].tolist()


async def test_a_symbol_of_two_datasets_is_the_first_ones_and_each_is_reached_by_name(
    lake_path, tmp_path, client_of, now
):
    shutil.copytree(lake_path, tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    for dataset in ("alpha", "beta"):
        own = replace(AAPL, symbol="ZZQ", dataset=dataset, instrument_id=f"{dataset}:ZZQ")
        lake.append_instruments(dataset, [own], recorded_at=RECORDED)
        rows = replace(sample_bars(), instrument_id=own.instrument_id)
        lake.append_bars(dataset, "1Day", rows.to_arrow(recorded_at=RECORDED), recorded_at=RECORDED)
    client = client_of(make_api(Settings(home=tmp_path), clock=lambda: now))
    bare = (await client.get("/v1/bars?symbols=ZZQ&limit=1")).json()
    assert bare["instruments"] == {"ZZQ": "alpha:ZZQ"}
    told = await client.get("/v1/bars?symbols=ZZQ&limit=1", headers={"accept": "text/csv"})
    assert json.loads(told.headers["x-instruments"]) == {"ZZQ": "alpha:ZZQ"}
    found = await pages(
        client, "symbols=beta:ZZQ,alpha:ZZQ,sample:AAPL,AAPL&limit=3000&adjustment=all"
    )
    rows = [row for page in found for row in page]
    days = len({row["timestamp"] for row in rows})
    assert [row["symbol"] for row in rows] == [
        name for name in ("AAPL", "alpha:ZZQ", "beta:ZZQ") for _ in range(days)
    ]


class NotedLake(Lake):
    """Notes how many instruments each read of bars is for."""

    def __init__(self, root):
        super().__init__(root)
        self.reads = []

    def bars(self, instrument_ids, **query):
        self.reads.append(len(instrument_ids))
        return super().bars(instrument_ids, **query)


@pytest.mark.parametrize(
    ("query", "reads"),
    [({"limit": "10000"}, [3]), ({"limit": "5"}, [1]), ({"limit": "2000"}, [1, 2])],
)
def test_as_many_instruments_are_read_together_as_fill_a_page(lake_path, now, query, reads):
    lake = NotedLake(lake_path)
    asked = BarsQuery.model_validate({"symbols": "SYN001,SYN002,SYN003", **query})
    BarReader(lake, clock=lambda: now).page(asked)
    assert [count for count in lake.reads if count] == reads


async def test_a_symbol_is_unknown_whatever_the_lake_holds(
    client, tmp_path, client_of, now, problem
):
    settings = Settings(home=tmp_path, postgres_port=1, mlflow_port=1)
    empty = client_of(make_api(settings, clock=lambda: now))
    for one in (client, empty):
        problem(await one.get("/v1/bars?symbols=NOPE"), 404, "unknown_symbol")
    Lake.of(settings).append_instruments("sample", [AAPL], recorded_at=RECORDED)
    found = problem(await empty.get("/v1/bars?symbols=AAPL"), 404, "not_found")
    assert "trii data ingest" in found.detail


async def test_what_is_too_long_for_a_header_is_named_and_stands_in_arrow_and_json(
    lake_path, tmp_path, client_of, now
):
    shutil.copytree(lake_path, tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    dataset = "d" * 40
    names = [f"{dataset}:{n:0>24}" for n in range(100)]
    listed = [
        replace(AAPL, symbol=name.partition(":")[2], dataset=dataset, instrument_id=name)
        for name in names
    ]
    lake.append_instruments(dataset, listed, recorded_at=RECORDED)
    client = client_of(make_api(Settings(home=tmp_path), clock=lambda: now))
    path = f"/v1/bars?symbols={','.join(names)}&adjustment=all"
    whole = (await client.get(path)).json()["instruments"]
    assert whole == dict(zip(names, names, strict=True))
    text = await client.get(path, headers={"accept": "text/csv"})
    assert (text.status_code, text.headers["x-left-out"]) == (200, "instruments, adjustment")
    assert "x-instruments" not in text.headers
    assert sum(len(name) + len(value) + 4 for name, value in text.headers.raw) < 1000
    arrow = await client.get(path, headers={"accept": "application/vnd.apache.arrow.stream"})
    said = pa.ipc.open_stream(arrow.content).schema.metadata
    assert json.loads(said[b"instruments"]) == whole
    assert json.loads(said[b"adjustment"]) == dict.fromkeys(names, "all")


async def test_csv_and_arrow_hold_the_same_rows_as_json(client):
    path = "/v1/bars?symbols=SYN001,SYN002&start=2025-01-01&end=2025-01-04&limit=4"
    document = (await client.get(path)).json()
    text = await client.get(path, headers={"accept": "text/csv"})
    arrow = await client.get(path, headers={"accept": "application/vnd.apache.arrow.stream"})
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    for answer in (text, arrow):
        assert answer.headers["x-next-page-token"] == document["next_page_token"]
        assert answer.headers["vary"] == "accept"
    rows = list(csv.DictReader(io.StringIO(text.text)))
    table = pa.ipc.open_stream(arrow.content).read_all()
    assert [float(row["close"]) for row in rows] == [row["close"] for row in document["data"]]
    assert table["close"].to_pylist() == [row["close"] for row in document["data"]]
    assert [row["timestamp"] for row in rows] == [
        row["timestamp"].replace("00Z", "00.000000Z") for row in document["data"]
    ]


async def test_a_close_only_record_answers_null_and_not_zero(client):
    query = "symbols=AAPL&adjustment=all&start=2022-12-27&end=2022-12-28"
    ((row,),) = await pages(client, query)
    assert (row["open"], row["high"], row["low"], row["volume"]) == (None, None, None, None)
    assert row["close"] > 0
    assert row["timestamp"] == "2022-12-27T14:30:00Z"


async def test_adjusted_closes_are_never_called_raw(client, problem):
    for wanted in ("raw", "split"):
        path = f"/v1/bars?symbols=AAPL,SYN001&adjustment={wanted}"
        found = problem(await client.get(path), 422, "invalid")
        assert [one["type"] for one in found.errors] == ["adjusted_record"]
        assert "what it was before is not known: ask with adjustment=all" in found.detail
    path = "/v1/bars?symbols=AAPL&adjustment=all&as_of=2022-01-01"
    found = problem(await client.get(path), 422, "invalid")
    assert found.errors[0]["loc"] == "query.as_of"


async def test_without_an_adjustment_each_is_answered_as_recorded_and_says_so(client):
    path = "/v1/bars?symbols=AAPL,SYN001&start=2022-12-27&end=2022-12-28"
    document = (await client.get(path)).json()
    assert document["adjustment"] == {"AAPL": "all", "SYN001": "raw"}
    assert [row["symbol"] for row in document["data"]] == ["AAPL", "SYN001"]
    for form in ("text/csv", "application/vnd.apache.arrow.stream"):
        answer = await client.get(path, headers={"accept": form})
        assert json.loads(answer.headers["x-adjustment"]) == document["adjustment"]


ACTED = {"instrument_id": "synthetic:SYN001", "available_at": datetime(2025, 3, 1, tzinfo=UTC)}
SPLIT = Split(**ACTED, ex_date=date(2025, 6, 2), ratio=2.0)
PAID = Dividend(**ACTED, ex_date=date(2025, 6, 4), amount=2.0, currency="USD")
CHILD = SpinOff(
    **ACTED, ex_date=date(2025, 6, 6), child_id="synthetic:SYN002", ratio=0.5, child_price=6.0
)


@pytest.fixture
def acted_lake(lake_path, tmp_path):
    """A lake in which SYN001 was split, paid a dividend and spun a child off."""
    shutil.copytree(lake_path, tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    lake.append_actions("synthetic", [SPLIT, PAID, CHILD], recorded_at=RECORDED)
    return lake


@pytest.fixture
def acted_client(acted_lake, tmp_path, client_of, now):
    return client_of(make_api(Settings(home=tmp_path), clock=lambda: now))


KINDS = {
    "raw": [],
    "split": [SPLIT],
    "dividend": [PAID],
    "spin-off": [CHILD],
    "all": [SPLIT, PAID, CHILD],
}


@pytest.mark.parametrize("wanted", KINDS)
@pytest.mark.parametrize("limit", [3, 1000])
async def test_an_adjustment_is_computed_wherever_the_pages_begin(acted_client, wanted, limit):
    query = f"symbols=SYN001,SYN002&start=2025-05-30&end=2025-06-09&adjustment={wanted}"
    rows = [row for page in await pages(acted_client, f"{query}&limit={limit}") for row in page]
    for symbol in ("SYN001", "SYN002"):
        bars = MARKET.daily(symbol, FIRST, LAST)
        expected = adjust(
            bars,
            [SPLIT, PAID, CHILD],
            adjustment=wanted,
            convention="total-return",
            as_of=datetime(2026, 1, 5, tzinfo=UTC),
            calendar=get_calendar("24/7"),
        )
        place = bars.session.tolist().index(date(2025, 5, 30))
        for name in ("open", "high", "low", "close", "volume"):
            found = [row[name] for row in rows if row["symbol"] == symbol]
            assert found == getattr(expected, name)[place : place + 10].tolist()


async def test_a_share_of_constant_value_has_one_price_through_its_split(
    lake_path, tmp_path, client_of, now
):
    """100 before a split of 4:1 and 25 after it: 25 throughout."""
    shutil.copytree(lake_path, tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    own = replace(AAPL, symbol="ZZSPL", dataset="own", instrument_id="own:ZZSPL", adjusted=False)
    bars = replace(sample_bars(), instrument_id=own.instrument_id)
    ex = bars.session[1000].item()
    bars = replace(bars, close=np.where(np.arange(len(bars)) < 1000, 100.0, 25.0))
    split = Split(
        instrument_id=own.instrument_id,
        ex_date=ex,
        available_at=datetime(2016, 1, 1, tzinfo=UTC),
        ratio=4.0,
    )
    lake.append_instruments("own", [own], recorded_at=RECORDED)
    lake.append_bars("own", "1Day", bars.to_arrow(recorded_at=RECORDED), recorded_at=RECORDED)
    lake.append_actions("own", [split], recorded_at=RECORDED)
    client = client_of(make_api(Settings(home=tmp_path), clock=lambda: now))
    path = f"/v1/bars?symbols=ZZSPL&end={ex + timedelta(days=3)}&limit=10000&adjustment="
    document = (await client.get(f"{path}split")).json()
    assert {row["close"] for row in document["data"]} == {25.0}
    assert document["adjustment"] == {"ZZSPL": "split"}
    document = (await client.get(f"{path}raw")).json()
    assert {row["close"] for row in document["data"]} == {100.0, 25.0}


async def test_prices_are_adjusted_by_what_was_known(acted_client):
    """At a time before an ex-date prices are what they were, also where its announcement was out."""
    query = "symbols=SYN001&start=2025-05-30&end=2025-05-31"
    ((raw,),) = await pages(acted_client, query)
    for day in ("2025-05-31", "2025-06-02"):  # the first bar from the ex-date on is not there yet
        ((row,),) = await pages(acted_client, f"{query}&adjustment=split&as_of={day}T12:00:00Z")
        assert row["close"] == raw["close"]
    as_of = "2025-06-03T00:00:00Z"
    ((row,),) = await pages(acted_client, f"{query}&adjustment=split&as_of={as_of}")
    assert row["close"] == raw["close"] / 2.0


async def test_pages_stay_at_the_level_of_the_first_over_an_ex_date(
    acted_lake, tmp_path, client_of
):
    times = [datetime(2025, 6, 2, tzinfo=UTC), datetime(2025, 6, 3, tzinfo=UTC)]
    at = iter([times[0], *[times[1]] * 9])
    client = client_of(make_api(Settings(home=tmp_path), clock=lambda: next(at)))
    path = "/v1/bars?symbols=SYN001&start=2025-05-29&end=2025-05-31&adjustment=split&limit=1"
    first = (await client.get(path)).json()
    second = (await client.get(f"{path}&page_token={first['next_page_token']}")).json()
    bars = MARKET.daily("SYN001", FIRST, LAST)
    place = bars.session.tolist().index(date(2025, 5, 29))
    closes = [page["data"][0]["close"] for page in (first, second)]
    assert closes == bars.close[place : place + 2].tolist()


async def test_a_payment_in_another_currency_is_refused_by_item(
    acted_lake, tmp_path, client_of, now, problem
):
    foreign = replace(PAID, instrument_id="synthetic:SYN002", currency="EUR")
    acted_lake.append_actions("synthetic", [foreign], recorded_at=RECORDED)
    client = client_of(make_api(Settings(home=tmp_path), clock=lambda: now))
    path = "/v1/bars?symbols=SYN001,SYN002&limit=1&adjustment="
    found = problem(await client.get(f"{path}all"), 422, "invalid")
    assert [one["type"] for one in found.errors] == ["data_not_fit"]
    assert "SYN002" in found.detail
    assert "paid in EUR and prices are in USD" in found.detail
    assert (await client.get(f"{path}split")).status_code == 200


async def test_provenance_comes_when_it_is_asked_for(client):
    query = "symbols=SYN001&start=2025-01-01&end=2025-01-02&fields=all"
    ((row,),) = await pages(client, query)
    assert row["available_at"] == "2025-01-02T00:00:00Z"
    assert row["vintage"] in {"recorded", "backfilled"}


async def test_as_of_hides_what_was_not_known(client):
    query = "symbols=SYN001&start=2025-01-01&end=2025-01-10&as_of=2025-01-03T00:00:00Z"
    (rows,) = await pages(client, query)
    assert [row["timestamp"][:10] for row in rows] == ["2025-01-01", "2025-01-02"]


async def test_an_unknown_symbol_is_named_with_near_ones(client, problem):
    found = problem(await client.get("/v1/bars?symbols=SYN01"), 404, "unknown_symbol")
    assert "SYN001" in found.near


@pytest.mark.parametrize(
    "query",
    [
        "",
        "symbols=SYN001&timeframe=1Hour",
        "symbols=SYN001&timeframe=1day",
        "symbols=SYN001&limit=0",
        "symbols=SYN001&limit=10001",
        "symbols=SYN001&start=2025-01-02&end=2025-01-01",
        "symbols=SYN001&start=2025-01-01&end=2025-01-01",
        "symbols=SYN001&adjustment=none",
        "symbols=SYN001&adjustment=",
        "symbols=SYN001&sort=up",
        "symbols=SYN001&fields=x",
        "symbols=SYN001&snapshot=x",
        "symbols=SYN001&snapshot=bars@1",
        "symbols=SYN001&page_token=",
        "symbols=SYN001&snapshot=",
        "symbols=SYN001&page_token=AAAA",
        "symbols=SYN001&page_token=%00",
        "symbols=SYN001&page_token=e30",
        "symbols=SYN001&page_token=" + "A" * 600,
        "symbols=SYN001&pagetoken=x",
    ],
)
async def test_bad_input_is_a_fault_of_the_caller(client, problem, query):
    assert problem(await client.get(f"/v1/bars?{query}"), 422, "invalid").errors


async def test_a_token_of_another_query_is_refused(client, problem):
    path = "/v1/bars?symbols=SYN001&limit=1"
    token = (await client.get(path)).json()["next_page_token"]
    answer = await client.get(f"/v1/bars?symbols=SYN002&limit=1&page_token={token}")
    assert "another query" in problem(answer, 422, "invalid").detail


async def test_the_snapshot_of_a_lake_with_every_table_is_taken_and_paged(client):
    others = ["actions", "universes", "features", "scores", "returns", "quarantine"]
    named = ["bars@4", "instruments@2", *(f"{name}@1000" for name in others)]
    query = f"symbols=SYN001&start=2025-01-01&end=2025-01-03&limit=1&snapshot={','.join(named)}"
    assert [len(page) for page in await pages(client, query)] == [1, 1]


async def test_a_snapshot_that_does_not_exist_is_not_found(client, problem):
    answer = await client.get("/v1/bars?symbols=SYN001&snapshot=bars@999,instruments@2")
    problem(answer, 404, "not_found")


async def test_an_accept_in_several_lines_is_one_list(client):
    lines = [("accept", "text/html"), ("accept", "text/csv")]
    answer = await client.get("/v1/bars?symbols=SYN001&limit=1", headers=lines)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*", "x"])
async def test_a_form_that_is_not_given_is_406(client, accept):
    answer = await client.get("/v1/bars?symbols=SYN001", headers={"accept": accept})
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
        ("*/*;q=0.1, text/csv", "text/csv; charset=utf-8"),
        ("text/csv;q=x, */*", "application/json"),
    ],
)
async def test_the_best_liked_form_is_given(client, accept, media):
    path = "/v1/bars?symbols=SYN001&limit=1"
    answer = await client.get(path, headers={"accept": accept})
    assert answer.headers["content-type"] == media


async def test_an_empty_lake_says_how_to_fill_it(client_of, tmp_path, problem, now):
    client = client_of(make_api(Settings(home=tmp_path), clock=lambda: now))
    found = problem(await client.get("/v1/bars?symbols=SYN001"), 404, "unknown_symbol")
    assert "trii data ingest" in found.detail


async def test_the_sample_has_the_days_of_its_exchange(client):
    query = "symbols=AAPL&adjustment=all&limit=10000"
    (rows,) = await pages(client, query)
    assert (rows[0]["timestamp"][:10], rows[-1]["timestamp"][:10]) == (
        SAMPLE_FIRST.isoformat(),
        SAMPLE_LAST.isoformat(),
    )


@pytest.mark.parametrize(
    "changed", [{"symbol": "ZZZ"}, {"timestamp_us": 2**70}, {"timestamp_us": -(2**62)}]
)
async def test_a_token_made_by_hand_is_refused(client, problem, changed):
    path = "/v1/bars?symbols=SYN001&limit=1"
    token = (await client.get(path)).json()["next_page_token"]
    fields = json.loads(base64.urlsafe_b64decode(token + "==="))
    forged = base64.urlsafe_b64encode(json.dumps(fields | changed).encode()).decode().rstrip("=")
    problem(await client.get(f"{path}&page_token={forged}"), 422, "invalid")

"""One contract for every provider: whoever adds one adds a line to `PROVIDERS`."""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pydantic import SecretStr

from cluster.errors import BadInput
from cluster.providers import BUILT_IN, get_provider
from cluster.providers.alpaca.provider import AlpacaProvider
from cluster.providers.files import FilesProvider, FilesRequest
from cluster.providers.synthetic import SyntheticProvider
from cluster.settings import Settings
from cluster.stores.lake import Lake
from market.bars import BAR_SCHEMA
from market.calendar import get_calendar
from market.quality.validation import validate
from tests.alpaca_server import KEY, SECRET, AlpacaServer

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
NOWHERE = Settings(home=Path("/nonexistent"))


def from_alpaca(server):
    settings = NOWHERE.model_copy(
        update={
            "alpaca_api_key": SecretStr(KEY),
            "alpaca_api_secret": SecretStr(SECRET),
            "alpaca_data_url": server.url,
            "alpaca_trading_url": server.url,
            "alpaca_start": date(2025, 12, 1),
            "alpaca_minute_days": 3,
            "alpaca_requests_per_minute": 1_000_000,
        }
    )
    return AlpacaProvider(settings, symbols=("AAA", "BBB"))


def from_files(server):
    """The server's bars as a CSV."""
    query = {"symbols": "AAA,BBB", "timeframe": "1Day", "start": "2025-12-01T00:00:00Z",
             "end": "2026-03-14T00:00:00Z"}  # fmt: skip
    lines = [
        ",".join(map(str, (symbol, bar["t"][:10], *(bar[k] for k in "ohlcv"))))
        for symbol, bar in server.bars(query)
    ]
    path = Path(tempfile.mkdtemp()) / "bars.csv"
    path.write_text("\n".join(["symbol,date,open,high,low,close,volume", *lines]))
    return FilesProvider(FilesRequest("files", (path,)))


# Six instruments keep the test fast; the recipe is the same for sixty.
PROVIDERS = {
    "synthetic": lambda _: SyntheticProvider(instruments=6),
    "sample": lambda _: get_provider("sample", settings=NOWHERE),
    "alpaca": from_alpaca,
    "files": from_files,
}
CASES = [
    ("synthetic", "1Day"),
    ("synthetic", "1Min"),
    ("sample", "1Day"),
    ("alpaca", "1Day"),
    ("alpaca", "1Min"),
    ("files", "1Day"),
]


@pytest.fixture(scope="module")
def server():
    running = AlpacaServer()
    yield running
    running.close()


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request, server):
    """A provider, a timeframe, and all its bars: one table an instrument."""
    name, timeframe = request.param
    provider = PROVIDERS[name](server)
    start, end = provider.span(timeframe, now=NOW)
    tables = list(
        provider.bars(timeframe, provider.instruments(), start=start, end=end, recorded_at=NOW)
    )
    return provider, timeframe, tables


def by_id(provider):
    return {one.instrument_id: one for one in provider.instruments()}


def test_every_dataset_is_under_contract():
    assert set(PROVIDERS) >= set(BUILT_IN)


def test_tables_have_the_schema_and_one_instrument_each(case):
    provider, _, tables = case
    ids = [table["instrument_id"].unique().to_pylist() for table in tables]
    assert all(table.schema == BAR_SCHEMA for table in tables)
    assert sorted(one for (one,) in ids) == sorted(by_id(provider))


def test_instruments_belong_to_the_dataset_and_have_unique_symbols(case):
    provider, _, _ = case
    instruments = provider.instruments()
    assert {one.dataset for one in instruments} == {provider.dataset}
    assert {one.synthetic for one in instruments} == {provider.dataset == "synthetic"}
    assert len({one.symbol for one in instruments}) == len(instruments)
    assert all(one.instrument_id.startswith(f"{provider.dataset}:") for one in instruments)


def test_sessions_are_those_of_the_calendar_none_missing_none_extra(case):
    provider, _, tables = case
    instruments = by_id(provider)
    for table in tables:
        sessions = np.unique(table["session"].to_numpy().astype("datetime64[D]"))
        calendar = get_calendar(instruments[table["instrument_id"][0].as_py()].calendar)
        expected = calendar.sessions(sessions[0].item(), sessions[-1].item())
        np.testing.assert_array_equal(sessions, expected)


def test_a_bar_is_stamped_inside_its_session_and_known_after_its_stamp(case):
    provider, timeframe, tables = case
    instruments = by_id(provider)
    for table in tables:
        calendar = get_calendar(instruments[table["instrument_id"][0].as_py()].calendar)
        place = np.searchsorted(calendar.days, table["session"].to_numpy().astype("datetime64[D]"))
        opens = table["timestamp"].to_numpy().astype("datetime64[us]")
        known = table["available_at"].to_numpy().astype("datetime64[us]")
        if timeframe == "1Day":
            np.testing.assert_array_equal(opens, calendar.opens[place])
            np.testing.assert_array_equal(known, calendar.closes[place])
        assert (known > opens).all()
        assert (known <= calendar.closes[place]).all()


def test_nothing_comes_from_the_future_and_all_is_marked_backfilled(case):
    _, _, tables = case
    everything = pa.concat_tables(tables)
    assert pc.max(everything["available_at"]).as_py() <= NOW
    assert everything["vintage"].unique().to_pylist() == ["backfilled"]


def test_validation_refuses_none_of_it(case):
    provider, _, tables = case
    instruments = by_id(provider)
    for table in tables:
        calendar = get_calendar(instruments[table["instrument_id"][0].as_py()].calendar)
        _, rejected = validate(table, calendar=calendar)
        assert rejected["reason"].to_pylist() == []


def test_asking_again_gives_the_same_bars(case):
    provider, timeframe, tables = case
    start, end = provider.span(timeframe, now=NOW)
    again = provider.bars(timeframe, provider.instruments(), start=start, end=end, recorded_at=NOW)
    assert next(iter(again)).equals(tables[0])


def test_a_shorter_span_gives_the_same_bars_cut(case):
    provider, timeframe, tables = case
    _, end = provider.span(timeframe, now=NOW)
    day = tables[0]["session"][-1].as_py()
    (cut, *_) = provider.bars(
        timeframe, provider.instruments(), start=day, end=end, recorded_at=NOW
    )
    assert cut.equals(tables[0].filter(pc.equal(tables[0]["session"], day)).combine_chunks())


def test_the_lake_takes_it_once(case, tmp_path):
    provider, timeframe, tables = case
    lake, delivery = Lake(tmp_path), pa.concat_tables(tables)
    first = lake.append_bars(provider.dataset, timeframe, delivery, recorded_at=NOW)
    second = lake.append_bars(provider.dataset, timeframe, delivery, recorded_at=NOW)
    assert first.written == delivery.num_rows
    assert (second.written, second.version) == (0, first.version)


def test_notes_are_sentences_for_readers(case):
    provider, _, _ = case
    assert provider.description
    assert all(note.endswith(".") for note in provider.notes)


def test_an_unknown_dataset_names_the_known_ones():
    with pytest.raises(BadInput, match="dataset: unknown, expected one of synthetic, sample"):
        get_provider("bloomberg", settings=NOWHERE)

"""CSV and Parquet files: read as what they are, refused as a whole where they are not clear."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.errors import BadInput
from cluster.providers.files import FilesProvider, FilesRequest
from cluster.providers.kit.zones import hours_off
from market.bars import BAR_SCHEMA
from market.calendar import get_calendar

NOW = datetime(2024, 3, 20, 12, tzinfo=UTC)
XNYS = get_calendar("XNYS")
FIRST, LAST = date(2024, 1, 2), date(2024, 3, 1)
HEAD = "Date,Open,High,Low,Close,Volume\n"
ROWS = "2024-01-02,10,11,9,10.5,100\n2024-01-03,10,12,9,11.5,200\n"


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text) if isinstance(text, str) else path.write_bytes(text)
        return path

    return write


def provider(*paths, **told):
    return FilesProvider(FilesRequest("mine", paths, **told))


def taken(one):
    """All bars of a provider, by way of everything that an ingest asks it."""
    instruments = one.instruments()
    (timeframe,) = one.timeframes
    start, end = one.span(timeframe, now=NOW)
    tables = one.bars(timeframe, instruments, start=start, end=end, recorded_at=NOW)
    return pa.concat_tables([BAR_SCHEMA.empty_table(), *tables])


def test_the_newest_row_or_the_newest_file_may_come_first(write):
    lines = ROWS.splitlines(keepends=True)
    upside_down = taken(provider(write("AAPL.csv", HEAD + "".join(lines[::-1]))))
    assert upside_down["close"].to_pylist() == [10.5, 11.5]
    later, earlier = write("b.csv", HEAD + lines[1]), write("a.csv", HEAD + lines[0])
    assert taken(provider(later, earlier, symbol="AAPL")).equals(upside_down)


@pytest.mark.parametrize(
    "symbol", ["0700.HK", "7203.T", "600519.SS", "005930.KS", "^GSPC", "EURUSD=X"]
)
def test_symbols_of_every_market_are_taken_from_a_column_and_from_the_name_of_the_file(
    write, symbol
):
    row = f"2024-01-02,{symbol},10\n"
    by_column = taken(provider(write("m.csv", "Date,Ticker,Close\n" + row)))
    by_name = taken(provider(write(f"{symbol}.csv", "Date,Close\n2024-01-02,10\n")))
    assert by_column.equals(by_name)
    assert by_column["instrument_id"].to_pylist() == [f"mine:{symbol}"]


def test_small_letters_of_a_symbol_count_as_capitals(write):
    column = write("m.csv", "date,ticker,close\n2024-01-02,brk.b,10\n")
    for one in (provider(column), provider(write("brk.b.csv", HEAD + ROWS)),
                provider(write("x.csv", HEAD + ROWS), symbol="brk.b")):  # fmt: skip
        assert [instrument.symbol for instrument in one.instruments()] == ["BRK.B"]


def test_a_symbol_that_was_said_and_is_none_is_told_what_one_is(write):
    with pytest.raises(BadInput, match=r"--symbol 'BRK B': expected 1 to 24 capitals"):
        provider(write("x.csv", HEAD + ROWS), symbol="brk b").instruments()


def test_a_folder_or_file_that_is_not_there_is_said_to_be_so(tmp_path):
    for missing in (tmp_path / "prices", tmp_path / "AAPL.csv"):
        with pytest.raises(BadInput, match=f"{missing}: no such file or folder"):
            provider(missing).instruments()


def minutes(day=date(2024, 2, 5), *, zone="UTC", offset=True, count=60):
    """A CSV of minute bars, stamped in a zone with or without its offset."""
    stamps = pd.DatetimeIndex(XNYS.minutes(day)[:count]).tz_localize("UTC").tz_convert(zone)
    texts = [at.isoformat() if offset else at.strftime("%Y-%m-%d %H:%M:%S") for at in stamps]
    return "timestamp,symbol,close\n" + "".join(f"{text},AAA,10\n" for text in texts)


def test_a_daily_csv_needs_only_dates_and_the_file_is_named_after_its_symbol(write):
    table = taken(provider(write("AAPL.csv", HEAD + ROWS)))
    assert table["instrument_id"].unique().to_pylist() == ["mine:AAPL"]
    assert table["close"].to_pylist() == [10.5, 11.5]
    assert table["timestamp"].to_pylist()[0] == datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
    assert table["available_at"].to_pylist()[0] == datetime(2024, 1, 2, 21, tzinfo=UTC)


def test_columns_go_by_the_names_of_the_field_whatever_their_case(write):
    text = "Ticker,TIMESTAMP,o,h,l,c,vol,n,vw\nBRK.B,2024-01-02,10,11,9,10,5,3,10.2\n"
    row = taken(provider(write("any.csv", text))).to_pylist()[0]
    assert row["instrument_id"] == "mine:BRK.B"
    assert (row["open"], row["volume"], row["trade_count"], row["vwap"]) == (10, 5, 3, 10.2)


def test_a_column_of_another_name_is_mapped_or_left_out_and_never_guessed(write):
    path = write("AAA.csv", "Date,Settle,Comment\n2024-01-02,10,fine\n")
    with pytest.raises(BadInput, match=r"unknown column 'Settle'.*--column Settle=FIELD"):
        taken(provider(path))
    columns = {"Settle": "close", "Comment": "ignore"}
    assert taken(provider(path, columns=columns))["close"].to_pylist() == [10.0]
    with pytest.raises(BadInput, match="--column Settle=price_paid: expected one of"):
        provider(path, columns={"Settle": "price_paid"})


def test_parquet_with_zones_dates_and_numbers_as_integers(tmp_path):
    stamps = pd.DatetimeIndex(XNYS.minutes(date(2024, 2, 5))).tz_localize("UTC")
    table = pa.table(
        {
            "symbol": ["AAA"] * 390,
            "time": pa.array(stamps.tolist(), pa.timestamp("us", "UTC")),
            "close": np.arange(1, 391),
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "minutes.parquet")
    bars = taken(provider(tmp_path / "minutes.parquet"))
    assert bars["timestamp"].to_pylist() == [at.to_pydatetime() for at in stamps]
    assert bars["close"][-1].as_py() == 390.0


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_stamps_mean_the_same_instant_however_their_zone_is_given(write, zone):
    expected = XNYS.minutes(date(2024, 2, 5))[:60].tolist()
    with_offset = taken(provider(write("a.csv", minutes(zone=zone))))
    stated = taken(provider(write("b.csv", minutes(zone=zone, offset=False)), timezone=zone))
    for table in (with_offset, stated):
        assert [at.replace(tzinfo=None) for at in table["timestamp"].to_pylist()] == expected


def test_naive_stamps_are_refused_with_the_remedy(write):
    with pytest.raises(BadInput, match="without a time zone: say which with --timezone"):
        taken(provider(write("a.csv", minutes(offset=False))))


def test_a_wrong_zone_is_told_with_its_distance(write):
    path = write("a.csv", minutes(zone="America/New_York", offset=False))
    with pytest.raises(BadInput, match=r"stand 5 hours early for XNYS.*--timezone"):
        taken(provider(path, timezone="UTC"))


def test_a_local_time_that_summer_time_skips_is_refused(write):
    path = write("a.csv", "timestamp,symbol,close\n2024-03-10 02:30:00,AAA,1\n")
    with pytest.raises(BadInput, match=r"a\.csv: .*2024-03-10 02:30:00"):
        taken(provider(path, timezone="America/New_York"))


BAD = {
    "empty": ("", "empty, expected a line of column names"),
    "only a head": (HEAD, "no rows"),
    "torn in a row": (HEAD + ROWS + "2024-01-04,10", r"row 3: 2 values where the names are 6: '2024-01-04,10'"),
    "text in a price": (HEAD + "2024-01-02,10,11,9,n/k,1\n", r"row 1: close 'n/k' is no number .* --decimal"),
    "not text": (b"\xff\xfe\x00\x01\x02", "cannot be read"),
    "no time": ("Open,Close\n1,2\n", "no column for time"),
    "no close": ("Date,Open\n2024-01-02,2\n", "no column for close"),
    "two closes": ("Date,Close,Last\n2024-01-02,2,2\n", "'Close' and 'Last' are both close"),
    "a date of two meanings": (
        "Date,Close\n01/02/2024,2\n",
        "row 1: time '01/02/2024' .* --date-format DD/MM/YYYY or MM/DD/YYYY",
    ),
    "a date in no known form": ("Date,Close\nday 2,2\n", "row 1: time 'day 2': .* --date-format"),
    "a date that is none": ("Date,Close\n2024-02-31,2\n", "a date that does not exist"),
    "forms mixed": (
        "Date,Close\n2024-01-02,2\n2024-01-03T00:00:00Z,2\n",
        "row 2: .* another form than the rows before",
    ),
    "adjusted closes that no actions can have made": (
        "Date,Close,Adj Close\n"
        + "".join(f"{day},{10 + k % 3},{10 + k % 5}\n" for k, day in enumerate(XNYS.sessions(FIRST, LAST))),
        "not made of splits and dividends: say --raw .* or --adjusted",
    ),
    "half a trade": ("Date,Close,Trades\n2024-01-02,2,1.5\n", "trade_count 1.5: expected whole numbers"),
    "dates in another zone": (
        "Date,Close\n" + "".join(f"{day - 1},1\n" for day in XNYS.sessions(FIRST, LAST)),
        "dates of AAA stand a day early for XNYS",
    ),
    "a bar in the future": ("Date,Close\n2024-03-21,2\n", "1 bars of AAA are in the future"),
    "a session that is not over": ("Date,Close\n2024-03-20,2\n", "in the future or not over"),
    "a symbol that is none": ("Date,Ticker,Close\n2024-01-02,aa pl,2\n", "symbol 'AA PL'"),
    "a row without a symbol": ("Date,Ticker,Close\n2024-01-02,,2\n", "a row has no symbol"),
    "five-minute bars": (
        "timestamp,close\n" + "".join(f"2024-02-05T15:{5 * k:02}:00Z,1\n" for k in range(12))
        + "".join(f"2024-02-05T16:{5 * k:02}:00Z,1\n" for k in range(12)),
        "a bar every 5 minutes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_what_is_wrong_with_a_file_is_one_clear_line(write, fault):
    text, told = BAD[fault]
    with pytest.raises(BadInput, match=told) as caught:
        taken(provider(write("AAA.csv", text)))
    assert "\n" not in str(caught.value)


def test_a_torn_parquet_file_cannot_be_read(tmp_path, write):
    whole = tmp_path / "whole.parquet"
    pyarrow.parquet.write_table(pa.table({"date": ["2024-01-02"], "close": [1.0]}), whole)
    with pytest.raises(BadInput, match=r"torn\.parquet: cannot be read"):
        taken(provider(write("torn.parquet", whole.read_bytes()[:-20])))


def test_the_same_file_twice_is_refused_whatever_its_name(write):
    paths = write("AAA.csv", HEAD + ROWS), write("copy.csv", HEAD + ROWS)
    with pytest.raises(BadInput, match=r"copy\.csv has the same content as .*AAA\.csv"):
        provider(*paths)


def test_a_folder_gives_its_files_and_a_wrong_suffix_is_named(write, tmp_path):
    write("AAA.csv", HEAD + ROWS)
    write("BBB.csv", HEAD + ROWS.replace("100", "101"))
    assert len(provider(tmp_path).instruments()) == 2
    with pytest.raises(BadInput, match=r"expected a name that ends in \.csv, \.tsv, \.parquet"):
        provider(write("notes.doc", "x"))


def test_an_adjusted_close_alone_is_one(write):
    (one,) = provider(write("AAA.csv", "Date,Adj Close\n2024-01-02,1\n")).instruments()
    assert (one.adjusted, one.fields) == (True, "close")


def test_adjusted_closes_stand_alone_and_raw_ones_leave_them_out(write):
    text = "Date,Open,Close,Adj Close\n2024-01-02,4,5,2.5\n"
    adjusted = provider(write("AAA.csv", text), adjusted=True)
    raw = provider(write("AAA.csv", text), adjusted=False)
    assert [(one.adjusted, one.fields) for one in adjusted.instruments()] == [(True, "close")]
    assert [(one.adjusted, one.fields) for one in raw.instruments()] == [(False, "ohlcv")]
    assert taken(adjusted).select(["open", "close"]).to_pylist() == [{"open": None, "close": 2.5}]
    assert taken(raw)["close"].to_pylist() == [5.0]


LISTING = "symbol,name,instrument_id,valid_from,valid_to,currency\n"


def test_a_file_of_instruments_gives_a_reused_symbol_to_whom_it_belonged(write):
    listing = write(
        "listing.csv",
        LISTING + "AAA,Old,old,2000-01-03,2024-01-03,USD\nAAA,New,new,2024-01-03,,EUR\n",
    )
    one = provider(write("AAA.csv", HEAD + ROWS), instruments=listing)
    assert [(i.instrument_id, i.currency) for i in one.instruments()] == [
        ("mine:old", "USD"),
        ("mine:new", "EUR"),
    ]
    ids = taken(one).select(["instrument_id", "session"]).to_pylist()
    assert [(row["instrument_id"], row["session"].day) for row in ids] == [
        ("mine:old", 2),
        ("mine:new", 3),
    ]


def test_a_reused_symbol_is_stamped_by_the_calendar_of_each_that_had_it(write):
    listing = write(
        "listing.csv",
        "symbol,instrument_id,calendar,valid_from,valid_to\n"
        "AAA,old,XNYS,2000-01-03,2024-01-03\nAAA,new,XLON,2024-01-03,\n",
    )
    table = taken(provider(write("AAA.csv", HEAD + ROWS), instruments=listing))
    opens = {day.day: at.hour for day, at in zip(table["session"].to_pylist(),
             table["timestamp"].to_pylist(), strict=True)}  # fmt: skip
    assert opens == {2: 14, 3: 8}


def test_a_listing_takes_its_names_in_any_case_and_yes_for_a_flag(write):
    listing = write(
        "listing.csv",
        "SYMBOL;Adjusted;Lot Size;Valid From\nAAA;Yes;100;03.01.2000\nBBB;no;1,5;31.01.2000\n",
    )
    one = provider(write("AAA.csv", HEAD + ROWS), instruments=listing)
    first, second = one.instruments()
    assert (first.adjusted, first.lot_size, first.valid_from) == (True, 100.0, date(2000, 1, 3))
    assert (second.adjusted, second.lot_size) == (False, 1.5)
    wrong = write("wrong.csv", "symbol,adjusted\nAAA,perhaps\n")
    with pytest.raises(BadInput, match=r"row 1: adjusted 'perhaps': expected yes or no"):
        provider(write("CCC.csv", HEAD + ROWS), instruments=wrong).instruments()


def test_an_id_of_digits_keeps_its_leading_zeros(write):
    listing = write("listing.csv", "symbol,instrument_id\nAAA,037833100\n")
    one = provider(write("AAA.csv", HEAD + ROWS), instruments=listing)
    assert [i.instrument_id for i in one.instruments()] == ["mine:037833100"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("AAA,A,a,2000-01-03,2024-01-04,USD\nAAA,B,b,2024-01-03,,USD\n", "overlap"),
        ("AAA,A,a,2000-01-03,,GBX\n", "unknown currency 'GBX'"),
        ("BBB,B,b,2000-01-03,,USD\n", r"symbol 'AAA' is not in listing\.csv"),
        ("AAA,A,a,soon,,USD\n", "listing.csv: row 1: valid_from 'soon'"),
    ],
)
def test_a_wrong_listing_is_one_clear_line(write, rows, told):
    listing = write("listing.csv", LISTING + rows)
    with pytest.raises(BadInput, match=told):
        taken(provider(write("AAA.csv", HEAD + ROWS), instruments=listing))


def test_wrong_currency_calendar_or_dataset_is_refused(write):
    path = write("AAA.csv", HEAD + ROWS)
    for told, match in (
        ({"currency": "USX"}, "unknown currency 'USX'"),
        ({"calendar": "XNYSE"}, "unknown calendar 'XNYSE'.*did you mean"),
    ):
        with pytest.raises(BadInput, match=match):
            provider(path, **told).instruments()
    with pytest.raises(BadInput, match="expected lower-case letters"):
        FilesProvider(FilesRequest("My Data", (path,)))


@given(hours=st.integers(-12, 12).filter(bool), day=st.sampled_from(["2024-02-05", "2024-07-01"]))
def test_stamps_shifted_by_whole_hours_are_found_to_be(hours, day):
    stamps = XNYS.minutes(date.fromisoformat(day))
    assert hours_off(stamps + np.timedelta64(60 * hours, "m"), XNYS) == (-hours,)
    assert hours_off(stamps, XNYS) == ()


def test_a_year_of_local_times_read_as_utc_is_told_with_both_distances():
    days = [date(2024, month, 8) for month in (1, 2, 4, 5, 7, 8, 10, 11)]
    local = np.concatenate(
        [XNYS.minutes(day) - np.timedelta64(300 if day.month in {1, 2, 11} else 240, "m")
         for day in days if XNYS.is_session(day)]
    )  # fmt: skip
    assert hours_off(local, XNYS) == (4, 5)


def test_a_few_bars_before_the_open_are_no_wrong_zone():
    stamps = XNYS.minutes(date(2024, 2, 5))
    early = stamps[:60] - np.timedelta64(60, "m")
    assert hours_off(np.concatenate([early, stamps]), XNYS) == ()


def test_a_thin_series_that_begins_before_the_open_is_no_wrong_zone():
    stamps = XNYS.minutes(date(2024, 2, 5))
    assert hours_off(stamps[:250:10] - np.timedelta64(30, "m"), XNYS) == ()

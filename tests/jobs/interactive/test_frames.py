"""People's own frames as bars: every usual form, and what is ambiguous refused with what to do."""

import re
from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from jobs.interactive.days import day_of, sessions
from jobs.interactive.frames import bars_of
from market.errors import DataNotFit

DAYS = pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"])
ONE = pd.DataFrame(
    {
        "Open": [9.0, 10.0, 11.0], "High": [11.0, 12.0, 13.0], "Low": [8.0, 9.0, 10.0],
        "Close": [10.0, 11.0, 12.0], "Volume": [100, 200, 300],
    },
    index=DAYS,
)  # fmt: skip
TWO = pd.DataFrame({"AAA": [1.0, 2.0, 3.0], "bbb": [4.0, np.nan, 6.0]}, index=DAYS)


def long(frame=ONE, *, symbols=("AAA", "BBB"), date_column="Date"):
    parts = [frame.rename_axis(date_column).reset_index().assign(Symbol=name) for name in symbols]
    return pd.concat(parts, ignore_index=True)


def closes(given):
    return {bars.instrument_id: bars.close.tolist() for bars in bars_of(given)}


WHOLE = {"AAA": [10.0, 11.0, 12.0], "BBB": [10.0, 11.0, 12.0]}
HEADERS = pd.concat({"AAA": ONE, "BBB": ONE}, axis=1)


@pytest.mark.parametrize(
    "given",
    [
        long(),
        long().sample(frac=1.0, random_state=1),
        long().rename(columns=str.lower),
        long(date_column="timestamp").rename(columns={"Symbol": "ticker"}),
        long().set_index("Date"),
        long().set_index(["Date", "Symbol"]),
        {"AAA": ONE, "BBB": ONE},
        {"BBB": ONE["Close"], "AAA": ONE},
        HEADERS,
        HEADERS.swaplevel(axis=1),
        pa.Table.from_pandas(long()),
        bars_of({"AAA": ONE, "BBB": ONE}),
        {bars.instrument_id: bars for bars in bars_of({"AAA": ONE, "BBB": ONE})},
        pd.DataFrame({"AAA": ONE["Close"], "BBB": ONE["Close"]}),
    ],
    ids=range(14),
)
def test_every_usual_form_gives_the_same_bars(given):
    assert closes(given) == WHOLE


def test_one_instrument_needs_no_name():
    assert closes(ONE) == {"prices": [10.0, 11.0, 12.0]}
    assert closes(ONE["Close"].rename("AAA")) == {"AAA": [10.0, 11.0, 12.0]}
    (bars,) = bars_of(ONE)
    assert bars.volume.tolist() == [100.0, 200.0, 300.0]
    assert bars.session.tolist() == [day.date() for day in DAYS]


def test_a_row_without_a_close_is_no_bar_and_names_keep_their_case():
    assert closes(TWO) == {"AAA": [1.0, 2.0, 3.0], "bbb": [4.0, 6.0]}


TICKERS = ONE[["Open", "Close", "Low"]].set_axis(["AAPL", "DAY", "LOW"], axis=1)
OF_TICKERS = {
    "AAPL": [9.0, 10.0, 11.0], "DAY": [10.0, 11.0, 12.0], "LOW": [8.0, 9.0, 10.0],
}  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        TICKERS,
        TICKERS.rename_axis("Date"),
        TICKERS.rename_axis("Date").reset_index(),
        TICKERS.rename_axis("date").reset_index(),
        TICKERS.rename_axis("DATE").reset_index(),
        TICKERS.set_axis(DAYS.strftime("%Y-%m-%d")),
        TICKERS.set_axis(DAYS.date),
        TICKERS.assign(date=DAYS).rename_axis("date"),
    ],
    ids=range(8),
)
def test_symbols_that_read_like_fields_or_dates_are_symbols(given):
    assert closes(given) == OF_TICKERS


def test_dates_that_are_told_twice_are_the_same_dates():
    assert closes(ONE.assign(date=DAYS).rename_axis("date")) == {"prices": [10.0, 11.0, 12.0]}
    assert closes(ONE.assign(Date=DAYS).rename_axis("Date")) == {"prices": [10.0, 11.0, 12.0]}
    assert closes(ONE.assign(date=DAYS)) == {"prices": [10.0, 11.0, 12.0]}


def test_adjusted_closes_beside_raw_prices_are_what_is_read():
    given = ONE.assign(**{"Adj Close": [5.0, 5.5, 6.0]})
    (bars,) = bars_of(given)
    assert bars.close.tolist() == [5.0, 5.5, 6.0]
    assert bars.close_only
    assert bars.adjusted


@pytest.mark.parametrize(
    "dates",
    [
        ["2024-01-02", "2024-01-03", "2024-01-04"],
        ["20240102", "20240103", "20240104"],
        [20240102, 20240103, 20240104],
        [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)],
        [datetime.fromisoformat(f"2024-01-0{day}T16:00") for day in (2, 3, 4)],
        DAYS.tz_localize("America/New_York"),
        DAYS.tz_localize("Asia/Tokyo"),
        DAYS.tz_localize("UTC") + pd.Timedelta(hours=14, minutes=30),
        DAYS.to_period("D"),
        DAYS.astype("datetime64[s]"),
    ],
    ids=range(10),
)
def test_dates_of_every_kind_are_the_same_sessions(dates):
    whole = DAYS.to_numpy().astype("datetime64[D]").tolist()
    assert sessions(pd.Index(dates), of="x").tolist() == whole
    assert closes(ONE.set_index(pd.Index(dates)))["prices"] == [10.0, 11.0, 12.0]


def test_summer_time_moves_no_session():
    stamps = [datetime.fromisoformat(f"2024-03-{day:02}T00:00-05:00") for day in (8, 9)]
    stamps += [datetime.fromisoformat("2024-03-11T00:00-04:00")]
    found = sessions(pd.Index(stamps, dtype=object), of="x")
    assert [str(day) for day in found] == ["2024-03-08", "2024-03-09", "2024-03-11"]
    assert day_of("2024-03-08") == day_of(stamps[0]) == date(2024, 3, 8)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (ONE.reset_index(drop=True), "0 is no date; remedy: a column `date`"),
        (ONE.set_index(pd.Index(["03.01.2024", "04.01.2024", "05.01.2024"])), "'03.01.2024' is no"),
        (ONE.set_index(pd.Index(["2024-01-02", "2024-01-03", "soon"])), "'soon' is no date"),
        (ONE.set_index(pd.DatetimeIndex([*DAYS[:2], pd.NaT])), "row 2 has no date"),
        (pd.concat([ONE, ONE]), "two rows are of 2024-01-02; remedy"),
        (ONE.drop(columns="Close"), "none called close; remedy: name the closes so"),
        (ONE.assign(Close=["1", "2", "x"]), "column close holds what is no number"),
        (TWO * np.nan, "no row with a close"),
        (ONE.iloc[:0], "no row with a close"),
        ([1.0, 2.0], "list: expected a DataFrame"),
        ({"AAA": TWO}, "AAA: expected the prices of one instrument"),
        (long().replace({"Symbol": {"BBB": None}}), "column symbol: row 3 has no symbol; remedy"),
        (TWO.assign(other=DAYS), "column close holds dates"),
        (ONE.assign(close=1.0), "two columns are called 'close'"),
        ([*bars_of(ONE), *bars_of(ONE)], "prices is there twice"),
    ],
)
def test_what_is_ambiguous_or_wrong_is_refused_with_what_to_do(given, says):
    with pytest.raises(DataNotFit, match=re.escape(says)):
        bars_of(given)

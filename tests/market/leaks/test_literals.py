"""Dates and tickers in a function's source are said, columns and frequencies are not."""

from datetime import date

import pandas as pd

from market import leaks


def knows_the_crash(bars):
    """Not this one: 2020-03-16 AAPL."""
    after = bars["session"] > "2020-02-19"
    bottom = pd.Timestamp(2020, 3, 23)
    return bars["close"].where(after & (bars["session"] < bottom))


def knows_the_winner(bars):
    held = date(2009, 3, 9)
    return bars["close"] * (bars["symbol"] == "NVDA") * (bars["session"].dt.year == 2008), held


def knows_nothing(bars):
    weekly = bars.set_index("session")["close"].resample("ME").last()
    return bars["close"].rolling(2000).mean(), weekly, "UTC"


def test_dates_and_tickers_are_named():
    assert [line.split(" is written")[0] for line in leaks.literal_warnings(knows_the_crash)] == [
        "date '2020-02-19'",
        "date pd.Timestamp(2020, 3, 23)",
    ]
    assert [line.split(" is written")[0] for line in leaks.literal_warnings(knows_the_winner)] == [
        "date date(2009, 3, 9)",
        "ticker 'NVDA'",
        "year 2008",
    ]


def test_frequencies_windows_and_functions_without_source_give_no_warning():
    assert leaks.literal_warnings(knows_nothing) == []
    assert leaks.literal_warnings(len) == []

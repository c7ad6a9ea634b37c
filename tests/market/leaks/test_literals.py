"""Dates and tickers in a function's source are said, columns and frequencies are not."""

import functools
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


BOTTOMS = ["2020-03-23", "03/09/2009"]


def helper(bars):
    return bars["session"].dt.year.isin([2001, 2020]) | (bars["session"] >= "2022")


def knows_through_others(bars):
    known = bars["session"].isin(BOTTOMS) | helper(bars) | (bars["session"].dt.day == 20200316)
    start = pd.Timestamp(year=1987, month=10, day=19)
    return bars["close"].where(known & (bars["symbol"] != "F") & (bars["pair"] != "BTC-USD")), start


def bound(bars, until):
    return bars["close"].where(bars["session"] < until)


class Callable:
    def __call__(self, bars):
        return bars["close"].where(bars["symbol"] == "NVDA")


def upper_case_columns(bars):
    return bars["CLOSE"] + bars["HIGH"] * 0 + bars["LOW"] * 0


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


def said(function):
    return [line.split(" is written")[0] for line in leaks.literal_warnings(function)]


def test_helpers_constants_of_the_module_and_bound_values_are_read_too():
    assert said(knows_through_others) == [
        "date '03/09/2009'",
        "date '2020-03-23'",
        "date '2022'",
        "date 20200316",
        "date pd.Timestamp(year=1987, month=10, day=19)",
        "ticker 'BTC-USD'",
        "ticker 'F'",
        "year 2001",
        "year 2020",
    ]
    assert said(functools.partial(bound, until="2020-02-19")) == ["date '2020-02-19'"]
    assert said(Callable()) == ["ticker 'NVDA'"]


def test_frequencies_windows_and_functions_without_source_give_no_warning():
    assert leaks.literal_warnings(knows_nothing) == []
    assert leaks.literal_warnings(upper_case_columns) == []
    assert leaks.literal_warnings(len) == []

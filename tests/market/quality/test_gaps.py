"""Gaps against the calendar, and staleness: what is missing is found, what is closed is not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.bars import Bars
from market.calendar import CALENDARS, get_calendar
from market.errors import BadParameter, DataNotFit
from market.quality.gaps import Gap, gaps
from market.quality.staleness import UnchangedRun, sessions_behind, unchanged_runs
from tests.examples import examples
from tests.market.minutes import minute_table


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def minutes(name: str, start: date, end: date) -> Bars:
    return Bars.from_arrow(minute_table(name, start, end))


def without(bars: Bars, rows: list[int]) -> Bars:
    table = bars.to_arrow(recorded_at=utc(2030, 1, 1))
    return Bars.from_arrow(table.take(np.setdiff1d(np.arange(len(bars)), rows)))


@pytest.mark.parametrize("name", CALENDARS)
def test_a_full_week_has_no_gap(name: str) -> None:
    week = date(2024, 6, 28), date(2024, 7, 5)
    bars = minutes(name, *week)
    for timeframe in ("1Min", "1Day"):
        assert gaps(bars, get_calendar(name), timeframe=timeframe, start=week[0], end=week[1]) == ()


def test_missing_minutes_are_one_gap_over_lunch_and_night() -> None:
    days = date(2024, 7, 2), date(2024, 7, 3)
    bars = without(minutes("XTKS", *days), [149, 150, 151, 299, 300])
    found = gaps(bars, get_calendar("XTKS"), timeframe="1Min", start=days[0], end=days[1])
    assert found == (
        Gap(utc(2024, 7, 2, 2, 29), utc(2024, 7, 2, 3, 31), 3),
        Gap(utc(2024, 7, 2, 5, 59), utc(2024, 7, 3, 0, 0), 2),
    )


def test_a_missing_session_is_found_and_a_holiday_is_none() -> None:
    days = date(2024, 7, 2), date(2024, 7, 8)
    bars = minutes("XNYS", *days)
    friday = np.flatnonzero(bars.session == np.datetime64("2024-07-05")).tolist()
    found = gaps(
        without(bars, friday), get_calendar("XNYS"), timeframe="1Day", start=days[0], end=days[1]
    )
    assert found == (Gap(utc(2024, 7, 5, 13, 30), utc(2024, 7, 5, 13, 30), 1),)


def test_a_bar_without_a_close_is_missing() -> None:
    day = date(2024, 7, 2)
    bars = minutes("XNYS", day, day)
    close = bars.close.copy()
    close[[0, 389]] = np.nan
    found = gaps(
        replace(bars, close=close), get_calendar("XNYS"), timeframe="1Min", start=day, end=day
    )
    assert [one.count for one in found] == [1, 1]


@examples(25)
@given(st.sampled_from(CALENDARS), st.sets(st.integers(0, 150), max_size=40))
def test_gaps_hold_exactly_what_was_taken_away(name: str, rows: set[int]) -> None:
    day = date(2024, 7, 2)
    bars = minutes(name, day, day)
    found = gaps(
        without(bars, sorted(rows)), get_calendar(name), timeframe="1Min", start=day, end=day
    )
    assert sum(one.count for one in found) == len(rows)
    opens = {one.replace(tzinfo=UTC) for one in bars.timestamp[sorted(rows)].tolist()}
    assert {one.first for one in found} | {one.last for one in found} <= opens


def test_years_that_the_calendar_does_not_know_are_not_complete() -> None:
    bars, calendar = minutes("XNYS", date(2024, 7, 1), date(2024, 7, 2)), get_calendar("XNYS")
    with pytest.raises(DataNotFit, match="XNYS knows 1953-01-02 to 2039-12-30, not 2045-01-01"):
        gaps(bars, calendar, timeframe="1Day", start=date(2045, 1, 1), end=date(2045, 12, 31))


def test_the_daily_maintenance_of_index_futures_is_no_gap() -> None:
    day, calendar = date(2024, 7, 2), get_calendar("CMES")
    whole = minutes("CMES", day, day)
    assert len(whole) == 23 * 60
    assert gaps(whole, calendar, timeframe="1Min", start=day, end=day) == ()


def test_a_series_is_behind_by_closed_sessions_only() -> None:
    calendar = get_calendar("XNYS")
    wednesday = date(2024, 7, 3)
    assert sessions_behind(wednesday, calendar, now=utc(2024, 7, 5, 19, 59)) == 0
    assert sessions_behind(wednesday, calendar, now=utc(2024, 7, 5, 20, 0)) == 1
    assert sessions_behind(wednesday, calendar, now=utc(2024, 7, 8, 12, 0)) == 1
    assert sessions_behind(date(2024, 7, 5), calendar, now=utc(2024, 7, 4, 12, 0)) == 0


def test_closes_that_do_not_move_are_named() -> None:
    close = np.array([1.0, 2.0, 2.0, 2.0, np.nan, 2.0, 2.0, 3.0, 3.0, 3.0, 3.0])
    assert unchanged_runs(close, least=3) == (UnchangedRun(1, 4), UnchangedRun(7, 11))
    assert unchanged_runs(np.full(4, np.nan), least=2) == ()
    assert unchanged_runs(np.empty(0)) == ()
    with pytest.raises(BadParameter, match="least=1: expected 2 or more"):
        unchanged_runs(close, least=1)


def test_a_gap_over_a_weekend_counts_sessions() -> None:
    calendar, start = get_calendar("XNYS"), date(2024, 7, 1)
    bars = without(minutes("XNYS", start, start + timedelta(days=11)), list(range(390 * 2, 2500)))
    found = gaps(bars, calendar, timeframe="1Day", start=start, end=start + timedelta(days=11))
    assert found == (Gap(utc(2024, 7, 3, 13, 30), utc(2024, 7, 9, 13, 30), 4),)

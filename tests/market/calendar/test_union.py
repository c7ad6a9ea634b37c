"""A clock over several calendars: no market is used before it has closed, none is forgotten."""

from datetime import date

import numpy as np
import pytest

from market.calendar import CALENDARS, get_calendar, union_clock
from market.errors import BadParameter, DataNotFit

SPAN = date(2024, 1, 1), date(2024, 12, 31)


def test_the_clock_of_one_calendar_is_that_calendar() -> None:
    calendar = get_calendar("XNYS")
    clock = union_clock([calendar], *SPAN)
    np.testing.assert_array_equal(clock.days, calendar.sessions(*SPAN))
    np.testing.assert_array_equal(calendar.days[clock.closed[0]], clock.days)
    assert clock.trades.all()
    assert clock.sessions_per_year == 252


def test_a_market_on_holiday_stands_at_its_last_session() -> None:
    calendars = [get_calendar("XNYS"), get_calendar("XTKS")]
    clock = union_clock(calendars, *SPAN)
    row = clock.days.tolist().index(date(2024, 7, 4))  # New York rests, Tokyo trades
    assert clock.trades[:, row].tolist() == [False, True]
    assert calendars[0].days[clock.closed[0, row]].tolist() == date(2024, 7, 3)
    assert calendars[1].days[clock.closed[1, row]].tolist() == date(2024, 7, 4)
    assert clock.ticks[row] == np.datetime64("2024-07-04T06:00")  # no later close that day
    assert clock.sessions_per_year == 260


def test_every_date_of_any_calendar_is_there_once() -> None:
    calendars = [get_calendar(name) for name in ("XLON", "XHKG", "CMES")]
    clock = union_clock(calendars, *SPAN)
    expected = set().union(*(one.sessions(*SPAN).tolist() for one in calendars))
    assert set(clock.days.tolist()) == expected
    assert len(clock) == len(expected)


def test_nothing_is_known_before_its_close() -> None:
    calendars = [get_calendar(name) for name in CALENDARS]
    clock = union_clock(calendars, *SPAN)
    assert (np.diff(clock.ticks).astype(int) > 0).all()
    for calendar, trades, closed in zip(calendars, clock.trades, clock.closed, strict=True):
        assert (calendar.closes[closed] <= clock.ticks).all()
        assert (calendar.closes[closed + 1] > clock.ticks).all()
        np.testing.assert_array_equal(calendar.days[closed[trades]], clock.days[trades])
        assert (calendar.days[closed[~trades]] < clock.days[~trades]).all()


def test_what_a_clock_cannot_know_is_refused() -> None:
    with pytest.raises(BadParameter, match="at least one calendar"):
        union_clock([], *SPAN)
    with pytest.raises(DataNotFit, match="XTKS knows 1997-01-06"):
        union_clock([get_calendar("XTKS")], date(1996, 1, 1), SPAN[1])

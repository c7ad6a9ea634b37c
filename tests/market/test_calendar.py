"""Sessions of both calendars against dates that are known."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.arrays import from_day
from market.calendar import get_calendar
from market.errors import BadParameter, DataNotFit

XNYS, ALWAYS = "XNYS", "24/7"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_a_leap_year_of_each() -> None:
    span = date(2024, 1, 1), date(2024, 12, 31)
    assert len(get_calendar(ALWAYS).sessions(*span)) == 366
    assert len(get_calendar(XNYS).sessions(*span)) == 252


def test_sessions_per_year() -> None:
    assert get_calendar(ALWAYS).sessions_per_year == 365
    assert get_calendar(XNYS).sessions_per_year == 252


def test_an_ordinary_session_in_summer_and_in_winter_time() -> None:
    calendar = get_calendar(XNYS)
    assert calendar.session_open(date(2024, 7, 2)) == utc(2024, 7, 2, 13, 30)
    assert calendar.session_close(date(2024, 7, 2)) == utc(2024, 7, 2, 20, 0)
    assert calendar.session_close(date(2024, 1, 2)) == utc(2024, 1, 2, 21, 0)


def test_the_day_before_independence_day_closes_early() -> None:
    calendar = get_calendar(XNYS)
    assert calendar.session_close(date(2024, 7, 3)) == utc(2024, 7, 3, 17, 0)
    early = calendar.early_closes(date(2024, 1, 1), date(2024, 12, 31))
    assert early.tolist() == [date(2024, 7, 3), date(2024, 11, 29), date(2024, 12, 24)]
    assert len(get_calendar(ALWAYS).early_closes(date(2024, 1, 1), date(2024, 12, 31))) == 0


@pytest.mark.parametrize(
    "closed",
    [
        date(2024, 7, 4),  # Independence Day
        date(2024, 7, 6),  # a Saturday
        date(2012, 10, 29),  # hurricane Sandy
        date(2001, 9, 11),
    ],
)
def test_closed_days_are_no_sessions(closed: date) -> None:
    assert not get_calendar(XNYS).is_session(closed)
    assert get_calendar(ALWAYS).is_session(closed)
    with pytest.raises(DataNotFit, match=f"{closed} is not a session of XNYS"):
        get_calendar(XNYS).session_open(closed)


def test_the_closing_instant_is_closed() -> None:
    calendar = get_calendar(XNYS)
    assert calendar.status(utc(2024, 7, 2, 13, 30)) == "open"
    assert calendar.status(utc(2024, 7, 2, 19, 59, 59)) == "open"
    assert calendar.status(utc(2024, 7, 2, 20, 0)) == "closed"
    assert calendar.status(utc(2024, 7, 4, 15, 0)) == "closed"


def test_the_last_session_is_one_that_has_closed() -> None:
    calendar = get_calendar(XNYS)
    assert calendar.last_session(utc(2024, 7, 2, 19, 59)) == date(2024, 7, 1)
    assert calendar.last_session(utc(2024, 7, 2, 20, 0)) == date(2024, 7, 2)
    assert calendar.last_session(utc(2024, 7, 7, 12, 0)) == date(2024, 7, 5)
    assert get_calendar(ALWAYS).last_session(utc(2024, 7, 2, 23, 59)) == date(2024, 7, 1)
    assert get_calendar(ALWAYS).last_session(utc(2024, 7, 3)) == date(2024, 7, 2)


def test_the_next_session_skips_the_holiday() -> None:
    assert get_calendar(XNYS).next_session(date(2024, 7, 3)) == date(2024, 7, 5)
    assert get_calendar(ALWAYS).next_session(date(2024, 7, 3)) == date(2024, 7, 4)


def test_any_time_zone_may_ask() -> None:
    new_york = datetime(2024, 7, 2, 9, 30, tzinfo=timezone(timedelta(hours=-4)))
    assert get_calendar(XNYS).is_open(new_york)


@settings(deadline=None)
@given(st.datetimes(datetime(1991, 1, 1), datetime(2039, 12, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_open_means_inside_the_session_after_the_last(at: datetime) -> None:
    for name in (XNYS, ALWAYS):
        calendar = get_calendar(name)
        current = calendar.next_session(calendar.last_session(at))
        inside = calendar.session_open(current) <= at < calendar.session_close(current)
        assert calendar.is_open(at) is inside


def test_sessions_do_not_overlap() -> None:
    for name in (XNYS, ALWAYS):
        calendar = get_calendar(name)
        assert np.all(calendar.opens < calendar.closes)
        assert np.all(calendar.closes[:-1] <= calendar.opens[1:])
        assert np.all(np.diff(calendar.days).astype(int) > 0)


def test_beyond_its_span_a_calendar_does_not_guess() -> None:
    calendar = get_calendar(XNYS)
    with pytest.raises(DataNotFit, match="after the end"):
        calendar.is_open(utc(2050, 1, 1))
    with pytest.raises(DataNotFit, match="no session after"):
        calendar.next_session(from_day(calendar.days[-1]))
    for ask in (calendar.is_open, calendar.last_session):
        with pytest.raises(DataNotFit, match="before the start of XNYS"):
            ask(utc(1950, 1, 1))
    with pytest.raises(DataNotFit, match="no session of XNYS had closed"):
        calendar.last_session(calendar.session_open(from_day(calendar.days[0])))


def test_an_unknown_calendar_names_the_known() -> None:
    with pytest.raises(
        BadParameter, match=r"'XNSY': expected one of 24/7, CMES, .*, XTKS; did you mean 'XNYS'"
    ):
        get_calendar("XNSY")


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(BadParameter, match="no time zone"):
        get_calendar(ALWAYS).is_open(datetime(2024, 1, 1))  # noqa: DTZ001

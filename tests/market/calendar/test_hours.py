"""Trading hours with breaks: status, minutes, neighbours, versions and annualisation."""

import warnings
from dataclasses import replace
from datetime import UTC, date, datetime

import exchange_calendars
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.calendar import CALENDARS, get_calendar
from market.errors import DataNotFit

NAMES = st.sampled_from(CALENDARS)
INSTANTS = st.datetimes(datetime(1998, 1, 1), datetime(2039, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("24/7", 365),
        ("CMES", 258),
        ("XETR", 254),
        ("XHKG", 246),
        ("XLON", 253),
        ("XNAS", 252),
        ("XNYS", 252),
        ("XTKS", 244),
    ],
)
def test_annualisation_is_the_mean_of_a_decade(name: str, expected: int) -> None:
    assert get_calendar(name).sessions_per_year == expected


def test_tokyo_takes_lunch_and_the_session_goes_on() -> None:
    calendar = get_calendar("XTKS")
    words = [
        calendar.status(utc(2024, 7, 2, *clock)) for clock in ((2, 29), (2, 30), (3, 29), (3, 30))
    ]
    assert words == ["open", "break", "break", "open"]
    assert calendar.status(utc(2024, 7, 2, 6, 0)) == "closed"
    assert not calendar.is_open(utc(2024, 7, 2, 3, 0))


@pytest.mark.parametrize(
    ("name", "day", "count"),
    [
        ("XNYS", date(2024, 7, 2), 390),
        ("XNYS", date(2024, 7, 3), 210),  # closes early
        ("XLON", date(2024, 7, 2), 510),
        ("XTKS", date(2024, 7, 2), 300),  # five hours, lunch left out
        ("XTKS", date(2024, 11, 5), 330),
        ("XHKG", date(2024, 7, 2), 330),
        ("XHKG", date(2024, 2, 9), 150),
        ("CMES", date(2024, 7, 2), 1380),  # 23 hours, maintenance left out
        ("CMES", date(2020, 7, 2), 1365),  # and the halt of a quarter of an hour
        ("24/7", date(2024, 7, 2), 1440),
    ],
)
def test_minutes_of_a_session(name: str, day: date, count: int) -> None:
    calendar = get_calendar(name)
    minutes = calendar.minutes(day)
    assert len(minutes) == count
    assert all(calendar.is_open(one.replace(tzinfo=UTC)) for one in minutes[[0, -1]].tolist())
    assert minutes[-1] + np.timedelta64(1, "m") == np.datetime64(
        calendar.session_close(day).replace(tzinfo=None)
    )


def test_minutes_leave_the_break_out() -> None:
    minutes = get_calendar("XHKG").minutes(date(2024, 7, 2))
    pause = np.datetime64("2024-07-02T04:00"), np.datetime64("2024-07-02T05:00")
    assert not ((minutes >= pause[0]) & (minutes < pause[1])).any()
    assert pause[1] in minutes


def test_minutes_of_a_holiday_are_refused() -> None:
    with pytest.raises(DataNotFit, match="2024-07-04 is not a session of XNYS"):
        get_calendar("XNYS").minutes(date(2024, 7, 4))


def test_no_sessions_have_no_stamps() -> None:
    assert len(get_calendar("XNYS").stamps(date(2024, 7, 6), date(2024, 7, 7))) == 0
    assert len(get_calendar("XNYS").stamps(date(2024, 7, 6), date(2024, 7, 1))) == 0


@settings(deadline=None)
@given(NAMES, INSTANTS)
def test_status_agrees_with_the_session_and_its_break(name: str, at: datetime) -> None:
    calendar = get_calendar(name)
    session = calendar.current_session(at)
    pause = calendar.session_break(session)
    expected = "open" if at < calendar.session_close(session) else "closed"
    if pause is not None and pause[0] <= at < pause[1]:
        expected = "break"
    assert calendar.session_open(session) <= at
    assert calendar.status(at) == expected


@settings(deadline=None)
@given(NAMES, INSTANTS)
def test_next_and_previous_are_each_other_s_inverse(name: str, at: datetime) -> None:
    calendar, day = get_calendar(name), at.date()
    following, before = calendar.next_session(day), calendar.previous_session(day)
    assert before < day < following
    between = calendar.sessions(before, following)[1:-1].tolist()
    assert between == ([day] if calendar.is_session(day) else [])
    assert calendar.previous_session(calendar.next_session(before)) == before


def test_there_is_nothing_before_the_first_session() -> None:
    with pytest.raises(DataNotFit, match="XTKS has no session before 1997-01-06"):
        get_calendar("XTKS").previous_session(date(1997, 1, 6))


def test_beyond_its_span_nothing_is_a_holiday() -> None:
    calendar = get_calendar("XNYS")
    for day in (date(1952, 6, 2), date(2050, 1, 4)):
        with pytest.raises(DataNotFit, match="XNYS knows 1953-01-02 to 2039-12-30, not"):
            calendar.is_session(day)


def test_parts_are_in_order_and_apart() -> None:
    for name in CALENDARS:
        parts = get_calendar(name).parts
        assert (parts.starts < parts.ends).all()
        assert (parts.ends[:-1] <= parts.starts[1:]).all()


def test_the_version_names_the_library_and_changes_with_any_session() -> None:
    calendar = get_calendar("XTKS")
    assert calendar.version.startswith("XTKS exchange_calendars-")
    assert calendar.version == replace(calendar).version
    closes = calendar.closes.copy()
    closes[5000] += np.timedelta64(1, "m")
    assert replace(calendar, closes=closes).version != calendar.version
    breaks = calendar.break_starts.copy()
    breaks[5000] += np.timedelta64(1, "m")
    assert replace(calendar, break_starts=breaks).version != calendar.version


def test_a_fingerprint_sees_only_its_own_sessions() -> None:
    calendar = get_calendar("XNYS")
    span = date(2010, 1, 1), date(2020, 12, 31)
    closes = calendar.closes.copy()
    closes[-1] -= np.timedelta64(3, "h")
    later = replace(calendar, closes=closes)
    assert later.fingerprint(*span) == calendar.fingerprint(*span)
    assert later.version != calendar.version
    assert calendar.fingerprint(*span) != get_calendar("XLON").fingerprint(*span)
    assert calendar.fingerprint(*span) == get_calendar("XNAS").fingerprint(*span)


@pytest.mark.parametrize("name", [one for one in CALENDARS if one not in ("24/7", "CMES")])
def test_minutes_are_those_of_exchange_calendars(name: str) -> None:
    start, end = date(2024, 1, 1), date(2024, 6, 30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses what pandas 3.1 deprecates
        source = exchange_calendars.get_calendar(name, start="2023-12-01", end="2024-12-31")
        sessions = source.sessions_in_range(str(start), str(end))
        expected = [source.session_minutes(one).tz_localize(None).to_numpy() for one in sessions]
    np.testing.assert_array_equal(
        get_calendar(name).stamps(start, end), np.concatenate(expected).astype("datetime64[us]")
    )

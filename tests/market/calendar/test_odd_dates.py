"""Sessions against dates that the exchanges published, each with its reason."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from market.calendar import get_calendar

NO_SESSION = [
    ("XNYS", "1953-02-23"),  # Washington's Birthday, a Sunday, on the Monday after
    ("XNYS", "1962-01-01"),  # New Year: a session in exchange_calendars 4.13
    ("XNYS", "1962-11-06"),  # Election Day, a holiday until 1980
    ("XNYS", "1963-11-25"),  # mourning for President Kennedy
    ("XNYS", "1968-06-12"),  # the paperwork crisis: closed on Wednesdays
    ("XNYS", "1969-07-21"),  # the first landing on the Moon
    ("XNYS", "1985-09-27"),  # hurricane Gloria
    ("XNYS", "2001-09-11"),  # attacks on New York: closed until the 17th
    ("XNYS", "2001-09-14"),
    ("XNYS", "2004-06-11"),  # mourning for President Reagan
    ("XNYS", "2007-01-02"),  # mourning for President Ford
    ("XNYS", "2012-10-29"),  # hurricane Sandy
    ("XNYS", "2012-10-30"),
    ("XNYS", "2018-12-05"),  # mourning for President Bush
    ("XNYS", "2022-06-20"),  # Juneteenth, a holiday since 2022
    ("XNAS", "2025-01-09"),  # mourning for President Carter
    ("XLON", "1999-12-31"),  # the millennium
    ("XLON", "2011-04-29"),  # a royal wedding
    ("XLON", "2012-06-05"),  # the Diamond Jubilee
    ("XLON", "2020-05-08"),  # the May holiday moved to VE Day
    ("XLON", "2022-09-19"),  # funeral of Queen Elizabeth II
    ("XLON", "2023-05-08"),  # coronation of King Charles III
    ("XETR", "2015-05-25"),  # Whit Monday, a holiday until 2021
    ("XETR", "2017-10-31"),  # 500 years of the Reformation
    ("XETR", "2020-12-31"),
    ("XTKS", "2019-04-29"),  # ten days of Golden Week for the new Emperor
    ("XTKS", "2019-05-06"),
    ("XTKS", "2019-10-22"),  # enthronement
    ("XTKS", "2020-07-24"),  # the Olympic Games, moved though they were put off
    ("XTKS", "2020-10-01"),  # the trading system failed all day
    ("XHKG", "2017-08-23"),  # typhoon Hato
    ("XHKG", "2020-10-13"),  # typhoon Nangka
    ("XHKG", "2021-10-13"),  # typhoon Kompasu
    ("XHKG", "2023-09-01"),  # typhoon Saola: not in exchange_calendars 4.13
    ("XHKG", "2023-09-08"),  # black rainstorm: not in exchange_calendars 4.13
    ("XHKG", "2024-09-06"),  # typhoon Yagi
    ("CMES", "2024-01-01"),
    ("CMES", "2024-12-25"),
    ("CMES", "2024-03-29"),  # Good Friday without the employment report
]

SESSIONS = [
    ("XNYS", "2001-09-17"),  # the first day after the attacks
    ("XLON", "2020-05-04"),  # the May holiday of 2020 was moved away from here
    ("XETR", "2022-06-06"),  # Whit Monday, a session since 2022
    ("XETR", "2022-10-03"),  # German Unity Day, a session
    ("XHKG", "2024-11-14"),  # typhoon Toraji: trading goes on in severe weather since 2024-09-23
]

EARLY = [  # close in UTC, by the hour and minute
    ("XNYS", "2013-07-03", 17, 0),  # before Independence Day: 13:00 New York in summer
    ("XNYS", "2020-11-27", 18, 0),  # after Thanksgiving: 13:00 in winter
    ("XNYS", "1992-11-27", 19, 0),  # half days ended at 14:00 until 1992
    ("XNAS", "2024-12-24", 18, 0),
    ("XLON", "2020-12-24", 12, 30),
    ("XLON", "2021-12-31", 12, 30),
    ("XETR", "2020-12-30", 13, 0),  # the year's last session: 14:00 Frankfurt
    ("XTKS", "2008-01-04", 2, 0),  # the year's first and last were mornings until 2009-01-05
    ("XTKS", "2008-12-30", 2, 0),
    ("XTKS", "2009-01-05", 2, 0),
    ("XHKG", "2010-12-24", 4, 30),  # mornings ended at 12:30 until 2011-03-04
    ("XHKG", "2024-02-09", 4, 0),  # eve of the lunar new year
    ("XHKG", "2024-12-31", 4, 0),
    ("CMES", "2024-07-04", 17, 0),  # Independence Day: 12:00 Chicago
    ("CMES", "2024-11-29", 18, 15),  # after Thanksgiving: 12:15 Chicago
    ("CMES", "2013-12-24", 18, 15),
    ("CMES", "2013-07-03", 17, 15),
    ("CMES", "2024-07-03", 17, 15),
    ("CMES", "2020-07-03", 17, 0),  # the holiday itself, since the fourth was a Saturday
    ("CMES", "2022-06-20", 17, 0),  # Juneteenth, a Sunday, on the Monday after
    ("CMES", "2026-06-19", 17, 0),
    ("CMES", "2027-06-18", 17, 0),  # a Saturday, on the Friday before
    ("CMES", "2023-04-07", 13, 15),  # Good Friday with the employment report: 8:15 Chicago
    ("CMES", "2026-04-03", 13, 15),
    ("CMES", "2018-12-05", 14, 30),  # mourning: 8:30 Chicago
    ("CMES", "2025-01-09", 14, 30),
]

LUNCH = [  # start and end in UTC
    ("XTKS", "2011-11-18", (2, 0), (3, 30)),  # 11:00 to 12:30 Tokyo
    ("XTKS", "2011-11-21", (2, 30), (3, 30)),  # the morning was lengthened to 11:30
    ("XTKS", "2024-07-02", (2, 30), (3, 30)),
    ("XHKG", "2011-03-04", (4, 30), (6, 30)),  # 12:30 to 14:30 Hong Kong
    ("XHKG", "2011-03-07", (4, 0), (5, 30)),  # first phase of the longer hours
    ("XHKG", "2012-03-05", (4, 0), (5, 0)),  # second phase
    ("XHKG", "2024-07-02", (4, 0), (5, 0)),
    ("CMES", "2012-11-19", (21, 15), (21, 30)),  # the halt of index futures, 15:15 to 15:30 Chicago
    ("CMES", "2021-06-25", (20, 15), (20, 30)),
]

HOURS = [  # open and close in UTC
    ("XTKS", "2024-11-01", (0, 0), (6, 0)),
    ("XTKS", "2024-11-05", (0, 0), (6, 30)),  # the close moved to 15:30
    ("XHKG", "2011-03-04", (2, 0), (8, 0)),
    ("XHKG", "2011-03-07", (1, 30), (8, 0)),  # the open moved to 9:30
    ("XLON", "2024-03-28", (8, 0), (16, 30)),  # before summer time
    ("XLON", "2024-04-02", (7, 0), (15, 30)),
    ("XETR", "2024-04-02", (7, 0), (15, 30)),
    ("CMES", "2015-09-18", (22, 0), (21, 15)),
    ("CMES", "2015-09-21", (22, 0), (21, 0)),  # maintenance a quarter of an hour earlier
    ("CMES", "2024-03-08", (23, 0), (22, 0)),  # the last session in winter time
    ("CMES", "2024-03-11", (22, 0), (21, 0)),
]


def at(day: str, hour: int, minute: int) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=UTC)


@pytest.mark.parametrize(("name", "day"), NO_SESSION)
def test_closed(name: str, day: str) -> None:
    assert not get_calendar(name).is_session(date.fromisoformat(day))


def test_new_york_has_as_many_sessions_a_year_as_its_prices_have_days() -> None:
    """CRSP's daily file: 250 in 1961 and 1969, 226 in 1968, 248 in 2001, 251 to 254 in others."""
    years = Counter(get_calendar("XNYS").days.astype("datetime64[Y]").astype(int) + 1970)
    odd = {year: n for year, n in years.items() if year < 2012 and not 251 <= n <= 254}
    assert odd == {1961: 250, 1968: 226, 1969: 250, 2001: 248}


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("XNYS", "1953-01-02"),
        ("XNAS", "1971-02-05"),
        ("XLON", "1984-01-03"),
        ("XHKG", "1986-04-02"),
    ],
)
def test_calendars_begin_where_their_history_is_known(name: str, first: str) -> None:
    assert str(get_calendar(name).days[0]) == first


@pytest.mark.parametrize(("name", "day"), SESSIONS)
def test_traded(name: str, day: str) -> None:
    assert get_calendar(name).is_session(date.fromisoformat(day))


@pytest.mark.parametrize(("name", "day", "hour", "minute"), EARLY)
def test_closed_early(name: str, day: str, hour: int, minute: int) -> None:
    session, calendar = date.fromisoformat(day), get_calendar(name)
    assert calendar.early_closes(session, session).tolist() == [session]
    assert calendar.session_close(session) == at(day, hour, minute)
    assert calendar.session_break(session) is None


@pytest.mark.parametrize(("name", "day", "start", "end"), LUNCH)
def test_lunch(name: str, day: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    found = get_calendar(name).session_break(date.fromisoformat(day))
    assert found == (at(day, *start), at(day, *end))


@pytest.mark.parametrize(("name", "day", "start", "end"), HOURS)
def test_hours(name: str, day: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    calendar, session = get_calendar(name), date.fromisoformat(day)
    opens = at(day, *start) - timedelta(days=name == "CMES")
    assert calendar.session_open(session) == opens
    assert calendar.session_close(session) == at(day, *end)


def test_full_days_of_tokyo_begin_at_the_end_of_2009() -> None:
    early = get_calendar("XTKS").early_closes(date(2008, 12, 1), date(2030, 1, 1))
    assert early.tolist() == [date(2008, 12, 30), date(2009, 1, 5)]


def test_index_futures_trade_through_the_afternoon_since_june_2021() -> None:
    calendar = get_calendar("CMES")
    assert calendar.status(at("2021-06-25", 20, 20)) == "break"
    assert calendar.status(at("2021-06-28", 20, 20)) == "open"
    assert calendar.session_break(date(2021, 6, 28)) is None


def test_hours_of_cmes_before_they_are_known_are_those_of_the_source() -> None:
    calendar = get_calendar("CMES")
    assert calendar.session_close(date(2012, 11, 16)) == at("2012-11-16", 23, 0)
    assert calendar.session_break(date(2012, 11, 16)) is None


def test_a_decade_of_cmes_is_that_of_pandas_market_calendars_but_for_named_days() -> None:
    """CME_Equity of release 5.5.0, 2016 to 2025: closes in Chicago, and how many of each."""
    theirs = {"16:00": 2493, "12:00": 85, "08:15": 4}
    named = {
        "12:15": 21,  # half days, which end at noon there
        "08:30": 2,  # days of mourning, no sessions there
    }
    good_fridays = 2  # 2024 and 2025 are sessions there, though no employment report fell on them
    sessions = get_calendar("CMES").sessions(date(2016, 1, 1), date(2025, 12, 31)).tolist()
    found = Counter(
        get_calendar("CMES")
        .session_close(one)
        .astimezone(ZoneInfo("America/Chicago"))
        .strftime("%H:%M")
        for one in sessions
    )
    expected = theirs | named
    expected["12:00"] -= named["12:15"]
    expected["08:15"] -= good_fridays
    assert found == expected


def test_a_session_of_cmes_begins_on_the_evening_before() -> None:
    calendar = get_calendar("CMES")
    monday, friday = date(2024, 7, 8), date(2024, 7, 5)
    assert calendar.session_open(monday) == at("2024-07-07", 22, 0)  # Sunday 17:00 Chicago
    assert calendar.session_close(monday) == at("2024-07-08", 21, 0)
    assert calendar.status(at("2024-07-08", 21, 30)) == "closed"  # maintenance until 17:00
    assert calendar.current_session(at("2024-07-07", 23, 0)) == monday
    assert calendar.last_session(at("2024-07-07", 23, 0)) == friday
    assert calendar.status(at("2024-07-06", 12, 0)) == "closed"

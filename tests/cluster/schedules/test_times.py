"""Due times: after each close, once a session, on half days and across summer time."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.schedules.times import AfterClose, AtHour
from market.calendar import get_calendar

CALENDARS = ("24/7", "XNYS", "CMES")
SPAN_MIN = 20 * 365 * 24 * 60
moments = st.integers(0, SPAN_MIN).map(
    lambda minutes: datetime(2010, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
rules = st.builds(
    AfterClose,
    st.sampled_from(CALENDARS),
    st.integers(1, 600).map(lambda minutes: timedelta(minutes=minutes)),
) | st.builds(AtHour, st.sets(st.integers(0, 6), min_size=1).map(tuple), st.times())


@pytest.fixture(scope="module", autouse=True)
def loaded():
    """Calendars take a second to load, which is no test's time."""
    for name in CALENDARS:
        get_calendar(name)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def closes(name, start, end):
    calendar = get_calendar(name)
    return [calendar.session_close(day) for day in calendar.sessions(start, end).tolist()]


@given(st.sampled_from(CALENDARS), st.integers(1, 300), moments, st.integers(1, 40))
def test_every_session_is_due_exactly_once_and_never_before_its_close(name, minutes, after, days):
    rule, until = AfterClose(name, timedelta(minutes=minutes)), after + timedelta(days=days)
    around = closes(name, after.date() - timedelta(days=3), until.date() + timedelta(days=3))
    expected = [one + rule.delay for one in around if after < one + rule.delay <= until]
    assert rule.due(after, until) == expected


@given(rules, moments, st.integers(0, 3000), st.integers(0, 3000))
def test_looking_more_often_finds_the_same_times(rule, start, first, second):
    middle = start + timedelta(minutes=first)
    end = middle + timedelta(minutes=second)
    assert rule.due(start, middle) + rule.due(middle, end) == rule.due(start, end)


@given(rules, moments)
def test_the_next_time_is_the_first_one_due_after_now(rule, now):
    following = rule.following(now)
    assert following > now
    assert rule.due(now, following) == [following]


def test_a_half_day_is_due_earlier_and_a_holiday_not_at_all():
    rule = AfterClose("XNYS", timedelta(minutes=30))
    assert rule.due(utc(2025, 11, 26), utc(2025, 11, 30)) == [
        utc(2025, 11, 26, 21, 30),
        utc(2025, 11, 28, 18, 30),  # the day after Thanksgiving closes at 13:00
    ]
    assert rule.due(utc(2025, 12, 25), utc(2025, 12, 26)) == []


def test_the_close_keeps_its_local_hour_when_summer_time_begins():
    rule = AfterClose("XNYS", timedelta(minutes=30))
    assert rule.due(utc(2026, 3, 6), utc(2026, 3, 10)) == [
        utc(2026, 3, 6, 21, 30),
        utc(2026, 3, 9, 20, 30),
    ]


def test_a_time_that_is_now_is_due_and_not_due_again():
    rule = AfterClose("24/7", timedelta(minutes=30))
    at = utc(2026, 1, 6, 0, 30)
    assert rule.due(at - timedelta(seconds=1), at) == [at]
    assert rule.due(at, at + timedelta(hours=23)) == []


def test_a_clock_that_was_set_back_makes_nothing_due():
    for rule in (AfterClose("24/7", timedelta(minutes=30)), AtHour(range(7), time(3))):
        assert rule.due(utc(2026, 1, 6), utc(2026, 1, 2)) == []


@given(moments)
def test_a_weekly_time_comes_once_in_any_seven_days(now):
    (found,) = AtHour((6,), time(3)).due(now, now + timedelta(days=7))
    assert (found.weekday(), found.time()) == (6, time(3))


def test_after_the_calendar_ends_nothing_is_due_and_nothing_follows():
    rule = AfterClose("XNYS", timedelta(minutes=30))
    assert rule.due(utc(2041, 1, 1), utc(2041, 2, 1)) == []
    assert rule.following(utc(2041, 1, 1)) is None


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (AfterClose("XNYS", timedelta(minutes=30)), "30 min after the close of XNYS"),
        (AtHour((6,), time(3)), "Sunday at 03:00 UTC"),
        (AtHour(range(7), time(6)), "every day at 06:00 UTC"),
    ],
)
def test_a_rule_reads_as_a_person_says_it(rule, text):
    assert str(rule) == text

"""What an outage of any length comes to."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.schedules.rules import GRACE, plan
from cluster.schedules.times import AtHour

DAILY = AtHour(range(7), time(6))
START = datetime(2026, 1, 5, tzinfo=UTC)


def at(day, hour, minute=0):
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def test_on_time_an_occurrence_runs_and_nobody_is_told():
    made = plan(DAILY, "newest", since=at(5, 0), now=at(5, 6, 1))
    assert (made.run, made.skipped, made.missed) == (at(5, 6), [], False)


def test_after_days_of_outage_the_newest_runs_once_and_the_others_never():
    made = plan(DAILY, "newest", since=at(5, 0), now=at(8, 12))
    assert made.run == at(8, 6)
    assert made.skipped == [at(5, 6), at(6, 6), at(7, 6)]
    assert made.missed


def test_what_is_of_no_use_later_is_not_caught_up():
    made = plan(DAILY, "skip", since=at(5, 0), now=at(6, 12))
    assert (made.run, made.skipped, made.missed) == (None, [at(5, 6), at(6, 6)], True)


def test_what_is_of_no_use_later_still_runs_when_its_time_has_just_come():
    made = plan(DAILY, "skip", since=at(5, 0), now=at(7, 6, 1))
    assert (made.run, made.skipped, made.missed) == (at(7, 6), [at(5, 6), at(6, 6)], True)


@pytest.mark.parametrize(("late", "missed"), [(GRACE, False), (GRACE + timedelta(seconds=1), True)])
def test_a_little_late_is_not_missed(late, missed):
    assert plan(DAILY, "newest", since=at(5, 0), now=at(5, 6) + late).missed is missed


@given(
    st.sampled_from(["newest", "skip"]),
    st.lists(st.integers(0, 5000), min_size=1, max_size=20).map(sorted),
)
def test_however_often_one_looks_each_occurrence_is_settled_once(catch_up, minutes):
    since, runs, skipped = START, [], []
    for now in [START + timedelta(minutes=n) for n in minutes]:
        made = plan(DAILY, catch_up, since=since, now=now)
        runs += [] if made.run is None else [made.run]
        skipped += made.skipped
        since = now
    assert sorted(runs + skipped) == DAILY.due(START, since)

"""The tables that are shipped are what exchange_calendars says, corrected: `python infra/calendars.py`."""

from dataclasses import fields, replace

import numpy as np
import pytest

from market.calendar import CALENDARS, stored
from market.calendar.exchanges import schedule_of
from market.calendar.schedule import Schedule
from market.errors import DataNotFit


@pytest.mark.parametrize("name", [name for name in CALENDARS if name != "24/7"])
def test_a_table_is_what_the_installed_release_says(name):
    held, source = stored.load(name)
    expected, release = schedule_of(name)
    assert source == release, "write the tables anew: python infra/calendars.py"
    for field in fields(Schedule):
        theirs, ours = getattr(expected, field.name), getattr(held, field.name)
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


def test_a_table_is_the_same_bytes_for_the_same_schedule():
    schedule, source = stored.load("XHKG")
    assert stored.pack(schedule, source) == stored.pack(*stored.load("XHKG"))


def test_a_time_that_is_no_whole_minute_is_refused():
    schedule, source = stored.load("XHKG")
    late = schedule.opens + np.timedelta64(30, "s")
    with pytest.raises(DataNotFit, match="whole minutes"):
        stored.pack(replace(schedule, opens=late), source)

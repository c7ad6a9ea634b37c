"""The calendar set is a definition; the calendar that it was read from is on record beside it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from market.calendar import get_calendar
from market.errors import DataNotFit
from market.features import CALENDAR
from market.features.calendar_columns import COLUMNS, calendar_features
from market.features.unforeseen import UNFORESEEN


def without(calendar, *days):
    """The calendar with those sessions taken out, as a later release would have it."""
    keep = ~np.isin(calendar.days, np.array(days, dtype="datetime64[D]"))
    names = ("days", "opens", "closes", "break_starts", "break_ends")
    return replace(calendar, **{name: getattr(calendar, name)[keep] for name in names})


def of(day, calendar):
    values = CALENDAR.compute(np.array([day], "datetime64[D]"), calendar)[0]
    return dict(zip(CALENDAR.names, values.tolist(), strict=True))


def test_the_set_gives_the_columns_of_the_function():
    calendar = get_calendar("XNYS")
    session = calendar.sessions(date(2024, 1, 1), date(2024, 12, 31))
    values = CALENDAR.compute(session, calendar)
    assert CALENDAR.names == tuple(COLUMNS)
    np.testing.assert_array_equal(values, calendar_features(session, calendar))


def test_the_record_stands_while_only_later_sessions_change():
    calendar = get_calendar("XNYS")
    session = calendar.sessions(date(2024, 3, 1), date(2024, 5, 31))
    record = CALENDAR.record(session, calendar)
    assert (record["from"], record["to"]) == ("2024-02-29", "2024-06-03")
    later = without(calendar, "2030-07-08")
    assert CALENDAR.record(session, later) == record
    np.testing.assert_array_equal(
        CALENDAR.compute(session, later), CALENDAR.compute(session, calendar)
    )


@pytest.mark.parametrize("gone", ["2024-02-29", "2024-04-10", "2024-06-03"])
def test_the_record_changes_with_each_session_that_was_read(gone):
    calendar = get_calendar("XNYS")
    session = calendar.sessions(date(2024, 3, 1), date(2024, 5, 31))
    session = session[session != np.datetime64(gone)]
    changed = without(calendar, gone)
    assert CALENDAR.record(session, changed) != CALENDAR.record(session, calendar)
    assert (CALENDAR.compute(session, changed) != CALENDAR.compute(session, calendar)).any()


def test_no_session_has_no_record():
    with pytest.raises(DataNotFit, match="no session of XNYS"):
        CALENDAR.record(np.array([], "datetime64[D]"), get_calendar("XNYS"))


@pytest.mark.parametrize(
    ("name", "before", "gap", "after"),
    [
        ("XNYS", "2001-09-10", 1, "2001-09-17"),  # the attacks were on the 11th
        ("XNYS", "2012-10-26", 3, "2012-10-31"),  # a Friday: Sandy was expected to pass
        ("XTKS", "2020-09-30", 1, "2020-10-02"),  # the trading system failed on the 1st
        ("XHKG", "2023-08-31", 1, "2023-09-04"),  # typhoon Saola
    ],
)
def test_nobody_knew_of_a_closure_at_short_notice(name, before, gap, after):
    calendar = get_calendar(name)
    assert of(before, calendar)["days_to_session"] == gap
    # Once it was over it is a fact.
    days = np.array([before, after], "datetime64[D]")
    assert of(after, calendar)["days_since_session"] == (days[1] - days[0]).astype(int)


@pytest.mark.parametrize("name", ["XNYS", "XNAS", "CMES", "XLON", "XTKS", "XHKG"])
def test_what_was_foreseen_is_the_same_before_a_release_knows_of_a_closure(name):
    calendar = get_calendar(name)
    closures = np.array(UNFORESEEN[name], dtype="datetime64[D]")
    ahead = [CALENDAR.names.index(one) for one in ("sessions_left_in_month", "days_to_session")]
    for closure in closures:
        month = closure.astype("datetime64[M]").astype("datetime64[D]")
        session = calendar.days[(calendar.days >= month - 5) & (calendar.days < closure)]
        # As if it had been a session, which is what the calendar said until then.
        days = np.union1d(calendar.days, [closure])
        held = replace(calendar, days=days)
        np.testing.assert_array_equal(
            CALENDAR.compute(session, calendar)[:, ahead], CALENDAR.compute(session, held)[:, ahead]
        )
    assert not np.isin(closures, calendar.days).any()
    assert (np.is_busday(closures)).all()

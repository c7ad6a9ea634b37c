"""Calendar features say where a session stands, from the published calendar alone."""

from datetime import date

import numpy as np
import pytest

from market.calendar import get_calendar
from market.errors import DataNotFit
from market.features.calendar_columns import COLUMNS, calendar_features


def row(day, calendar="XNYS"):
    values = calendar_features(np.array([day], "datetime64[D]"), get_calendar(calendar))
    return dict(zip(COLUMNS, values[0].tolist(), strict=True))


def test_the_day_after_thanksgiving_is_a_half_day_before_a_weekend():
    assert row("2023-11-24") == {
        "day_of_week": 4,
        "month": 11,
        "session_of_month": 17,
        "sessions_left_in_month": 4,
        "days_since_session": 2,
        "days_to_session": 3,
        "early_close": 1,
    }


def test_a_day_of_the_market_that_never_closes_is_one_of_its_month():
    assert row("2024-02-29", "24/7") == {
        "day_of_week": 3,
        "month": 2,
        "session_of_month": 29,
        "sessions_left_in_month": 0,
        "days_since_session": 1,
        "days_to_session": 1,
        "early_close": 0,
    }


def test_the_sessions_of_a_month_are_counted_up_and_down():
    calendar = get_calendar("XNYS")
    sessions = calendar.sessions(date(2023, 1, 1), date(2023, 12, 31))
    values = calendar_features(sessions, calendar)
    names = list(COLUMNS)
    assert values.shape == (250, len(names))
    assert np.isfinite(values).all()
    months = sessions.astype("datetime64[M]")
    for month in np.unique(months):
        rows = values[months == month]
        count = len(rows)
        assert rows[:, names.index("session_of_month")].tolist() == list(range(1, count + 1))
        left = rows[:, names.index("sessions_left_in_month")].tolist()
        assert left == list(range(count - 1, -1, -1))


def test_what_lies_beyond_the_calendar_is_unknown():
    calendar = get_calendar("XNYS")
    last = calendar_features(calendar.days[-1:], calendar)[0]
    assert np.isnan(last[list(COLUMNS).index("days_to_session")])
    first = calendar_features(calendar.days[:1], calendar)[0]
    assert np.isnan(first[list(COLUMNS).index("days_since_session")])


def test_a_date_without_a_session_is_refused():
    with pytest.raises(DataNotFit, match="2023-12-25 is not a session of XNYS"):
        row("2023-12-25")

"""Calendar features: where a session stands in its week, month and among the exchange's closures.

They read the published calendar only, ahead of the session too, and no price: known at any row.
What looks ahead counts sessions that fell out at short notice (``market.features.unforeseen``) as expected.
"""

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days, Floats
from market.calendar import Calendar
from market.errors import DataNotFit
from market.features.unforeseen import foreseen_days

COLUMNS = {
    "day_of_week": "0 Monday to 6 Sunday",
    "month": "1 to 12",
    "session_of_month": "1 for the month's first session",
    "sessions_left_in_month": "sessions expected in the month after this one; 0 on its last",
    "days_since_session": "calendar days since the session before: 1 in the middle of a week",
    "days_to_session": "calendar days to the next expected session: above 1 before a holiday",
    "early_close": "1 where the session closes before the usual hour",
}
"""The columns by name, in order, with their descriptions."""


def calendar_features(session: Days, calendar: Calendar) -> Floats:
    """The columns of ``COLUMNS`` for sessions (n,) of the calendar, shape (n, 7).

    NaN where the calendar's span ends too soon to tell. Raises DataNotFit for a date that is no
    session.
    """
    session = np.asarray(session, dtype="datetime64[D]")
    at = np.searchsorted(calendar.days, session)
    known = at < len(calendar.days)
    # Within the calendar first: a place beyond its end cannot be looked up.
    known[known] = calendar.days[at[known]] == session[known]
    if not known.all():
        raise DataNotFit(f"{session[~known][0]} is not a session of {calendar.name}")
    days = calendar.days
    month = session.astype("datetime64[M]")
    month_start = np.searchsorted(days, month.astype("datetime64[D]"))
    expected = foreseen_days(calendar)
    after = np.searchsorted(expected, session, side="right")
    month_end = np.searchsorted(expected, (month + 1).astype("datetime64[D]"))
    columns = (
        # 1970-01-01 was a Thursday.
        (session.astype(np.int64) + 3) % 7,
        month.astype(np.int64) % 12 + 1,
        _known(at - month_start + 1, month_start > 0),
        _known(month_end - after, month_end < len(expected)),
        _known(_days_between(days[np.maximum(at - 1, 0)], session), at > 0),
        _known(_days_between(session, expected[after % len(expected)]), after < len(expected)),
        np.isin(session, calendar.early),
    )
    return np.column_stack([column.astype(np.float64) for column in columns])


def _days_between(low: Days, high: Days) -> NDArray[np.int64]:
    """Where the span ends ``low`` or ``high`` is any day, which the caller masks."""
    return (high - low).astype(np.int64)


def _known(values: NDArray[np.int64], known: NDArray[np.bool_]) -> Floats:
    return np.where(known, values.astype(np.float64), np.nan)

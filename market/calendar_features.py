"""Calendar features: where a session stands in its week, month and among the exchange's closures.

They read the published calendar only, ahead of the session too, and no price: known at any row.
"""

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days, Floats
from market.calendar import Calendar
from market.errors import DataNotFit

COLUMNS = {
    "day_of_week": "0 Monday to 6 Sunday",
    "month": "1 to 12",
    "session_of_month": "1 for the month's first session",
    "sessions_left_in_month": "sessions of the month after this one; 0 on its last",
    "days_since_session": "calendar days since the session before: 1 in the middle of a week",
    "days_to_session": "calendar days to the next session: above 1 before a weekend or holiday",
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
    found = at < len(calendar.days)
    found[found] = calendar.days[at[found]] == session[found]
    if not found.all():
        raise DataNotFit(f"{session[~found][0]} is not a session of {calendar.name}")
    days = calendar.days
    month = session.astype("datetime64[M]")
    month_start = np.searchsorted(days, month.astype("datetime64[D]"))
    month_end = np.searchsorted(days, (month + 1).astype("datetime64[D]"))
    columns = (
        # 1970-01-01 was a Thursday.
        (session.astype(np.int64) + 3) % 7,
        month.astype(np.int64) % 12 + 1,
        _known(at - month_start + 1, month_start > 0),
        _known(month_end - at - 1, month_end < len(days)),
        _known(_gap(days, at - 1, at), at > 0),
        _known(_gap(days, at, at + 1), at + 1 < len(days)),
        np.isin(session, calendar.early),
    )
    return np.column_stack([column.astype(np.float64) for column in columns])


def _gap(days: Days, low: NDArray[np.intp], high: NDArray[np.intp]) -> NDArray[np.int64]:
    """Days between two places; the nearest where the span ends, masked by the caller."""
    last = len(days) - 1
    span: NDArray[np.int64] = (days[np.minimum(high, last)] - days[np.maximum(low, 0)]).astype(
        np.int64
    )
    return span


def _known(values: NDArray[np.int64], known: NDArray[np.bool_]) -> Floats:
    return np.where(known, values.astype(np.float64), np.nan)

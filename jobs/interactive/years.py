"""How many sessions a year has, by the dates themselves."""

import numpy as np

from market.arrays import Days
from market.errors import BadParameter

_USUAL = (365, 252, 52, 12)
_YEAR = 365.25
_NEAR = 0.12  # a market closes more on some years' holidays; half a year may hold a week less
_FEW = 30


def sessions_a_year(session: Days) -> int:
    """365 or 252 of days, 52 of weeks, 12 of months: what dates (n,) come to.

    Of few dates, 365 where one is of a weekend, else 252. Raises `BadParameter` for dates that come
    to none of these.
    """
    span = int((session[-1] - session[0]).astype(np.int64)) if len(session) else 0
    steps = np.diff(session).astype(np.int64)
    daily = not len(steps) or float(np.median(steps)) <= 3.0
    if daily and len(session) < _FEW:
        return 365 if (~np.is_busday(session)).any() else 252
    found = (len(session) - 1) / span * _YEAR
    near = min(_USUAL, key=lambda usual: abs(np.log(found / usual)))
    if abs(found / near - 1.0) > _NEAR:
        raise BadParameter(
            f"the dates come to {found:.0f} a year, which is neither days, weeks nor months; "
            "remedy: sessions_per_year=… says how to annualise",
            parameter="sessions_per_year",
        )
    return near

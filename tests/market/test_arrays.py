"""Dates come in many kinds, and mean the same."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from market.arrays import to_days
from market.errors import DataNotFit
from market.statistics import drawdowns, monthly_returns

DAYS = np.array(["2024-01-31", "2024-02-01", "2024-03-15"], dtype="datetime64[D]")
INDEX = pd.DatetimeIndex(DAYS)
KINDS = {
    "days": DAYS,
    "nanoseconds": DAYS.astype("datetime64[ns]"),
    "an index": INDEX,
    "an index of evenings far west of UTC": (INDEX + pd.Timedelta(hours=21)).tz_localize(
        "America/New_York"
    ),
    "a Series": pd.Series(INDEX),
    "a Series with a zone": pd.Series(INDEX.tz_localize("Asia/Tokyo")),
    "dates": [day.item() for day in DAYS],
    "datetimes": [datetime.combine(day.item(), datetime.min.time(), UTC) for day in DAYS],
    "texts": ["2024-01-31", "2024-02-01", "2024-03-15"],
    "an index of dates": pd.Index([day.item() for day in DAYS]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_dates_is_the_same_dates(kind):
    assert to_days(KINDS[kind]).tolist() == DAYS.tolist()
    returns = [0.1, -0.2, 0.05]
    assert drawdowns(returns, KINDS[kind])[0].trough == date(2024, 2, 1)
    assert monthly_returns(returns, KINDS[kind]).table[0, :3].tolist() == pytest.approx(returns)


@pytest.mark.parametrize(
    "given", [[1, 2, 3], [0.5], 7, [[date(2024, 1, 1)]], ["soon"], [None], [pd.NaT], [True]]
)
def test_what_is_no_dates_is_refused(given):
    with pytest.raises(DataNotFit, match=r"session: (expected dates|date 0 is missing)"):
        to_days(given)


def test_no_dates_are_no_dates():
    assert to_days([]).shape == to_days(pd.DatetimeIndex([])).shape == (0,)

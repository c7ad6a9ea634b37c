"""Which calendar people's dates are of: what ends a week or month, by evidence in all of them."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

import trii
from jobs.interactive.calendars import calendar_for
from market.calendar import get_calendar
from market.errors import BadParameter, DataNotFit
from market.strategies.core.evaluation import decision_dates

MONTHLY = trii.MomentumRank()


def sessions(name, start="2015-01-01", end="2024-12-31"):
    return get_calendar(name).sessions(date.fromisoformat(start), date.fromisoformat(end))


def weekdays(start="2015-01-01", end="2024-12-31"):
    return pd.bdate_range(start, end).to_numpy().astype("datetime64[D]")


@pytest.mark.parametrize("name", ["XNYS", "XETR", "24/7"])
def test_dates_with_holes_are_of_their_calendar(name):
    days = sessions(name)
    holes = days[np.random.default_rng(1).random(len(days)) > 0.1]
    assert calendar_for(MONTHLY, holes, None).name == name


def test_dates_of_no_exchange_are_weekdays_and_no_month_is_lost():
    days = weekdays("1949-12-01", "2024-12-31")
    found = calendar_for(MONTHLY, days, None)
    assert found.name == "every weekday"
    ends = days[decision_dates(days, "month-end", calendar=found)]
    months = days.astype("datetime64[M]")
    assert ends.tolist() == days[np.append(months[1:] != months[:-1], True)].tolist()


def test_a_name_counts_before_the_dates_and_is_held_to_its_span():
    assert calendar_for(MONTHLY, sessions("XNYS"), "XETR").name == "XETR"
    with pytest.raises(DataNotFit, match="XETR knows 1990"):
        calendar_for(MONTHLY, sessions("XNYS", "1985-01-02"), "XETR")
    with pytest.raises(BadParameter, match="unknown calendar"):
        calendar_for(MONTHLY, sessions("XNYS"), "NYSE")


def test_who_decides_at_every_session_may_have_bars_of_weeks():
    weeks = sessions("XNYS")[::5]
    assert calendar_for(trii.Pairs(), weeks, None).name == "24/7"
    with pytest.raises(BadParameter, match=r"decides at each month-end.*remedy: daily bars"):
        calendar_for(MONTHLY, weeks, None)

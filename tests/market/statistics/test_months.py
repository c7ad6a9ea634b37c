"""The table of months compounds to the whole span, with holes where there was nothing."""

import math

import numpy as np
import pandas as pd
import pytest

from market.errors import DataNotFit
from market.statistics import monthly_returns, total_return, yearly_returns
from tests.market.statistics.series import RETURNS, SESSIONS


def test_months_and_years_compound_to_the_total():
    got = monthly_returns(RETURNS, SESSIONS)
    assert got.years == (2019, 2020, 2021)
    whole = total_return(RETURNS)
    assert np.nanprod(1 + got.table) - 1 == pytest.approx(whole)
    assert np.prod(1 + got.total) - 1 == pytest.approx(whole)


def test_a_month_without_sessions_is_missing_and_so_is_a_year():
    days = np.array(["2020-03-31", "2020-04-01", "2022-12-30"], dtype="datetime64[D]")
    got = monthly_returns([0.1, math.nan, -0.2], days)
    assert got.years == (2020, 2021, 2022)
    assert got.table[0, 2] == pytest.approx(0.1)
    assert got.table[2, 11] == pytest.approx(-0.2)
    assert np.isnan(got.table).sum() == 34
    assert np.isnan(got.total).tolist() == [False, True, False]


def test_it_works_before_1970():
    got = monthly_returns([0.1, 0.2], np.array(["1969-12-31", "1970-01-02"], dtype="datetime64[D]"))
    assert got.years == (1969, 1970)
    assert (got.table[0, 11], got.table[1, 0]) == pytest.approx((0.1, 0.2))


def test_bad_input_is_named():
    with pytest.raises(DataNotFit, match="750 returns and 749 sessions"):
        monthly_returns(RETURNS, SESSIONS[1:])
    with pytest.raises(DataNotFit, match="at least one return"):
        monthly_returns([], SESSIONS[:0])


def test_a_table_of_years_is_that_of_pandas():
    series = pd.Series(RETURNS, index=pd.DatetimeIndex(SESSIONS))
    expected = (1 + series).groupby(series.index.year).prod() - 1
    for returns, session in ((series, series.index), (RETURNS, SESSIONS)):
        got = yearly_returns(returns, session)
        assert got.years == tuple(expected.index)
        assert got.total == pytest.approx(expected.to_numpy())
    with pytest.raises(DataNotFit, match="at least one return"):
        yearly_returns([], SESSIONS[:0])

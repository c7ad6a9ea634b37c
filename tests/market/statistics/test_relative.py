"""Alpha, beta, information ratio and capture by their meaning, and what is undefined."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from market import statistics
from market.errors import BadParameter, DataNotFit
from market.statistics import alpha, beta, down_capture, information_ratio, up_capture
from tests.market.statistics.series import BENCHMARK, RETURNS, YEAR


def test_alpha_and_beta_are_the_regression_line():
    line = stats.linregress(BENCHMARK, RETURNS)
    simple = alpha(RETURNS, BENCHMARK, sessions_per_year=YEAR, method="simple")
    compound = alpha(RETURNS, BENCHMARK, sessions_per_year=YEAR)
    assert beta(RETURNS, BENCHMARK) == pytest.approx(line.slope, rel=1e-12)
    assert simple == pytest.approx(line.intercept * YEAR, rel=1e-10)
    assert compound == pytest.approx((1 + line.intercept) ** YEAR - 1, rel=1e-10)


def test_twice_the_benchmark_has_twice_its_beta_and_no_alpha():
    assert beta(2 * BENCHMARK, BENCHMARK) == pytest.approx(2.0)
    assert alpha(2 * BENCHMARK, BENCHMARK, sessions_per_year=YEAR) == pytest.approx(0, abs=1e-12)


def test_the_information_ratio_is_the_sharpe_ratio_of_the_difference():
    expected = statistics.sharpe(RETURNS - BENCHMARK, sessions_per_year=YEAR)
    assert information_ratio(RETURNS, BENCHMARK, sessions_per_year=YEAR) == expected


def test_the_benchmark_captures_itself_and_cash_captures_nothing():
    for capture in (up_capture, down_capture):
        assert capture(BENCHMARK, BENCHMARK, sessions_per_year=YEAR) == 1.0
        assert capture(0 * BENCHMARK, BENCHMARK, sessions_per_year=YEAR) == 0.0


def test_a_session_that_either_misses_is_in_neither():
    r, b = RETURNS.copy(), BENCHMARK.copy()
    r[3], b[500] = math.nan, math.nan
    kept = ~np.isnan(r + b)
    for measure in (alpha, information_ratio, up_capture, down_capture):
        holed = measure(r, b, sessions_per_year=YEAR)
        assert holed == measure(r[kept], b[kept], sessions_per_year=YEAR)


def test_a_benchmark_that_never_moves_explains_nothing():
    flat = np.zeros(len(RETURNS))
    assert math.isnan(beta(RETURNS, flat))
    assert math.isnan(alpha(RETURNS, flat, sessions_per_year=YEAR))
    assert math.isnan(up_capture(RETURNS, flat, sessions_per_year=YEAR))


def test_a_series_against_itself_but_for_rounding_is_no_skill():
    equity = 1e5 * np.cumprod(1 + RETURNS)
    again = np.diff(equity, prepend=1e5) / np.concatenate([[1e5], equity[:-1]])
    assert (again != RETURNS).any()
    assert math.isnan(information_ratio(again, RETURNS, sessions_per_year=YEAR))


def test_an_intercept_that_takes_all_or_more_than_a_float_holds_is_undefined():
    falls = -5.0 + BENCHMARK
    assert math.isnan(alpha(falls, BENCHMARK, sessions_per_year=YEAR))
    assert alpha(falls, BENCHMARK, sessions_per_year=YEAR, method="simple") == pytest.approx(-1260)
    rises = np.r_[0.0, np.full(len(BENCHMARK) - 1, 1e50)]
    assert math.isnan(alpha(rises, BENCHMARK, sessions_per_year=YEAR))


def test_bad_input_is_named():
    with pytest.raises(DataNotFit, match="750 returns and 749 of the benchmark"):
        beta(RETURNS, BENCHMARK[1:])
    with pytest.raises(BadParameter, match="method='log': expected compound or simple"):
        alpha(RETURNS, BENCHMARK, sessions_per_year=YEAR, method="log")


def test_series_of_pandas_are_paired_by_date_and_not_by_place():
    days = pd.bdate_range("2020-01-01", periods=len(RETURNS))
    ours, theirs = pd.Series(RETURNS, days), pd.Series(BENCHMARK, days)
    assert beta(ours[::-1], theirs) == pytest.approx(beta(RETURNS, BENCHMARK), rel=1e-12)
    assert beta(ours[5:], theirs[:-3]) == pytest.approx(beta(RETURNS[5:-3], BENCHMARK[5:-3]))
    assert beta(ours, BENCHMARK) == beta(RETURNS, BENCHMARK)
    with pytest.raises(DataNotFit, match="no date in common"):
        beta(ours, theirs.shift(9000, freq="D"))
    with pytest.raises(DataNotFit, match="a date comes twice"):
        beta(pd.concat([ours, ours]), theirs)

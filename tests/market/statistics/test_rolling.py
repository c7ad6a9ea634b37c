"""A rolling statistic is that of its window alone: nothing later, nothing before it."""

import math

import numpy as np
import pandas as pd
import pytest

from market.errors import BadParameter, DataNotFit
from market.statistics import (
    beta,
    kelly,
    rolling,
    sharpe,
    sortino,
    tracking_error,
    treynor,
    ulcer_index,
)
from tests.market.statistics.series import BENCHMARK, RETURNS, SESSIONS, YEAR


def test_each_value_is_that_of_its_window_and_changes_with_nothing_later():
    whole = rolling(sharpe, RETURNS[:80], window=30, sessions_per_year=YEAR)
    assert np.isnan(whole[:29]).all()
    for end in (30, 55, 80):
        assert whole[end - 1] == sharpe(RETURNS[end - 30 : end], sessions_per_year=YEAR)
    cut = rolling(sharpe, RETURNS[:60], window=30, sessions_per_year=YEAR)
    assert np.array_equal(cut, whole[:60], equal_nan=True)


def test_series_of_pandas_are_taken_beside_each_other():
    index = pd.DatetimeIndex(SESSIONS)
    ours, theirs = pd.Series(RETURNS, index), pd.Series(BENCHMARK, index)
    plain = rolling(beta, RETURNS, BENCHMARK, window=np.int64(250))
    by_date = rolling(beta, ours, theirs, window=250)
    assert by_date.equals(pd.Series(plain, index, name="beta"))
    assert rolling(beta, ours, BENCHMARK, window=250).equals(by_date)
    # A benchmark that begins later and stands the other way round: by date, not by place.
    late = rolling(beta, ours, theirs[:49:-1], window=250)
    assert late.equals(
        pd.Series(rolling(beta, RETURNS[50:], BENCHMARK[50:], window=250), index[50:])
    )
    alone = rolling(sharpe, ours[:60], window=30, sessions_per_year=YEAR)
    assert (alone.name, alone.index.equals(index[:60])) == ("sharpe", True)
    with pytest.raises(DataNotFit, match="no date in common"):
        rolling(beta, ours[:300], theirs[300:], window=250)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_before_the_first_whole_window_nothing_is_said(count):
    found = rolling(sharpe, RETURNS[:count], window=6, sessions_per_year=YEAR)
    assert (found.shape, np.isnan(found).all()) == ((count,), True)


def test_what_is_no_window_and_no_pair_is_refused():
    with pytest.raises(BadParameter, match="window=0: expected 1 or more, a whole number"):
        rolling(sharpe, RETURNS, window=0, sessions_per_year=YEAR)
    with pytest.raises(BadParameter, match=r"window=2\.5: expected 1 or more, a whole number"):
        rolling(sharpe, RETURNS, window=2.5, sessions_per_year=YEAR)
    with pytest.raises(DataNotFit, match="of the same sessions"):
        rolling(beta, RETURNS, BENCHMARK[1:], window=5)


def test_a_rate_of_nothing_changes_no_bit_and_one_that_is_none_is_refused():
    for measure in (sharpe, sortino):
        plain = measure(RETURNS, sessions_per_year=YEAR)
        assert measure(RETURNS, sessions_per_year=YEAR, risk_free=0.0) == plain
        for rate in (-1.0, 11.0, math.nan, math.inf):
            with pytest.raises(BadParameter, match=r"expected a rate a year, such as 0\.03"):
                measure(RETURNS, sessions_per_year=YEAR, risk_free=rate)


def test_treynor_of_the_benchmark_is_what_it_earned_above_the_rate():
    from market.statistics import cagr

    earned = cagr(BENCHMARK, sessions_per_year=YEAR)
    found = treynor(BENCHMARK, BENCHMARK, sessions_per_year=YEAR, risk_free=0.02)
    assert found == pytest.approx(earned - 0.02, rel=1e-12)
    assert math.isnan(treynor(RETURNS, 0 * BENCHMARK, sessions_per_year=YEAR))


def test_the_benchmark_does_not_err_from_itself():
    assert tracking_error(BENCHMARK, BENCHMARK, sessions_per_year=YEAR) == 0.0


def test_the_ulcer_index_by_hand():
    assert ulcer_index([0.1, -0.5, 1.0, math.nan]) == pytest.approx(math.sqrt(0.25 / 3))
    assert ulcer_index([0.1, 0.0, 0.2]) == 0.0
    assert math.isnan(ulcer_index([]))


def test_kelly_by_hand():
    """Three of four bets win 2 %, one loses 1 %: 0.75 - 0.25 / 2."""
    assert kelly([0.02, 0.02, -0.01, 0.02, 0.0]) == pytest.approx(0.625)
    for undefined in ([], [0.01], [-0.01], [0.0]):
        assert math.isnan(kelly(undefined))

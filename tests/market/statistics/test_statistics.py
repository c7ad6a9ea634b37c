"""Statistics against definitions written a second way, by hand, and their undefined cases."""

import math
import statistics as plain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from market import statistics
from market.errors import BadParameter, DataNotFit
from market.statistics import METHODS, summary

RETURNS = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=60)
HAND = [0.10, -0.20, 0.05, 0.30]
YEAR = 252


def test_four_returns_by_hand() -> None:
    got = summary(HAND, sessions_per_year=YEAR)
    growth = 1.1 * 0.8 * 1.05 * 1.3
    mean, deviation = plain.mean(HAND), plain.stdev(HAND)
    assert got["observations"] == 4
    assert got["total_return"] == pytest.approx(growth - 1)
    assert got["cagr"] == pytest.approx(growth ** (252 / 4) - 1)
    assert got["volatility"] == pytest.approx(deviation * math.sqrt(252))
    assert got["sharpe"] == pytest.approx(mean / deviation * math.sqrt(252))
    assert got["sortino"] == pytest.approx(mean * 252 / (0.2 / 2 * math.sqrt(252)))
    assert got["max_drawdown"] == pytest.approx(-0.2)
    assert got["calmar"] == pytest.approx((growth ** (252 / 4) - 1) / 0.2)
    assert got["hit_rate"] == 0.75
    assert got["best"] == 0.30
    assert got["worst"] == -0.20


@given(RETURNS)
def test_moments_and_tails_equal_scipy_and_numpy(returns: list[float]) -> None:
    series = np.array(returns)
    if series.std() > 1e-6:
        assert statistics.skew(series) == pytest.approx(stats.skew(series), abs=1e-9)
        assert statistics.kurtosis(series) == pytest.approx(stats.kurtosis(series), abs=1e-9)
    lowest = np.sort(series)[: int((len(series) - 1) * 0.05) + 1]
    assert statistics.expected_shortfall(series) == pytest.approx(lowest.mean(), abs=1e-15)
    assert statistics.value_at_risk(series) == np.quantile(series, 0.05)


@given(RETURNS)
def test_drawdown_equals_the_deepest_of_all_pairs(returns: list[float]) -> None:
    equity = [1.0, *np.cumprod([1 + one for one in returns]).tolist()]
    falls = [after / before - 1 for k, before in enumerate(equity) for after in equity[k:]]
    got = statistics.max_drawdown(returns)
    deepest = min(falls)
    assert got.depth == (deepest if deepest <= -1e-12 else 0.0)  # less is rounding
    if got.depth < 0.0:
        assert equity[got.trough] / equity[got.peak] - 1 == pytest.approx(got.depth, abs=2e-12)
    assert got.peak <= got.trough


def test_cash_that_accrues_never_varied() -> None:
    """A return is a quotient less 1: its rounding is that of 1, however small the return."""
    equity = 1e5 * 1.02 ** (np.arange(500) / 252)
    accrued = equity[1:] / equity[:-1] - 1
    assert len(set(accrued.tolist())) > 1
    assert statistics.volatility(accrued, sessions_per_year=YEAR) == 0.0
    assert math.isnan(statistics.sharpe(accrued, sessions_per_year=YEAR))
    assert summary(accrued, sessions_per_year=YEAR)["skew"] is None


@given(st.floats(1e-12, 1.0))
def test_what_moves_more_than_rounding_varied(size: float) -> None:
    returns = size * np.array([1.0, -1.0, 0.5, 2.0])
    expected = np.mean(returns) / np.std(returns, ddof=1)
    assert statistics.sharpe(returns, sessions_per_year=1) == pytest.approx(expected)


def test_no_return_is_as_large_as_that() -> None:
    with pytest.raises(DataNotFit, match=r"return 1 is 1e\+200: expected simple returns"):
        summary([0.1, 1e200], sessions_per_year=YEAR)
    assert summary([0.0] + [1e99] * 5, sessions_per_year=YEAR)["total_return"] is None


def test_the_start_counts_as_a_peak() -> None:
    assert statistics.max_drawdown([-0.1, 0.05]) == statistics.Drawdown(-0.09999999999999998, 0, 1)
    assert statistics.max_drawdown([0.1, 0.2]) == statistics.Drawdown(0.0, 0, 0)


@given(RETURNS, st.data())
def test_a_missing_return_changes_no_statistic(returns: list[float], data: st.DataObject) -> None:
    holed = list(returns)
    holed.insert(data.draw(st.integers(0, len(returns))), math.nan)
    assert summary(holed, sessions_per_year=YEAR) == summary(returns, sessions_per_year=YEAR)


def test_a_missing_return_keeps_its_place_in_the_drawdown() -> None:
    got = statistics.max_drawdown([0.1, -0.1, math.nan, -0.2])
    assert (got.peak, got.trough) == (1, 4)


@given(RETURNS)
def test_a_summary_is_finite_or_none(returns: list[float]) -> None:
    got = summary(returns, sessions_per_year=YEAR)
    assert set(got) == set(METHODS)
    assert all(value is None or math.isfinite(value) for value in got.values())


def test_nothing_is_known_of_no_returns() -> None:
    assert math.isnan(statistics.total_return([math.nan]))
    got = summary([math.nan], sessions_per_year=YEAR)
    assert got.pop("observations") == 0
    assert set(got.values()) == {None}


def test_a_single_return_has_no_spread() -> None:
    got = summary([0.01], sessions_per_year=YEAR)
    assert got["total_return"] == pytest.approx(0.01)
    assert [got[name] for name in ("volatility", "sharpe", "skew", "kurtosis")] == [None] * 4


@pytest.mark.parametrize("constant", [0.01, 0.1, -0.003, 0.0])
def test_without_variance_ratios_are_undefined_not_infinite(constant: float) -> None:
    got = summary([constant] * 7, sessions_per_year=YEAR)
    assert got["volatility"] == 0.0
    assert [got[name] for name in ("sharpe", "skew", "kurtosis")] == [None] * 3
    if constant >= 0:
        assert got["sortino"] is None
        assert got["calmar"] is None


def test_ruin_is_a_loss_of_everything_and_debt_has_no_growth_rate() -> None:
    assert summary([0.1, -1.0, 0.2], sessions_per_year=YEAR)["cagr"] == -1.0
    assert summary([0.1, -1.5], sessions_per_year=YEAR)["cagr"] is None


def test_a_year_of_enormous_returns_is_none_not_an_error() -> None:
    assert summary([50.0], sessions_per_year=365)["cagr"] is None


def test_bad_input_is_named() -> None:
    with pytest.raises(DataNotFit, match="return 1 is infinite"):
        summary([0.1, math.inf], sessions_per_year=YEAR)
    with pytest.raises(DataNotFit, match=r"shape \(n,\)"):
        summary(np.ones((2, 2)), sessions_per_year=YEAR)
    with pytest.raises(BadParameter, match="sessions_per_year=0"):
        summary(HAND, sessions_per_year=0)

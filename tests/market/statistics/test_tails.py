"""Each method of tail risk is what its name says, and the four keep their order of meaning."""

import math
from statistics import NormalDist
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from market.errors import BadParameter
from market.statistics import expected_shortfall, tail_ratio, value_at_risk
from market.statistics.tails import TailMethod
from tests.market.statistics.series import RETURNS

METHODS = get_args(TailMethod)
RETURN_LISTS = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=60)
TAILS = st.floats(0.01, 0.5)


@given(RETURN_LISTS, TAILS)
def test_rockafellar_uryasev_is_the_minimum_that_an_optimiser_finds(returns, tail):
    """-ES is the minimum over c of c + mean(max(-r - c, 0)) / tail, attained at c = -VaR."""
    r = np.array(returns)
    losses = [c + np.maximum(-r - c, 0.0).mean() / tail for c in -r]
    shortfall = expected_shortfall(r, tail=tail, method="rockafellar-uryasev")
    assert -shortfall == pytest.approx(min(losses), abs=1e-12)
    c = -value_at_risk(r, tail=tail, method="rockafellar-uryasev")
    assert c + np.maximum(-r - c, 0.0).mean() / tail == pytest.approx(min(losses), abs=1e-9)


def test_rockafellar_uryasev_counts_the_last_return_in_part():
    returns = np.linspace(-0.3, 0.3, 30)
    lowest = np.sort(returns)
    expected = (lowest[0] + lowest[1] * 0.5) / 1.5
    got = expected_shortfall(returns, tail=0.05, method="rockafellar-uryasev")
    assert got == pytest.approx(expected)


@given(st.integers(1, 50), st.integers(1, 60))
def test_rockafellar_uryasev_takes_the_return_that_the_percentage_means(percent, hundreds):
    """7 % of 100 returns are 7, though 0.07 * 100 is a little more than 7 in floats."""
    returns = np.arange(100.0 * hundreds) / 10_000
    got = value_at_risk(returns, tail=percent / 100, method="rockafellar-uryasev")
    assert got == returns[percent * hundreds - 1]


def test_cornish_fisher_shortfall_is_the_mean_of_its_quantiles():
    def quantile(p):
        return value_at_risk(RETURNS, tail=p, method="cornish-fisher")

    area, _ = integrate.quad(quantile, 0.0, 0.05, limit=200)
    got = expected_shortfall(RETURNS, tail=0.05, method="cornish-fisher")
    assert got == pytest.approx(area / 0.05, rel=1e-7)


def test_cornish_fisher_of_normal_moments_is_gaussian():
    """Three points at 0 and ±sqrt(3) with weights 4:1:1 have skew 0 and kurtosis 3, as a normal."""
    returns = np.array([0.0] * 4 + [math.sqrt(3), -math.sqrt(3)]) * 0.01
    for measure in (value_at_risk, expected_shortfall):
        gaussian = measure(returns, method="gaussian")
        assert measure(returns, method="cornish-fisher") == pytest.approx(gaussian, rel=1e-9)


def test_cornish_fisher_is_undefined_where_its_quantiles_would_fall():
    """One loss among a thousand: skew -31, the corrected quantile is no rising function."""
    returns = np.full(1000, 0.001)
    returns[500] = -0.9
    assert math.isnan(value_at_risk(returns, method="cornish-fisher"))
    assert math.isnan(expected_shortfall(returns, method="cornish-fisher"))


def test_cornish_fisher_is_defined_of_tails_thinner_than_a_normal():
    """A triangle's kurtosis is 2.4: the correction turns, but too far out to matter."""
    even = np.linspace(-0.01, 0.01, 101)
    returns = np.add.outer(even, even).ravel()
    corrected, gaussian = (
        expected_shortfall(returns, method=method) for method in ("cornish-fisher", "gaussian")
    )
    assert gaussian < corrected < 0.0


def test_gaussian_shortfall_is_the_mean_of_its_quantiles():
    law = NormalDist(RETURNS.mean(), RETURNS.std(ddof=1))
    area, _ = integrate.quad(law.inv_cdf, 1e-12, 0.05, limit=200)
    got = expected_shortfall(RETURNS, method="gaussian")
    assert got == pytest.approx(area / 0.05, rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
@given(TAILS)
def test_the_shortfall_is_never_better_than_the_quantile(method, tail):
    shortfall = expected_shortfall(RETURNS, tail=tail, method=method)
    assert shortfall <= value_at_risk(RETURNS, tail=tail, method=method) + 1e-15


@pytest.mark.parametrize("method", METHODS)
def test_tails_scale_with_returns_and_are_undefined_of_none(method):
    for measure in (value_at_risk, expected_shortfall):
        doubled = measure(2 * RETURNS, method=method)
        assert doubled == pytest.approx(2 * measure(RETURNS, method=method), rel=1e-12)
        assert math.isnan(measure([], method=method))
        assert math.isnan(measure([math.nan], method=method))


def test_a_mirrored_series_mirrors_the_tail_ratio():
    assert tail_ratio(-RETURNS) == pytest.approx(1 / tail_ratio(RETURNS))


def test_bad_input_is_named():
    with pytest.raises(BadParameter, match="method='normal': expected one of historical, gaussian"):
        value_at_risk(RETURNS, method="normal")
    for tail in (1.5, 0.95, 0.51, 0, -0.05, math.nan):
        for measure in (expected_shortfall, value_at_risk, tail_ratio):
            with pytest.raises(
                BadParameter, match=rf"tail={tail}: .* 0\.05 for what is called 95 %"
            ):
                measure(RETURNS, tail=tail)

"""Probabilistic and deflated Sharpe ratios reproduce the values that their authors published."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skfolio import measures

from market import statistics
from market.errors import BadParameter
from market.inference import (
    deflated_sharpe,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
)

DAILY = 2.5 / math.sqrt(250)
PAPER = {"variance": 0.5 / 250, "observations": 1250}
RETURNS = np.random.default_rng(5).standard_t(4, size=700) * 0.01 + 0.0006


@pytest.mark.parametrize(("trials", "expected"), [(100, 0.90040), (46, 0.9505), (88, 0.9102)])
def test_the_deflated_sharpe_ratio_of_the_paper(trials, expected):
    """Bailey and López de Prado (2014): 2.5 a year over five years of 250 days, best of N."""
    got = deflated_sharpe(DAILY, trials=trials, skew=-3.0, kurtosis=10.0, **PAPER)
    assert got == pytest.approx(expected, abs=5e-5)


def test_the_deflated_sharpe_ratio_of_the_paper_were_returns_normal():
    assert deflated_sharpe(DAILY, trials=88, **PAPER) == pytest.approx(0.9505, abs=5e-5)
    assert expected_maximum_sharpe(trials=100, variance=0.5 / 250) == pytest.approx(
        0.1132, abs=5e-5
    )


def test_the_hedge_fund_of_the_paper():
    """Bailey and López de Prado (2012): 0.458 a month over 24 months."""
    normal = probabilistic_sharpe(0.458, observations=24)
    real = probabilistic_sharpe(0.458, observations=24, skew=-2.448, kurtosis=10.164)
    assert normal == pytest.approx(0.9817, abs=5e-5)
    assert real == pytest.approx(0.9134, abs=5e-5)


@pytest.mark.parametrize(
    ("year", "skew", "kurtosis", "years"),
    [(250, 0.0, 3.0, 2.73), (12, 0.0, 3.0, 3.24), (12, -0.72, 5.78, 4.99)],
)
def test_the_track_records_of_the_paper(year, skew, kurtosis, years):
    """The same paper: how long 2 a year must last to be above 1 at 95 %, daily and monthly."""
    root = math.sqrt(year)
    got = minimum_track_record(2 / root, benchmark=1 / root, skew=skew, kurtosis=kurtosis)
    assert got / year == pytest.approx(years, abs=5e-3)


@given(st.floats(0.02, 0.5), st.floats(-2, 2), st.floats(0, 20), st.floats(0.6, 0.99))
def test_at_the_minimum_track_record_the_probability_is_the_confidence(sharpe, skew, more, level):
    shape = {"skew": skew, "kurtosis": 1.1 + skew**2 + more}
    length = minimum_track_record(sharpe, confidence=level, **shape)
    after = max(2, math.ceil(length))
    assert probabilistic_sharpe(sharpe, observations=after, **shape) >= level - 1e-9
    if length > 3:
        before = math.ceil(length) - 1
        assert probabilistic_sharpe(sharpe, observations=before, **shape) <= level + 1e-9


def test_it_equals_skfolio():
    sharpe = statistics.sharpe(RETURNS, sessions_per_year=1)
    shape = {"skew": statistics.skew(RETURNS), "kurtosis": statistics.kurtosis(RETURNS) + 3}
    ours = probabilistic_sharpe(sharpe, observations=len(RETURNS), benchmark=0.02, **shape)
    theirs = measures.probabilistic_sharpe_ratio(RETURNS, benchmark_sharpe_ratio=0.02)
    assert ours == pytest.approx(theirs, rel=1e-9)
    highest = expected_maximum_sharpe(trials=37, variance=0.003)
    peer = measures.expected_max_sharpe_ratio(n_trials=37, trial_sharpe_ratio_std=0.003**0.5)
    assert highest == pytest.approx(peer, rel=1e-12)


def test_the_expected_maximum_is_what_worthless_trials_reach():
    """Average of the highest of 50 normals, over 4,000 draws."""
    draws = np.random.default_rng(1).normal(size=(4000, 50)).max(axis=1)
    assert expected_maximum_sharpe(trials=50, variance=1.0) == pytest.approx(draws.mean(), rel=0.02)


@given(st.floats(-5.0, 5.0).filter(lambda one: abs(one) > 0.1))
def test_the_least_kurtosis_of_a_skew_gives_a_probability(skew):
    """There the variance touches 0 at sharpe = 2 / skew, and rounding may take it below."""
    for kurtosis in (1.0 + skew**2, 1.0 + skew**2 - 5e-10):
        got = probabilistic_sharpe(2.0 / skew, observations=100, skew=skew, kurtosis=kurtosis)
        assert math.isnan(got) or 0.0 <= got <= 1.0


def test_no_number_of_trials_is_too_high_but_infinitely_many():
    levels = [expected_maximum_sharpe(trials=n, variance=1.0) for n in (1e6, 1e17, 1e100, 1e300)]
    assert levels == sorted(levels)
    assert levels[1] == pytest.approx(8.55, abs=0.1)  # sqrt(2 ln n) less a little
    for wrong in (math.inf, math.nan, 0.5):
        with pytest.raises(BadParameter, match=r"trials=.*: expected 1 to 1e\+300"):
            expected_maximum_sharpe(trials=wrong, variance=1.0)
    with pytest.raises(BadParameter, match="variance=inf"):
        expected_maximum_sharpe(trials=2, variance=math.inf)


def test_one_trial_is_not_deflated_and_more_are_deflated_more():
    assert expected_maximum_sharpe(trials=1, variance=0.5) == 0.0
    levels = [expected_maximum_sharpe(trials=n, variance=0.5) for n in (1, 1.2, 2, 10, 1000)]
    assert levels == sorted(levels)


def test_a_ratio_at_or_below_the_benchmark_never_proves_itself():
    assert minimum_track_record(0.1, benchmark=0.1) == math.inf
    assert minimum_track_record(-0.1) == math.inf


def test_excess_kurtosis_is_refused():
    with pytest.raises(BadParameter, match="kurtosis that is 3 for a normal, not the excess"):
        probabilistic_sharpe(0.1, observations=100, kurtosis=0.0)
    with pytest.raises(BadParameter, match=r"kurtosis=7\.164"):
        deflated_sharpe(0.1, trials=5, skew=-2.9, kurtosis=7.164, **PAPER)


def test_bad_input_is_named():
    with pytest.raises(BadParameter, match="observations=1"):
        probabilistic_sharpe(0.1, observations=1)
    with pytest.raises(BadParameter, match=r"trials=0\.5"):
        expected_maximum_sharpe(trials=0.5, variance=0.1)
    with pytest.raises(BadParameter, match="variance=-1"):
        expected_maximum_sharpe(trials=5, variance=-1)
    with pytest.raises(BadParameter, match="confidence=1"):
        minimum_track_record(0.1, confidence=1.0)

"""Statistics agree with empyrical-reloaded and quantstats; what they gave is frozen here too.

The frozen values are what both libraries (0.7.1 and 0.0.86) answer for the series of ``series.py``,
so the claim holds where they are not installed. Where they differ, ``docs/statistics.md`` says why.
"""

import warnings
from functools import partial

import numpy as np
import pytest

from market import statistics as own
from market.inference import probabilistic_sharpe
from tests.market.statistics.series import BENCHMARK, RETURNS, SESSIONS, YEAR

annual = partial(partial, sessions_per_year=YEAR)
SIMPLE = {"method": "simple"}

OURS = {
    "cagr": lambda r, b: own.cagr(r, sessions_per_year=YEAR),
    "volatility": lambda r, b: own.volatility(r, sessions_per_year=YEAR),
    "sharpe": lambda r, b: own.sharpe(r, sessions_per_year=YEAR),
    "sortino": lambda r, b: own.sortino(r, sessions_per_year=YEAR),
    "calmar": lambda r, b: own.calmar(r, sessions_per_year=YEAR),
    "max_drawdown": lambda r, b: own.max_drawdown(r).depth,
    "omega": lambda r, b: own.omega(r),
    "profit_factor": lambda r, b: own.profit_factor(r),
    "hit_rate": lambda r, b: own.hit_rate(r),
    "tail_ratio": lambda r, b: own.tail_ratio(r),
    "var historical": lambda r, b: own.value_at_risk(r),
    "var gaussian": lambda r, b: own.value_at_risk(r, method="gaussian"),
    "es historical": lambda r, b: own.expected_shortfall(r),
    "es gaussian": lambda r, b: own.expected_shortfall(r, method="gaussian"),
    "beta": own.beta,
    "alpha compound": annual(own.alpha),
    "alpha simple": annual(own.alpha, **SIMPLE),
    "information_ratio": annual(own.information_ratio),
    "up_capture": annual(own.up_capture),
    "down_capture": annual(own.down_capture),
    "sharpe over 3 %": lambda r, b: own.sharpe(r, sessions_per_year=YEAR, risk_free=0.03),
    "sortino over 3 %": lambda r, b: own.sortino(r, sessions_per_year=YEAR, risk_free=0.03),
    "kelly": lambda r, b: own.kelly(r),
    "ulcer_index": lambda r, b: own.ulcer_index(r),
    "tracking_error": annual(own.tracking_error),
}
FROZEN = {
    "cagr": -0.023265263883183396,
    "volatility": 0.12177510098711035,
    "sharpe": -0.1322999118457292,
    "sortino": -0.17768834320465393,
    "calmar": -0.09224671772880544,
    "max_drawdown": -0.25220695604130383,
    "omega": 0.9793566469603566,
    "profit_factor": 0.9793566469603558,
    "hit_rate": 0.5026666666666667,
    "tail_ratio": 1.0001455119812808,
    "var historical": -0.011944668592256584,
    "var gaussian": -0.012681785504374208,
    "es historical": -0.016802295547671618,
    "es gaussian": -0.015887229373178186,
    "beta": 0.7858651824309697,
    "alpha compound": -0.06855729488147044,
    "alpha simple": -0.07101059217629299,
    "information_ratio": -1.108899177558504,
    "up_capture": 0.5942082269446769,
    "down_capture": 0.932445348129978,
    "sharpe over 3 %": -0.3750468744568306,
    "sortino over 3 %": -0.49814615105561405,
    "kelly": -0.010595451098910113,
    "ulcer_index": 0.11929568340679772,
    "tracking_error": 0.07752718956156468,
}
EMPYRICAL = {
    "cagr": lambda e, r, b: e.annual_return(r),
    "volatility": lambda e, r, b: e.annual_volatility(r),
    "sharpe": lambda e, r, b: e.sharpe_ratio(r),
    "sortino": lambda e, r, b: e.sortino_ratio(r),
    "calmar": lambda e, r, b: e.calmar_ratio(r),
    "max_drawdown": lambda e, r, b: e.max_drawdown(r),
    "omega": lambda e, r, b: e.omega_ratio(r),
    "tail_ratio": lambda e, r, b: e.tail_ratio(r),
    "var historical": lambda e, r, b: e.value_at_risk(r),
    "es historical": lambda e, r, b: e.conditional_value_at_risk(r),
    "beta": lambda e, r, b: e.beta(r, b),
    "alpha compound": lambda e, r, b: e.alpha(r, b),
    # Not annual there.
    "information_ratio": lambda e, r, b: e.excess_sharpe(r, b) * YEAR**0.5,
    "up_capture": lambda e, r, b: e.up_capture(r, b),
    "down_capture": lambda e, r, b: e.down_capture(r, b),
}
QUANTSTATS = {
    "cagr": lambda q, r, b: q.cagr(r, periods=YEAR),
    "volatility": lambda q, r, b: q.volatility(r),
    "sharpe": lambda q, r, b: q.sharpe(r),
    "sortino": lambda q, r, b: q.sortino(r),
    "calmar": lambda q, r, b: q.calmar(r),
    "max_drawdown": lambda q, r, b: q.max_drawdown(r),
    "omega": lambda q, r, b: q.omega(r),
    "profit_factor": lambda q, r, b: q.profit_factor(r),
    "hit_rate": lambda q, r, b: q.win_rate(r),
    "tail_ratio": lambda q, r, b: q.tail_ratio(r),
    "var gaussian": lambda q, r, b: q.value_at_risk(r),
    "es gaussian": lambda q, r, b: q.cvar(r),
    "es historical": lambda q, r, b: q.cvar(r, method="historical"),
    "beta": lambda q, r, b: q.greeks(r, b)["beta"],
    "alpha simple": lambda q, r, b: q.greeks(r, b)["alpha"],
    "information_ratio": lambda q, r, b: q.information_ratio(r, b) * YEAR**0.5,
    "sharpe over 3 %": lambda q, r, b: q.sharpe(r, rf=0.03),
    "sortino over 3 %": lambda q, r, b: q.sortino(r, rf=0.03),
    "kelly": lambda q, r, b: q.kelly_criterion(r),
    # By n - 1 there.
    "ulcer_index": lambda q, r, b: q.ulcer_index(r) * ((len(r) - 1) / len(r)) ** 0.5,
    "tracking_error": lambda q, r, b: q.volatility(r - b),
}


@pytest.fixture
def pandas_series():
    import pandas as pd

    index = pd.DatetimeIndex(SESSIONS)
    with warnings.catch_warnings():
        # The peers warn of what newer pandas deprecates; that is theirs to mend.
        warnings.simplefilter("ignore")
        yield pd.Series(RETURNS, index), pd.Series(BENCHMARK, index)


def peer(name):
    reason = f"{name} is a reference of the tests: pip install -r bench/requirements.txt"
    return pytest.importorskip(name, reason=reason)


@pytest.mark.parametrize("name", OURS)
def test_values_stay_what_the_peers_answered(name):
    assert OURS[name](RETURNS, BENCHMARK) == pytest.approx(FROZEN[name], rel=1e-12)


@pytest.mark.parametrize("name", EMPYRICAL)
def test_values_equal_empyrical(name, pandas_series):
    theirs = EMPYRICAL[name](peer("empyrical"), *pandas_series)
    assert OURS[name](RETURNS, BENCHMARK) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("name", QUANTSTATS)
def test_values_equal_quantstats(name, pandas_series):
    theirs = QUANTSTATS[name](peer("quantstats").stats, *pandas_series)
    assert OURS[name](RETURNS, BENCHMARK) == pytest.approx(theirs, rel=1e-12)


def test_quantstats_moments_differ_by_their_correction_for_bias(pandas_series):
    """It corrects skew and kurtosis for the sample; ours are biased. The docs state both."""
    stats, count = peer("quantstats").stats, len(RETURNS)
    corrected = own.skew(RETURNS) * np.sqrt(count * (count - 1)) / (count - 2)
    assert stats.skew(pandas_series[0]) == pytest.approx(corrected, rel=1e-9)
    ours = probabilistic_sharpe(
        own.sharpe(RETURNS, sessions_per_year=1),
        observations=count,
        skew=own.skew(RETURNS),
        kurtosis=own.kurtosis(RETURNS) + 3,
    )
    assert stats.probabilistic_sharpe_ratio(pandas_series[0]) == pytest.approx(ours, abs=1e-6)


def test_rolling_equals_quantstats(pandas_series):
    stats, (r, b) = peer("quantstats").stats, pandas_series
    ours = own.rolling(own.sharpe, RETURNS, window=126, sessions_per_year=YEAR)
    theirs = stats.rolling_sharpe(r, rolling_period=126).reindex(r.index)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    ours = own.rolling(own.volatility, RETURNS, window=126, sessions_per_year=YEAR)
    theirs = stats.rolling_volatility(r, rolling_period=126).reindex(r.index)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    ours = own.rolling(own.beta, RETURNS, BENCHMARK, window=126)
    theirs = r.rolling(126).cov(b) / b.rolling(126).var()
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_months_equal_empyrical(pandas_series):
    empyrical = peer("empyrical")
    months = own.monthly_returns(RETURNS, SESSIONS)
    theirs = empyrical.aggregate_returns(pandas_series[0], "monthly").to_numpy()
    known = months.table[~np.isnan(months.table)]
    np.testing.assert_allclose(known, theirs, rtol=1e-12)
    yearly = empyrical.aggregate_returns(pandas_series[0], "yearly").to_numpy()
    np.testing.assert_allclose(months.total, yearly, rtol=1e-12)


def test_drawdowns_equal_quantstats_where_it_means_the_same(pandas_series):
    """It dates a fall from the first session under water to the last; ours from peak to recovery."""
    stats = peer("quantstats").stats
    theirs = stats.drawdown_details(stats.to_drawdown_series(pandas_series[0]))
    theirs = theirs.sort_values("max drawdown").head(5)
    ours = own.drawdowns(RETURNS, SESSIONS, top=5)
    assert [one.depth * 100 for one in ours] == pytest.approx(theirs["max drawdown"].tolist())
    assert [str(one.trough) for one in ours] == theirs["valley"].tolist()
    after = [SESSIONS[np.searchsorted(SESSIONS, np.datetime64(one.peak)) + 1] for one in ours]
    assert [str(one) for one in after] == theirs["start"].tolist()

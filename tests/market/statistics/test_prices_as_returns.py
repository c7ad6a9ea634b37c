"""Prices given as returns are refused by every statistic, with a remedy that works."""

import math

import numpy as np
import pandas as pd
import pytest

from market import statistics
from market.errors import DataNotFit
from tests.market.statistics.series import RETURNS, SESSIONS

PRICES = pd.Series(100 * np.cumprod(1 + np.asarray(RETURNS)), index=pd.DatetimeIndex(SESSIONS))
YEAR = {"sessions_per_year": 252}
OF_RETURNS = {
    "summary": lambda r: statistics.summary(r, **YEAR),
    "sharpe": lambda r: statistics.sharpe(r, **YEAR),
    "sortino": lambda r: statistics.sortino(r, **YEAR),
    "volatility": lambda r: statistics.volatility(r, **YEAR),
    "cagr": lambda r: statistics.cagr(r, **YEAR),
    "calmar": lambda r: statistics.calmar(r, **YEAR),
    "total_return": statistics.total_return,
    "omega": statistics.omega,
    "hit_rate": statistics.hit_rate,
    "kelly": statistics.kelly,
    "skew": statistics.skew,
    "kurtosis": statistics.kurtosis,
    "value_at_risk": statistics.value_at_risk,
    "expected_shortfall": statistics.expected_shortfall,
    "tail_ratio": statistics.tail_ratio,
    "max_drawdown": statistics.max_drawdown,
    "ulcer_index": statistics.ulcer_index,
    "beta": lambda r: statistics.beta(r, PRICES.pct_change()),
    "benchmark": lambda r: statistics.beta(PRICES.pct_change(), r),
    "monthly_returns": lambda r: statistics.monthly_returns(r, r.index),
    "yearly_returns": lambda r: statistics.yearly_returns(r, r.index),
    "drawdowns": lambda r: statistics.drawdowns(r, r.index),
    "rolling": lambda r: statistics.rolling(statistics.sharpe, r, window=20, **YEAR),
}


@pytest.mark.parametrize("name", OF_RETURNS)
def test_prices_are_refused_and_their_changes_taken(name):
    with pytest.raises(DataNotFit, match=r"are above 1, as prices are: .*prices\.pct_change\(\)"):
        OF_RETURNS[name](PRICES)
    OF_RETURNS[name](PRICES.pct_change())


def test_what_may_be_returns_or_money_is_taken():
    assert statistics.total_return([1.5, 2.0]) == pytest.approx(6.5)
    assert statistics.total_return([1.5, 2.0, 0.01]) == pytest.approx(6.575)
    assert math.isnan(statistics.profit_factor([120.0, 80.0, 33.0]))
    assert statistics.profit_factor([120.0, 80.0, -50.0]) == pytest.approx(4.0)

"""The sum of sleeves is exact and in a fixed order; figures are the library's own."""

import numpy as np
import pytest

from market import statistics
from market.backtest import Curve, align, drawdown, figures, total

DAYS = np.datetime64("2020-01-01", "D") + np.arange(6)


def test_sleeves_meet_on_the_union_of_their_sessions():
    late = Curve(DAYS[[2, 4]], np.array([110.0, 120.0]))
    early = Curve(DAYS[[0, 1, 2]], np.array([100.0, 90.0, 80.0]))
    never = Curve(DAYS[:0], np.array([]))
    session, equity = align([late, early, never], sleeve_cash=100.0)
    assert session.tolist() == DAYS[[0, 1, 2, 4]].tolist()
    assert equity.tolist() == [
        [100.0, 100.0, 110.0, 120.0],
        [100.0, 90.0, 80.0, 80.0],
        [100.0, 100.0, 100.0, 100.0],
    ]
    assert total(equity).tolist() == [300.0, 290.0, 290.0, 300.0]


def test_the_sum_is_taken_sleeve_after_sleeve():
    equity = np.random.default_rng(3).lognormal(5, 2, (60, 40))
    by_hand = [0.0] * 40
    for row in equity:
        by_hand = [a + float(b) for a, b in zip(by_hand, row, strict=True)]
    assert total(equity).tolist() == by_hand


def test_figures_are_those_of_the_statistics_library_and_dated():
    equity = np.array([100.0, 110.0, 99.0, 88.0, 120.0, 130.0])
    result = figures(DAYS, equity, sessions_per_year=252)
    returns = equity[1:] / equity[:-1] - 1
    assert result.values == statistics.summary(returns, sessions_per_year=252)
    assert result.values["max_drawdown"] == pytest.approx(drawdown(equity).min())
    assert (str(result.drawdown_from), str(result.drawdown_to)) == ("2020-01-02", "2020-01-04")

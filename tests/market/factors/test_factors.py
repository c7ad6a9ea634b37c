"""Factor research agrees with pandas and scipy, and finds what was planted."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from market import factors
from market.errors import BadParameter, DataNotFit


@pytest.fixture
def world():
    """A factor, and closes whose next-day returns follow it weakly; some values are missing."""
    rng = np.random.default_rng(11)
    factor = rng.normal(size=(120, 40))
    moves = 0.002 * factor + rng.normal(0, 0.02, factor.shape)
    close = 100 * np.vstack([np.ones(40), np.cumprod(1 + moves, axis=0)])[:-1]
    factor[rng.random(factor.shape) < 0.05] = np.nan
    return factor, close


def test_forward_returns_end_before_the_data_do(world):
    _, close = world
    found = factors.forward_returns(close, horizon=5)
    assert np.allclose(found[:-5], (pd.DataFrame(close).pct_change(5).shift(-5)).to_numpy()[:-5])
    assert np.isnan(found[-5:]).all()


def test_the_information_coefficient_is_scipys_rank_correlation(world):
    factor, close = world
    forward = factors.forward_returns(close, horizon=1)
    found = factors.information_coefficient(np.round(factor, 1), forward)
    for t in (0, 50, 118):
        both = ~np.isnan(factor[t])
        expected = spearmanr(np.round(factor[t, both], 1), forward[t, both]).statistic
        assert found[t] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(found[-1])
    assert 0.03 < np.nanmean(found) < 0.2


def test_a_planted_factor_decays_with_the_horizon(world):
    mean = factors.decay(*world, horizons=(1, 20))
    assert mean[1] > mean[20]
    assert list(mean) == [1, 20]


def test_quantiles_are_pandas_qcut(world):
    factor, _ = world
    found = factors.quantiles(factor, count=5)
    for t in (0, 60, 119):
        expected = pd.qcut(pd.Series(factor[t]), 5, labels=False) + 1
        assert np.array_equal(found[t], expected.fillna(0).to_numpy())


@pytest.mark.parametrize("count", range(2, 13))
def test_a_value_on_an_edge_belongs_to_the_lower_quantile_however_many_there_are(count):
    for size in range(2, 80):
        rank = np.arange(size)
        found = factors.quantiles(rank[None].astype(float), count=count)[0]
        assert found.tolist() == np.maximum(-(-rank * count // (size - 1)), 1).tolist()


def test_what_groups_or_exposures_explain_in_full_has_no_order_left():
    draw = np.random.default_rng(4)
    factor, forward = draw.normal(size=(2, 9, 12))
    for explained in (
        factors.neutralise(factor, exposures={"itself": factor}),
        factors.neutralise(factor, groups=[str(one) for one in range(12)]),
    ):
        assert (explained == 0.0).all()
        assert np.isnan(factors.information_coefficient(explained, forward)).all()
    groups = ["a"] * 3 + ["b"] + ["c"] * 3 + ["d"] * 5
    moves = np.tile([0.1] * 3 + [0.05] + [0.07] * 3 + [0.03] * 5, (9, 1))
    assert np.isnan(factors.information_coefficient(factor, moves, groups=groups)).all()


def test_quantile_returns_rise_with_a_planted_factor_and_average_to_nothing(world):
    factor, close = world
    forward = factors.forward_returns(close, horizon=1)
    means = np.nanmean(factors.quantile_returns(factor, forward, count=4), axis=0)
    assert means[0] < 0 < means[3]
    even = factors.quantile_returns(close, forward, count=4)[1:-1]
    assert np.allclose(even.mean(axis=1), 0.0, atol=1e-15)
    assert np.nanmean(factors.spread(factor, forward, count=4)) == pytest.approx(
        means[3] - means[0]
    )


def test_a_factor_that_stands_still_trades_nothing():
    still = np.tile(np.arange(10.0), (5, 1))
    assert (factors.quantile_turnover(still, quantile=5)[1:] == 0).all()
    assert factors.rank_autocorrelation(still)[1:] == pytest.approx(1.0)
    turned = np.vstack([still[0], -still[0]])
    assert factors.quantile_turnover(turned, quantile=5)[1] == 1.0
    assert factors.rank_autocorrelation(turned)[1] == pytest.approx(-1.0)
    assert np.isnan(factors.quantile_turnover(still, quantile=1, lag=2)[:2]).all()


def test_a_quantile_that_nobody_was_in_has_no_turnover():
    gap = np.tile(np.arange(10.0), (3, 1))
    gap[1] = np.nan
    assert np.isnan(factors.quantile_turnover(gap, quantile=5)).all()
    assert factors.quantile_turnover(gap, quantile=5, lag=2)[2] == 0.0


def test_what_groups_earn_together_is_no_merit_of_a_factor():
    """A factor that only tells groups apart says nothing once their returns are taken out."""
    noise = np.random.default_rng(5).normal(size=(2, 120, 40))
    groups, level = [str(k // 10) for k in range(40)], np.repeat(np.arange(4.0), 10)
    factor, forward = level + 1e-6 * noise[0], 0.01 * level + 1e-9 * noise[1]
    assert factors.spread(factor, forward, count=4) == pytest.approx(0.03, abs=1e-6)
    neutral = factors.spread(factor, forward, count=4, groups=groups)
    assert neutral == pytest.approx(0.0, abs=1e-6)
    assert np.mean(factors.information_coefficient(factor, forward)) > 0.9
    coefficients = factors.information_coefficient(factor, forward, groups=groups)
    assert abs(np.mean(coefficients)) < 0.05


def test_quantiles_within_groups_hold_as_many_of_each():
    groups, own = [str(k % 4) for k in range(40)], np.arange(40) % 4 == 3
    factor = np.random.default_rng(5).normal(size=(120, 40)) + 10.0 * (np.arange(40) % 4)
    place = factors.quantiles(factor, count=5, groups=groups)
    assert all(((place[:, own] == k).sum(axis=1) == 2).all() for k in range(1, 6))
    assert (factors.quantiles(factor, count=4)[:, own] == 4).all()


def test_a_neutral_factor_has_no_group_means_and_no_exposure(world):
    factor, _ = world
    rng = np.random.default_rng(0)
    groups = [str(k % 4) for k in range(40)]
    size = rng.normal(size=factor.shape)
    found = factors.neutralise(factor + 3 * size, groups=groups, exposures={"size": size})
    own = np.array(groups) == "2"
    assert np.allclose(np.nanmean(found[:, own], axis=1), 0.0, atol=1e-12)
    assert np.allclose(np.nansum(found * size, axis=1), 0.0, atol=1e-10)
    assert np.array_equal(np.isnan(found), np.isnan(factor))
    plain = factors.neutralise(factor)
    assert np.allclose(plain, factor - np.nanmean(factor, axis=1, keepdims=True), equal_nan=True)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: factors.quantiles([[1.0]], count=1), BadParameter),
        (lambda: factors.quantile_turnover([[1.0]], quantile=6), BadParameter),
        (lambda: factors.rank_autocorrelation([[1.0]], lag=0), BadParameter),
        (lambda: factors.forward_returns([[1.0]], horizon=0), BadParameter),
        (lambda: factors.information_coefficient([[1.0]], [[1.0, 2.0]]), DataNotFit),
        (lambda: factors.quantiles([1.0]), DataNotFit),
        (lambda: factors.quantile_returns([[1.0]], [[1.0]], within_groups=True), BadParameter),
        (lambda: factors.neutralise([[1.0]], groups=["a", "b"]), DataNotFit),
    ],
)
def test_what_makes_no_sense_is_refused(call, error):
    with pytest.raises(error):
        call()


def test_too_few_instruments_give_no_coefficient():
    assert np.isnan(factors.information_coefficient([[1.0, 2.0]], [[1.0, 2.0]])).all()
    assert np.isnan(factors.information_coefficient([[1.0, 1.0, 1.0]], [[1.0, 2.0, 3.0]])).all()

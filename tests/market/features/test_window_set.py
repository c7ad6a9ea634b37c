"""Features are causal, finite-window functions of closes: the same bits in batch and in serving."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.errors import BadParameter, DataNotFit
from market.features import (
    CLOSE_VOLATILITY,
    RETURN_RESIDUALS,
    Column,
    FeatureSet,
    feature_set,
)
from tests.examples import examples

SETS = [CLOSE_VOLATILITY, RETURN_RESIDUALS]
# Every operation with windows so short that each row of warm-up and after can be tried.
SMALL = FeatureSet(
    "small",
    1,
    14,
    (
        Column("return", "return", (3,), ""),
        Column("volatility", "volatility", (4,), ""),
        Column("ratio", "ratio", (2, 5), ""),
        Column("downside", "downside", (4,), ""),
        Column("drawdown", "drawdown", (6,), ""),
        Column("relative", "relative", (3, 4, 9), ""),
        Column("residual", "residual_quantile", (2, 3, 9, 250), ""),
    ),
)


def walk(count: int, seed: int = 0) -> np.ndarray:
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, count)))


prices = st.lists(st.floats(1.0, 1000.0, allow_subnormal=False), min_size=0, max_size=40).map(
    np.array
)


@settings(deadline=None)
@given(prices)
def test_a_row_reads_nothing_after_it(close):
    whole = SMALL.compute(close)
    for count in range(len(close) + 1):
        assert SMALL.compute(close[:count]).tobytes() == whole[:count].tobytes()


@settings(deadline=None)
@given(prices.filter(len))
def test_serving_gives_the_bits_of_training(close):
    whole = SMALL.compute(close)
    for row in range(len(close)):
        assert SMALL.latest(close[: row + 1]).tobytes() == whole[row].tobytes()


@pytest.mark.parametrize("features", SETS, ids=lambda one: one.name)
def test_the_real_sets_are_warm_at_their_lookback_and_serve_the_bits_of_training(features):
    close = walk(features.lookback + 300)
    whole = features.compute(close)
    warm = features.lookback - 1
    assert np.isnan(whole[:warm]).any(axis=1).all()
    assert np.isfinite(whole[warm:]).all()
    for row in (0, 20, warm - 1, warm, warm + 1, warm + 299):
        assert features.latest(close[: row + 1]).tobytes() == whole[row].tobytes()


@pytest.mark.parametrize("features", SETS, ids=lambda one: one.name)
def test_the_future_cannot_be_seen_through_any_column(features):
    close = walk(features.lookback + 60)
    cut = features.lookback + 20
    other = close.copy()
    other[cut:] *= walk(len(close) - cut, seed=1) / 100
    assert features.compute(close)[:cut].tobytes() == features.compute(other)[:cut].tobytes()


@settings(deadline=None)
@given(prices, st.integers(-20, 20))
def test_the_unit_of_price_does_not_matter(close, power):
    """Exact for powers of two, which scale without rounding."""
    scaled = SMALL.compute(close * 2.0**power)
    assert scaled.tobytes() == SMALL.compute(close).tobytes()


@settings(deadline=None)
@given(st.integers(0, 59))
def test_a_missing_close_makes_its_windows_missing_and_no_others(gap):
    close = walk(60)
    close[gap] = np.nan
    complete = np.isfinite(SMALL.compute(close)).all(axis=1)
    for row in range(60):
        reads = range(row - SMALL.lookback + 1, row + 1)
        assert complete[row] == (reads[0] >= 0 and gap not in reads)


@pytest.mark.parametrize("column", SMALL.columns, ids=lambda one: one.name)
def test_a_column_needs_exactly_as_many_closes_as_it_says(column):
    alone = FeatureSet("alone", 1, column.needs, (column,))
    assert np.isfinite(alone.latest(walk(column.needs)))
    assert np.isnan(alone.latest(walk(column.needs - 1)))


def test_a_price_that_does_not_move_has_no_ratio_rather_than_an_infinite_one():
    assert not np.isinf(SMALL.compute(np.full(40, 10.0))).any()


def test_columns_are_what_their_formulas_say():
    close = walk(1500)
    got = dict(zip(CLOSE_VOLATILITY.names, CLOSE_VOLATILITY.compute(close).T, strict=True))
    series = pd.Series(close)
    change = np.log(series).diff()
    volatility = {w: np.sqrt(change.pow(2).rolling(w).mean()) for w in (5, 21, 63, 252)}
    losses = np.sqrt(change.clip(upper=0).pow(2).rolling(63).mean())
    expected = {
        "return_21": np.log(series).diff(21),
        "volatility_63": volatility[63],
        "ratio_5_21": np.log(volatility[5] / volatility[21]),
        "downside_63": losses / volatility[63],
        "drawdown_252": np.log(series / series.rolling(252).max()),
        "relative_5": np.log(volatility[5] / volatility[21].rolling(1260).median()),
        "relative_21": np.log(volatility[21] / volatility[21].rolling(1260).median()),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(got[name], values.to_numpy(), rtol=1e-9, atol=1e-12)


@examples(20)
@given(st.integers(0, 2**32 - 1))
def test_quantiles_of_past_returns_rise(seed):
    close = walk(RETURN_RESIDUALS.lookback + 5, seed)
    assert (np.diff(RETURN_RESIDUALS.compute(close)[-1]) >= 0).all()


def test_bad_input_is_named():
    with pytest.raises(BadParameter, match="unknown feature set 'nope'"):
        feature_set("nope")
    with pytest.raises(BadParameter, match="first=9"):
        SMALL.compute(walk(5), first=9)
    with pytest.raises(DataNotFit, match="no close"):
        SMALL.latest(np.array([]))
    with pytest.raises(DataNotFit, match="one dimension"):
        SMALL.compute(np.ones((2, 2)))

"""The naive models: persistence, and quantiles of past returns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.errors import BadParameter, DataNotFit
from market.features import CLOSE_VOLATILITY, RETURN_RESIDUALS
from market.features.operations import conformal_ranks
from market.labels import forward_return, volatility_regime
from market.models.baselines import (
    PERSISTENCE_COLUMN,
    persistence_class,
    persistence_frequencies,
    persistence_probability,
)


def rows(relative: list[float]) -> np.ndarray:
    out = np.zeros((len(relative), len(CLOSE_VOLATILITY.columns)))
    out[:, PERSISTENCE_COLUMN] = relative
    return out


def walk(count: int, seed: int = 0) -> np.ndarray:
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, count)))


def test_persistence_says_what_the_label_would_say_of_the_month_that_ended():
    """Same volatility, same median rule: only the month differs."""
    close = walk(1700)
    said = persistence_class(CLOSE_VOLATILITY.compute(close))
    usual_then_and_now = volatility_regime(close, horizon=21)
    row = 1500
    changes = np.diff(np.log(close), prepend=np.nan)
    volatility = np.array([np.sqrt(np.mean(changes[t - 20 : t + 1] ** 2)) for t in range(21, 1700)])
    median = np.median(volatility[row - 21 - 1259 : row - 21 + 1])
    assert said[row] == float(volatility[row - 21] > median)
    assert usual_then_and_now.value[row] == float(volatility[row] > median)


def test_persistence_probability_is_the_frequency_of_the_present_regime():
    features = rows([-1.0, -1.0, -1.0, 1.0, 1.0])
    frequencies = persistence_frequencies(features, np.array([0.0, 0.0, 1.0, 1.0, 1.0]))
    assert frequencies.tolist() == [pytest.approx(1 / 3), 1.0]
    said = persistence_probability(rows([0.0, 2.0, np.nan]), frequencies)
    assert said[:2].tolist() == frequencies.tolist()
    assert np.isnan(said[2])


def test_persistence_needs_both_regimes():
    with pytest.raises(DataNotFit, match="both regimes"):
        persistence_frequencies(rows([1.0, 2.0]), np.array([0.0, 1.0]))


@settings(deadline=None)
@given(st.integers(40, 3000), st.sampled_from([50, 100, 250]))
def test_conformal_tails_round_outwards(count, permille):
    low, _ = conformal_ranks(permille, count)
    high, _ = conformal_ranks(1000 - permille, count)
    level = permille / 1000
    # A new exchangeable value is below the k-th smallest with chance k / (n + 1).
    assert (low + 1) / (count + 1) <= level + 1e-12
    assert (high + 1) / (count + 1) >= 1 - level - 1e-12


def test_the_middle_rank_is_the_median():
    assert conformal_ranks(500, 9) == (4, 4)
    assert conformal_ranks(500, 10) == (4, 5)


def test_too_few_residuals_for_a_tail_are_refused():
    with pytest.raises(BadParameter, match=r"quantile 0\.05 needs more than 10 residuals"):
        conformal_ranks(50, 10)


def test_the_interval_covers_returns_of_a_market_with_changing_volatility():
    draw = np.random.default_rng(5)
    calm_or_wild = np.repeat(draw.choice([0.005, 0.02], 60), 100)
    close = 100 * np.exp(np.cumsum(draw.normal(size=6000) * calm_or_wild))
    quantiles = RETURN_RESIDUALS.compute(close)
    moves = forward_return(close, horizon=5).value
    known = np.isfinite(quantiles).all(axis=1) & np.isfinite(moves)
    inside = (quantiles[known, 0] <= moves[known]) & (moves[known] <= quantiles[known, -1])
    assert inside.mean() == pytest.approx(0.9, abs=0.02)

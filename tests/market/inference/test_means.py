"""The bootstrap interval of a mean over a panel is as wide as the dependence makes it."""

import numpy as np
import pytest
from arch.bootstrap import CircularBlockBootstrap

from market.errors import BadParameter, DataNotFit
from market.inference import block_bootstrap_mean

START = np.datetime64("2010-01-01")


def autocorrelated(count: int, *, phi: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=count)
    out = np.zeros(count)
    for t in range(1, count):
        out[t] = phi * out[t - 1] + noise[t]
    return out


def test_it_agrees_with_arch_on_one_series():
    values = autocorrelated(1000, phi=0.7, seed=1) + 0.3
    ours = block_bootstrap_mean(
        values, START + np.arange(1000), block=50, seed=7, replications=5000
    )
    peer = CircularBlockBootstrap(50, values, seed=7)
    lower, upper = peer.conf_int(np.mean, reps=5000, method="percentile").ravel()
    width = upper - lower
    assert ours.mean == pytest.approx(values.mean(), rel=1e-12)
    assert ours.lower == pytest.approx(lower, abs=0.06 * width)
    assert ours.upper == pytest.approx(upper, abs=0.06 * width)


def test_instruments_that_move_together_add_no_certainty():
    """Twenty copies of one series are one series: rows of a date are drawn together."""
    values, days = autocorrelated(500, phi=0.5, seed=2), START + np.arange(500)
    alone = block_bootstrap_mean(values, days, block=20, seed=7)
    many = block_bootstrap_mean(np.repeat(values, 20), np.repeat(days, 20), block=20, seed=7)
    assert many.lower == pytest.approx(alone.lower, rel=1e-9)
    assert many.upper == pytest.approx(alone.upper, rel=1e-9)
    assert many.sessions == 500


def test_the_order_of_rows_does_not_matter():
    values, days = autocorrelated(300, phi=0.5, seed=3), START + np.arange(300)
    shuffled = np.random.default_rng(0).permutation(300)
    one = block_bootstrap_mean(values, days, block=10, seed=7)
    other = block_bootstrap_mean(values[shuffled], days[shuffled], block=10, seed=7)
    assert one == other


def test_it_covers_the_true_mean_about_as_often_as_it_says():
    hits = 0
    for seed in range(200):
        values = autocorrelated(1000, phi=0.5, seed=seed)
        found = block_bootstrap_mean(
            values, START + np.arange(1000), block=40, seed=seed, replications=400
        )
        hits += found.lower <= 0.0 <= found.upper
    assert 0.88 <= hits / 200 <= 0.99


def test_single_sessions_as_blocks_would_be_too_sure():
    values, days = autocorrelated(1000, phi=0.8, seed=4), START + np.arange(1000)
    blocks = block_bootstrap_mean(values, days, block=50, seed=7)
    single = block_bootstrap_mean(values, days, block=1, seed=7)
    assert blocks.upper - blocks.lower > 1.8 * (single.upper - single.lower)


def test_bad_input_is_named():
    days = START + np.arange(10)
    with pytest.raises(BadParameter, match="block=11"):
        block_bootstrap_mean(np.ones(10), days, block=11, seed=7)
    with pytest.raises(BadParameter, match="replications=0"):
        block_bootstrap_mean(np.ones(10), days, block=2, seed=7, replications=0)
    with pytest.raises(BadParameter, match="confidence=1"):
        block_bootstrap_mean(np.ones(10), days, block=2, seed=7, confidence=1.0)
    with pytest.raises(DataNotFit, match="finite"):
        block_bootstrap_mean(np.full(10, np.nan), days, block=2, seed=7)

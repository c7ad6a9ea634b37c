"""The interval of a Sharpe ratio equals arch's, covers the truth, and widens with dependence."""

import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap

from market import statistics
from market.errors import BadParameter, DataNotFit
from market.inference import sharpe_interval
from market.inference.resampling import stationary_rows

YEAR = 252


def returns_of(seed, *, count=500, phi=0.0, ratio=1.0):
    noise = np.random.default_rng(seed).normal(0, 0.01, size=count + 50)
    for t in range(1, len(noise)):
        noise[t] += phi * noise[t - 1]
    spread = 0.01 / np.sqrt(1 - phi**2)
    return noise[50:] + ratio / np.sqrt(YEAR) * spread


def test_it_equals_arch_up_to_the_draw():
    returns = returns_of(1, count=800, phi=0.3)
    ours = sharpe_interval(returns, sessions_per_year=YEAR, seed=7, block=10, replications=4000)
    peer = StationaryBootstrap(10, returns, seed=7).conf_int(
        lambda x: statistics.sharpe(x, sessions_per_year=YEAR), reps=2000, method="percentile"
    )
    lower, upper = peer.ravel()
    assert ours.sharpe == statistics.sharpe(returns, sessions_per_year=YEAR)
    assert ours.lower == pytest.approx(lower, abs=0.06 * (upper - lower))
    assert ours.upper == pytest.approx(upper, abs=0.06 * (upper - lower))


@pytest.mark.slow
@pytest.mark.parametrize("phi", [0.0, 0.3])
def test_it_covers_the_truth_about_as_often_as_it_says(phi):
    hits = 0
    for seed in range(150):
        found = sharpe_interval(
            returns_of(seed, phi=phi), sessions_per_year=YEAR, seed=seed, replications=300
        )
        hits += found.lower <= 1.0 <= found.upper
    assert 0.85 <= hits / 150 <= 0.99


def test_dependence_widens_it():
    returns = returns_of(3, count=1000, phi=0.6)
    chosen, single = (
        sharpe_interval(returns, sessions_per_year=YEAR, seed=7, block=block)
        for block in (None, 1.0)
    )
    assert chosen.block > 3
    assert chosen.upper - chosen.lower > 1.4 * (single.upper - single.lower)


def test_the_same_seed_gives_the_same_interval_and_another_one_another():
    one, same, other = (
        sharpe_interval(returns_of(4), sessions_per_year=YEAR, seed=seed, block=5)
        for seed in (7, 7, 8)
    )
    assert one == same
    assert one.lower != other.lower


def test_blocks_are_runs_on_a_circle_of_the_mean_length_asked_for():
    rows = stationary_rows(50, block=5.0, replications=2000, draw=np.random.default_rng(1))
    assert rows.shape == (2000, 50)
    joined = (np.diff(rows, axis=1) % 50 == 1).mean()
    # A block goes on with probability 4/5; a fresh one lands on the next row once in 50.
    assert joined == pytest.approx(0.8 + 0.2 / 50, abs=0.01)
    assert np.bincount(rows.ravel()).std() < 100


def test_bad_input_is_named():
    with pytest.raises(DataNotFit, match="10 returns: expected 20 or more"):
        sharpe_interval(np.ones(10), sessions_per_year=YEAR, seed=7)
    with pytest.raises(BadParameter, match="sessions_per_year=-1"):
        sharpe_interval(returns_of(1), sessions_per_year=-1, seed=7)
    with pytest.raises(BadParameter, match="replications=0: expected 1 or more"):
        sharpe_interval(returns_of(1), sessions_per_year=YEAR, seed=7, replications=0)
    with pytest.raises(DataNotFit, match="100 returns: expected 20 or more that vary"):
        sharpe_interval(0.001 + 4e-19 * returns_of(1)[:100], sessions_per_year=YEAR, seed=7)
    with pytest.raises(BadParameter, match="confidence=0"):
        sharpe_interval(returns_of(1), sessions_per_year=YEAR, seed=7, confidence=0.0)
    with pytest.raises(BadParameter, match=r"block=0\.5"):
        sharpe_interval(returns_of(1), sessions_per_year=YEAR, seed=7, block=0.5)

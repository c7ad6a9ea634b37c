"""The best of a search is judged by how many ideas were tried: size and power by simulation."""

import numpy as np
import pytest

from market.errors import BadParameter, DataNotFit
from market.inference import deflate, deflated_sharpe, near_copies


def noise(seed, *, sessions=250, trials=20):
    return np.random.default_rng(seed).normal(0, 0.01, size=(sessions, trials))


def copies(base, count, *, seed, rho=0.99):
    """Columns that correlate with `base` (n,) at about `rho`, so with each other at its square."""
    own = np.random.default_rng(seed).normal(0, base.std(), size=(len(base), count))
    return rho * base[:, None] + np.sqrt(1 - rho**2) * own


def test_near_copies_are_one_cluster_and_mirrors_too():
    base = noise(1, trials=3)
    trials = np.column_stack(
        [base[:, 0], copies(base[:, 1], 3, seed=2), base[:, 2], -2 * base[:, 0]]
    )
    assert near_copies(trials).tolist() == [0, 1, 1, 1, 2, 0]


def test_a_fine_grid_does_not_chain_into_one_cluster():
    """Neighbours correlate at 0.97, the ends at nothing: every pair of a cluster is above 0.95."""
    angle = np.linspace(0, np.pi / 2, 8)
    noise_ = np.random.default_rng(3).normal(size=(4000, 2))
    basis, _ = np.linalg.qr(noise_ - noise_.mean(axis=0))
    trials = basis @ np.array([np.cos(angle), np.sin(angle)])
    cluster = near_copies(trials)
    rho = np.abs(np.corrcoef(trials, rowvar=False))
    assert rho[0, 1] > 0.95
    assert rho[0, -1] < 0.05
    assert 3 <= cluster.max() + 1 <= 8
    assert (rho[cluster[:, None] == cluster] > 0.95).all()


def test_both_counts_and_the_stricter_is_the_verdict():
    base = noise(4, trials=10)
    base[:, 0] += 0.002
    trials = np.column_stack([base, copies(base[:, 0], 30, seed=5)])
    verdict = deflate(trials)
    assert (verdict.raw.trials, verdict.clustered.trials) == (40, 10)
    assert verdict.probability == min(verdict.raw.probability, verdict.clustered.probability)
    sharpes = trials.mean(axis=0) / trials.std(axis=0, ddof=1)
    assert verdict.best == sharpes.argmax()
    assert verdict.raw.variance == pytest.approx(sharpes.var(ddof=1))
    representatives = [*sharpes[1:10], sharpes.max()]
    assert verdict.clustered.variance == pytest.approx(np.var(representatives, ddof=1))


def test_either_count_can_be_the_stricter():
    """Copies of a good idea narrow the raw variance; copies of bad ones add to the raw count."""
    base = noise(6, trials=10)
    base[:, 0] += 0.002
    of_the_best = deflate(np.column_stack([base, copies(base[:, 0], 300, seed=7)]))
    of_the_worst = deflate(np.column_stack([base, copies(base[:, 3] - 0.002, 30, seed=8)]))
    assert of_the_best.raw.probability != of_the_best.clustered.probability
    first = of_the_best.clustered.probability < of_the_best.raw.probability
    second = of_the_worst.raw.probability < of_the_worst.clustered.probability
    assert first
    assert second


def test_copies_alone_are_one_idea_and_one_idea_is_not_deflated():
    base = noise(9, trials=1)[:, 0] + 0.001
    verdict = deflate(copies(base, 12, seed=10, rho=0.999))
    assert verdict.clustered.trials == 1
    assert verdict.clustered.threshold == 0.0
    assert verdict.raw.threshold > 0.0


def test_trials_that_never_traded_are_counted_apart():
    trials = noise(11, trials=5)
    verdict = deflate(np.column_stack([np.zeros((250, 2)), trials]))
    assert verdict.idle == 2
    assert verdict.raw == deflate(trials).raw
    assert verdict.best == deflate(trials).best + 2
    with pytest.raises(DataNotFit, match="nothing to judge"):
        deflate(np.zeros((250, 2)))


@pytest.mark.parametrize("noise_of", [4e-19, 1e-17, 1e-16])
def test_rounding_is_no_strategy(noise_of):
    """Cash that accrues would have a ratio of 1e13: it is idle, and its neighbours are judged."""
    trials, draws = noise(11, trials=5), np.random.default_rng(3)
    accrued = 0.02 / 252 + draws.normal(0, noise_of, size=250)
    verdict = deflate(np.column_stack([trials, accrued]))
    assert verdict.idle == 1
    assert verdict.raw == deflate(trials).raw
    with pytest.raises(DataNotFit, match="never varied"):
        near_copies(np.column_stack([trials, accrued]))


@pytest.mark.slow
def test_size_the_best_of_worthless_trials_seldom_passes():
    """Over 300 draws of 20 independent worthless trials, 95 % is passed in at most 8 %."""
    passed = [deflate(noise(seed)).probability > 0.95 for seed in range(300)]
    assert np.mean(passed) <= 0.08


def test_without_deflation_it_would_pass_most_of_the_time():
    passed = []
    for seed in range(100):
        verdict = deflate(noise(seed))
        alone = deflated_sharpe(verdict.sharpe, trials=1, variance=0, observations=250)
        passed.append(alone > 0.95)
    assert np.mean(passed) >= 0.5


@pytest.mark.slow
def test_power_a_strong_strategy_among_worthless_ones_passes():
    """An annual ratio of 3 over 1,000 sessions, among 20: found in nine of ten draws or more."""
    passed = []
    for seed in range(60):
        trials = noise(seed, sessions=1000)
        trials[:, 7] += 0.01 * 3 / np.sqrt(252)
        verdict = deflate(trials)
        passed.append(verdict.probability > 0.95 and verdict.best == 7)
    assert np.mean(passed) >= 0.9


def test_bad_input_is_named():
    with pytest.raises(DataNotFit, match=r"shape \(sessions, trials\), got \(250,\)"):
        deflate(np.zeros(250))
    with pytest.raises(DataNotFit, match="fill sessions it sat out with 0"):
        deflate(np.full((250, 2), np.nan))
    with pytest.raises(BadParameter, match="above=1"):
        near_copies(noise(0), above=1.0)
    with pytest.raises(DataNotFit, match="never varied"):
        near_copies(np.zeros((10, 2)))

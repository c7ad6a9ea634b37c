"""CSCV against a plain loop over splits, and its averages over many markets of known truth."""

from itertools import combinations

import numpy as np
import pytest

from market.errors import BadParameter, DataNotFit
from market.inference import backtest_overfitting


def noise(seed, *, sessions=240, configurations=10):
    return np.random.default_rng(seed).normal(0, 0.01, size=(sessions, configurations))


def by_hand(returns, blocks):
    """The definition, split after split, with plain means and deviations."""
    parts = np.array_split(np.arange(len(returns)), blocks)
    over, lost = [], []
    for chosen in combinations(range(blocks), blocks // 2):
        inside = np.concatenate([parts[k] for k in chosen])
        outside = np.setdiff1d(np.arange(len(returns)), inside)
        one, other = (
            returns[rows].mean(axis=0) / returns[rows].std(axis=0, ddof=1)
            for rows in (inside, outside)
        )
        best = one.argmax()
        rank = (other <= other[best]).sum() / (returns.shape[1] + 1)
        over.append(np.log(rank / (1 - rank)) <= 0)
        lost.append(other[best] < 0)
    return np.mean(over), np.mean(lost)


@pytest.mark.parametrize("blocks", [4, 6, 8])
def test_it_equals_the_definition_by_loops(blocks):
    returns = noise(blocks) + np.linspace(-0.001, 0.001, 10)
    got = backtest_overfitting(returns, blocks=blocks)
    assert (got.probability, got.loss_probability) == by_hand(returns, blocks)


def test_worthless_configurations_average_one_half():
    """One draw may give anything: the mean over 150 is what is known."""
    draws = [backtest_overfitting(noise(seed), blocks=8) for seed in range(150)]
    assert np.mean([one.probability for one in draws]) == pytest.approx(0.5, abs=0.08)
    assert np.std([one.probability for one in draws]) > 0.1


def test_one_good_configuration_is_no_overfitting():
    returns = noise(1, sessions=1000)
    returns[:, 4] += 0.003
    got = backtest_overfitting(returns)
    assert got.probability < 0.01
    assert got.loss_probability < 0.01
    assert (got.configurations, got.splits) == (10, 12870)


def test_configurations_that_all_lose_are_seen_by_the_loss_and_not_by_the_rank():
    """Each steadily worse than the last: the choice ranks first everywhere, and loses."""
    returns = noise(2) - np.linspace(0.01, 0.1, 10)
    got = backtest_overfitting(returns, blocks=8)
    assert got.probability == 0.0
    assert got.loss_probability == 1.0


def test_equal_configurations_rank_in_the_middle():
    returns = np.repeat(noise(3, configurations=1) + 0.001, 11, axis=1)
    assert backtest_overfitting(returns, blocks=8).probability == 1.0


def test_a_configuration_that_never_traded_ranks_as_zero():
    returns = noise(4) - 0.02
    returns[:, 0] = 0.0
    got = backtest_overfitting(returns, blocks=8)
    assert (got.probability, got.loss_probability) == (0.0, 0.0)


def test_cash_that_accrues_ranks_as_zero_too():
    """Its returns differ by rounding alone; as a strategy it would have the highest ratio of all."""
    returns = noise(4) - 0.02
    equity = 1e5 * 1.02 ** (np.arange(len(returns) + 1) / 252)
    returns[:, 0] = equity[1:] / equity[:-1] - 1
    got = backtest_overfitting(returns, blocks=8)
    assert (got.probability, got.loss_probability) == (0.0, 0.0)
    returns[:, 0] = 0.0
    assert backtest_overfitting(returns, blocks=8) == got


def test_fewer_than_ten_configurations_are_refused():
    with pytest.raises(DataNotFit, match="9 trials: expected 10 or more"):
        backtest_overfitting(noise(0, configurations=9))


@pytest.mark.parametrize("blocks", [2, 7, 122])
def test_blocks_that_do_not_fit_are_refused(blocks):
    with pytest.raises(BadParameter, match=f"blocks={blocks}: expected an even number"):
        backtest_overfitting(noise(0), blocks=blocks)

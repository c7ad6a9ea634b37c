"""Training is repeatable, and what it hands over is what torch learnt."""

import numpy as np
import pytest
import torch

from training.network import Diverged, NetworkConfig, Trainer, train


def config(hidden=(8,), epochs=2):
    return NetworkConfig(hidden=hidden, learning_rate=3e-3, weight_decay=1e-3, epochs=epochs)


def problem(rows: int = 4000):
    draw = np.random.default_rng(0)
    features = draw.normal(5, 3, size=(rows, 4)) * [1, 1e-3, 100, 0]
    label = (features[:, 0] / 3 + features[:, 1] * 300 + draw.normal(size=rows) > 2.5).astype(float)
    return features, label


def test_the_same_seed_gives_the_same_bytes():
    features, label = problem()
    first, again = (train(features, label, config(), seed=3) for _ in range(2))
    assert first.parameters.tobytes() == again.parameters.tobytes()
    other = train(features, label, config(), seed=4)
    assert first.parameters.tobytes() != other.parameters.tobytes()


def test_torchs_global_random_state_is_left_alone():
    before = torch.random.get_rng_state()
    train(*problem(500), config((4,), epochs=1), seed=1)
    assert torch.equal(before, torch.random.get_rng_state())


def test_raw_features_give_what_torch_says_of_standardised_ones():
    features, label = problem()
    trainer = Trainer(features, label, config((8, 4)), seed=1)
    trainer.epoch()
    with torch.no_grad():
        said = torch.sigmoid(trainer._model(trainer._inputs)).numpy()[:, 0]
    np.testing.assert_allclose(trainer.network().sigmoid(features)[:, 0], said, atol=2e-5)


def test_a_column_that_never_varied_in_training_does_not_decide_when_it_moves():
    features, label = problem()
    features[:, 3] = 0.1  # its mean over the rows is a rounding away from it
    network = train(features, label, config(), seed=1)
    moved = features + np.array([0, 0, 0, 1e-6])
    np.testing.assert_allclose(network.sigmoid(moved), network.sigmoid(features), atol=1e-5)


def test_it_learns_what_can_be_learnt():
    features, label = problem()
    network = train(features, label, config((16,), epochs=30), seed=1)
    assert ((network.sigmoid(features)[:, 0] > 0.5) == label).mean() > 0.8


def test_training_that_leaves_all_numbers_says_so_in_one_line():
    wild = NetworkConfig(hidden=(8,), learning_rate=1e30, weight_decay=0.0, epochs=3)
    with pytest.raises(Diverged, match="try a lower learning_rate"):
        train(*problem(), wild, seed=1)

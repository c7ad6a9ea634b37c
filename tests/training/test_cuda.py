"""Training and inference on a GPU, by the same code; where there is none only the choice is seen."""

import numpy as np
import pytest
import torch

from training import network
from training.device import device
from training.network import NetworkConfig, Trainer, train

CONFIG = NetworkConfig(hidden=(16, 8), learning_rate=3e-3, weight_decay=1e-3, epochs=3)
needs_cuda = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="no CUDA device is visible here"
)


def _visible():
    return torch.cuda.device_count()


def problem(rows=6000):
    draw = np.random.default_rng(0)
    features = draw.normal(size=(rows, 6))
    return features, (features[:, 0] + features[:, 1] ** 2 > 1).astype(float)


def test_a_process_that_is_given_no_gpu_computes_on_the_processor(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device() == torch.device("cpu")


def test_nothing_in_a_training_names_a_device_of_its_own(monkeypatch):
    """`meta` knows shapes alone: what mixed it with the processor's tensors would raise here."""
    monkeypatch.setattr(network, "device", lambda: torch.device("meta"))
    trainer = Trainer(*problem(), CONFIG, seed=1)
    trainer.epoch()
    assert {parameter.device.type for parameter in trainer._model.parameters()} == {"meta"}


@needs_cuda
def test_a_training_runs_on_the_gpu_and_hands_over_plain_numbers():
    trainer = Trainer(*problem(), CONFIG, seed=1)
    assert {parameter.device.type for parameter in trainer._model.parameters()} == {"cuda"}
    trainer.epoch()
    assert trainer._inputs.is_cuda
    assert isinstance(trainer.network().parameters, np.ndarray)


@needs_cuda
def test_both_devices_begin_alike_and_learn_the_same_within_rounding(monkeypatch):
    features, label = problem()
    begun = Trainer(features, label, CONFIG, seed=1).network().parameters
    there = train(features, label, CONFIG, seed=1)
    monkeypatch.setattr(network, "device", lambda: torch.device("cpu"))
    assert np.array_equal(begun, Trainer(features, label, CONFIG, seed=1).network().parameters)
    here = train(features, label, CONFIG, seed=1)
    np.testing.assert_allclose(there.sigmoid(features), here.sigmoid(features), atol=0.02)


@needs_cuda
def test_the_same_seed_gives_the_same_bytes_on_one_gpu():
    first, again = (train(*problem(), CONFIG, seed=3).parameters for _ in range(2))
    assert first.tobytes() == again.tobytes()


@needs_cuda
def test_what_serves_answers_as_the_network_did_on_the_gpu():
    """Replicas compute in one fixed order on the processor, wherever a network was trained."""
    features, label = problem()
    trainer = Trainer(features, label, CONFIG, seed=1)
    trainer.epoch()
    with torch.no_grad():
        said = torch.sigmoid(trainer._model(trainer._inputs)).cpu().numpy()[:, 0]
    np.testing.assert_allclose(trainer.network().sigmoid(features)[:, 0], said, atol=2e-5)


@needs_cuda
@pytest.mark.long
def test_ray_shows_a_gpu_to_who_keeps_a_part_of_it_and_to_nobody_else(monkeypatch):
    import ray

    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "1")
    ray.init(num_cpus=2, include_dashboard=False)
    try:
        seen = ray.remote(_visible)
        halves = [seen.options(num_cpus=0, num_gpus=0.5).remote() for _ in range(2)]
        assert ray.get(halves) == [1, 1]
        assert ray.get(seen.options(num_cpus=1).remote()) == 0
    finally:
        ray.shutdown()

"""The whole of training on the real sample: Ray Tune, MLflow, gates and promotion."""

import pytest

from cluster.registry.runner import ModelRunner
from cluster.settings import Settings
from jobs.sweep.run import BestOfSweep
from training import manifests
from training.choice import Asked
from training.network import NetworkConfig
from training.pipeline import Pipeline

GOOD = NetworkConfig(hidden=(16,), learning_rate=3e-3, weight_decay=1e-2, epochs=3)
WEAK = NetworkConfig(hidden=(1,), learning_rate=1e-6, weight_decay=0.0, epochs=1)


class Told:
    """What a run publishes, and how far it says it is."""

    def __init__(self):
        self.published, self.progress = [], []

    def versions(self):
        return [(one.name, one.version) for one in self.published]


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def pipeline(registry, told):
    return Pipeline(
        registry=registry,
        universe="ours",
        snapshot="b1-i1",
        seed=7,
        serving=(),
        publish=told.published.append,
        say=lambda _: None,
        progress=lambda *numbers: told.progress.append(numbers),
    )


def serving(pipeline):
    """The runner of the champion."""
    champion = pipeline.registry.resolve(manifests.REGIME, "champion")
    return ModelRunner.load(pipeline.registry.fetch(champion), sha256=champion.sha256)


def test_a_network_that_was_asked_for_serves_through_its_gates(pipeline, told, sample):
    report = pipeline.run(sample, Asked(GOOD))
    assert report.promoted, report.reason
    assert told.versions() == [
        (manifests.REGIME, "1"),
        (manifests.RETURNS, "1"),
        (manifests.REGIME, "2"),
    ]
    assert told.progress == [(done, 7) for done in range(1, 8)]
    runner = serving(pipeline)
    assert (runner.manifest.algorithm, runner.manifest.seed) == ("mlp", 7)
    assert runner.manifest.universe == "ours"
    assert 0.0 < runner.predict_closes(sample[0].bars.close).value < 1.0


def test_a_network_that_is_too_weak_is_a_challenger_beside_the_baselines(pipeline, told, sample):
    report = pipeline.run(sample, Asked(WEAK))
    assert (report.promoted, report.serving) == (False, "1")
    assert "validation accuracy" in report.reason
    assert len(told.published) == 2
    assert serving(pipeline).manifest.algorithm == "persistence"
    assert pipeline.registry.resolve(manifests.REGIME, "challenger").version == "2"


def test_a_run_that_may_not_promote_changes_nothing_that_serves(pipeline, told, sample):
    report = pipeline.run(sample, Asked(GOOD), promotes=False)
    assert (report.gates.passed, report.promoted, report.serving) == (True, False, None)
    assert told.published == []
    assert pipeline.registry.models().count(manifests.RETURNS) == 0
    assert pipeline.registry.resolve(manifests.REGIME, "challenger").version == "1"


@pytest.mark.long
@pytest.mark.filterwarnings("default")  # Ray's own
@pytest.mark.usefixtures("ray_cluster")
def test_a_sweep_ends_with_a_promoted_network(pipeline, told, sample, tmp_path):
    report = pipeline.run(sample, BestOfSweep(Settings(home=tmp_path, _env_file=None)))
    assert report.promoted, report.reason
    assert told.versions() == [
        (manifests.REGIME, "1"),
        (manifests.RETURNS, "1"),
        (manifests.REGIME, "2"),
    ]
    assert told.progress == [(done, 19) for done in range(1, 20)]
    runner = serving(pipeline)
    assert runner.manifest.algorithm == "mlp"
    assert runner.manifest.metrics["validation_accuracy"] > 0.70
    assert 0.0 < runner.predict_closes(sample[0].bars.close).value < 1.0

"""The whole of training on the real sample: Ray Tune, MLflow, gates and promotion."""

import pytest

from cluster.registry.reader import RegistryReader
from cluster.registry.runner import ModelRunner
from cluster.requests.space import USUAL
from cluster.settings import Settings
from jobs.sweep.run import BestOfSweep
from training import manifests
from training.choice import Asked, Choice, Trial
from training.dataset import Source
from training.network import NetworkConfig
from training.pipeline import Pipeline
from training.space import configurations

MEMBERS = "ab" * 32
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
        source=Source("ours", MEMBERS, "b1-i1"),
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


def runs(registry, version):
    """The run of a version and the trials below it, by name."""
    client = registry._client
    mine = client.get_run(version.run_id)
    below = f"tags.mlflow.parentRunId = '{version.run_id}'"
    found = client.search_runs([mine.info.experiment_id], below)
    return mine, {run.info.run_name: run for run in found}


class Tried:
    """Stands for a search: it tells of two trials and takes the better one, or fails after the first."""

    networks = 2

    def __init__(self, *, fails=False):
        self.fails = fails

    def __call__(self, panel, trained, tried):
        trials = [Trial(1, GOOD, 0.4, 0.8), Trial(2, WEAK, 0.7, 0.5)]
        for trial in trials:
            trained()
            tried(trial)
            if self.fails:
                raise RuntimeError("the machine is gone")
        return Choice(trials[0].config, trials)


def test_each_trial_is_a_run_of_its_own_below_that_of_the_version(pipeline, sample, mlflow_server):
    report = pipeline.run(sample, Tried(), promotes=False)
    version = pipeline.registry.version(report.model, report.version)
    run, trials = runs(pipeline.registry, version)
    assert (run.info.run_name, run.info.status) == (f"{report.model} version 1", "FINISHED")
    assert sorted(trials) == [
        "trial 001: 16, rate 0.003, decay 0.01",
        "trial 002: 1, rate 1e-06, decay 0",
    ]
    first = trials["trial 001: 16, rate 0.003, decay 0.01"]
    assert first.info.status == "FINISHED"
    assert first.data.metrics == {"log_loss": 0.4, "accuracy": 0.8}
    assert first.data.params == {
        "hidden": "(16,)", "learning_rate": "0.003", "weight_decay": "0.01", "epochs": "3",
        "seed": "7",
    }  # fmt: skip
    (learned,) = first.inputs.dataset_inputs
    (of_version,) = run.inputs.dataset_inputs
    assert learned.dataset == of_version.dataset
    assert (learned.dataset.name, len(learned.dataset.digest)) == ("ours", 36)
    assert MEMBERS in learned.dataset.source
    with RegistryReader.from_settings(mlflow_server) as reader:
        (entry,) = reader.versions(report.model)
    assert [gate.holds for gate in entry.gates] == [True] * 4
    assert entry.parameters["seed"] == "7"
    assert "on universe ours (20 instruments until 2022" in entry.description


def test_a_search_that_fails_leaves_its_trials_below_a_failed_run(pipeline, sample):
    with pytest.raises(RuntimeError, match="gone"):
        pipeline.run(sample, Tried(fails=True), promotes=False)
    client = pipeline.registry._client
    experiment = client.get_experiment_by_name("trii").experiment_id
    (failed,) = client.search_runs([experiment], f"run_name = '{manifests.REGIME}'")
    assert failed.info.status == "FAILED"
    below = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{failed.info.run_id}'")
    assert [run.info.status for run in below] == ["FINISHED"]
    assert manifests.REGIME not in pipeline.registry.models()


@pytest.mark.long
@pytest.mark.filterwarnings("default")  # Ray's own
@pytest.mark.usefixtures("ray_cluster")
def test_a_sweep_ends_with_a_promoted_network(pipeline, told, sample, tmp_path):
    settings = Settings(home=tmp_path, _env_file=None)
    space = configurations(USUAL, trials=None, seed=7)
    report = pipeline.run(sample, BestOfSweep(settings, space, 7))
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
    _, trials = runs(pipeline.registry, pipeline.registry.version(manifests.REGIME, "2"))
    assert len(trials) == 12

"""Who serves: baselines first, a network only through its gates, the control truth before aliases."""

import numpy as np
import pytest

from cluster.registry.artifact import ArtifactError
from cluster.registry.runner import ModelRunner
from market.inference import MeanInterval
from market.models.forward import Network
from training import manifests, walk_forward
from training.baselines import ensure_champions
from training.dataset import Source
from training.gates import Condition, GateReport
from training.promote import against_champion, keep, promote, rehearse
from training.walk_forward import evaluate

SOURCE = Source("sample", "ab" * 32, "b1-i1")
GAIN = MeanInterval(0.03, 0.02, 0.04, 0.95, 4500, 63)
HOLDS = GateReport("accuracy", 0.5, GAIN, (Condition("gain", 0.02, "above", 0.0),))
FAILS = GateReport("accuracy", 0.5, GAIN, (Condition("gain", -0.01, "above", 0.0),))


@pytest.fixture
def published():
    return []


@pytest.fixture
def baselines(registry, panel, sample, published):
    persistence = evaluate(panel, walk_forward.persistence)

    def ensure(serving=()):
        return ensure_champions(
            registry,
            panel,
            sample,
            persistence,
            source=SOURCE,
            serving=serving,
            publish=published.append,
        )

    return ensure


@pytest.fixture
def candidate(registry, panel):
    def register(log_loss=0.54):
        sizes = np.array([panel.features.shape[1], 1])
        return registry.register(
            manifests.REGIME,
            lambda version: manifests.regime(
                version,
                "mlp",
                panel,
                source=SOURCE,
                metrics={"validation_log_loss": log_loss},
            ),
            {"sizes": sizes, "parameters": np.zeros(sizes[0] + 1)},
            params={},
            documents={},
        )

    return register


def test_baselines_serve_before_any_network(registry, baselines, published, sample):
    baselines()
    assert [(one.name, one.version) for one in published] == [
        (manifests.REGIME, "1"),
        (manifests.RETURNS, "1"),
    ]
    for served in published:
        runner = ModelRunner.load(
            registry.fetch(registry.resolve(served.name, "champion")), sha256=served.sha256
        )
        said = runner.predict_closes(sample[0].bars.close)
        assert (said.interval is None) == (served.kind == "probability")


def test_what_serves_already_is_left_alone(registry, baselines, published):
    baselines()
    assert baselines(serving=(manifests.REGIME, manifests.RETURNS)) == []
    assert len(published) == 2
    assert len(registry.versions(manifests.REGIME)) == 1


def test_a_lost_control_row_is_written_again_from_the_registry(registry, baselines, published):
    baselines()
    baselines(serving=(manifests.REGIME,))
    assert [one.name for one in published][2:] == [manifests.RETURNS]
    assert len(registry.versions(manifests.RETURNS)) == 1


def test_the_return_interval_covers_on_the_sample_what_it_says(registry, baselines):
    baselines()
    version = registry.resolve(manifests.RETURNS, "champion")
    runner = ModelRunner.load(registry.fetch(version), sha256=version.sha256)
    assert runner.manifest.metrics["interval_coverage"] == pytest.approx(0.90, abs=0.015)


def test_a_candidate_through_its_gates_takes_over(registry, baselines, candidate, published):
    baselines()
    version = candidate()
    report = promote(registry, version, HOLDS, published.append)
    assert (report.promoted, report.serving) == (True, "2")
    assert "95% interval 0.0200 to 0.0400" in report.reason
    assert published[-1].version == "2"
    assert registry.resolve(manifests.REGIME, "champion").version == "2"
    assert registry.resolve(manifests.REGIME, "previous").version == "1"


def test_a_candidate_that_fails_a_gate_stays_challenger(registry, baselines, candidate, published):
    baselines()
    report = promote(registry, candidate(), FAILS, published.append)
    assert (report.promoted, report.serving) == (False, "1")
    assert report.reason == "gain -0.0100 (above 0): fails"
    assert len(published) == 2
    assert registry.resolve(manifests.REGIME, "champion").version == "1"
    assert registry.resolve(manifests.REGIME, "challenger").version == "2"
    assert report.to_json()["gates"]["conditions"][0]["holds"] is False


@pytest.mark.long
def test_a_candidate_that_is_kept_takes_over_nothing_though_its_gates_hold(
    registry, baselines, candidate, published
):
    baselines()
    report = keep(registry, candidate(), HOLDS)
    assert (report.promoted, report.serving) == (False, "1")
    assert "kept version 1, not promoted: a promotion was not asked for; every gate" in str(report)
    assert len(published) == 2
    assert registry.resolve(manifests.REGIME, "champion").version == "1"
    assert registry.resolve(manifests.REGIME, "challenger").version == "2"


def test_where_nothing_serves_a_kept_candidate_is_the_only_version(registry, candidate):
    report = keep(registry, candidate(), FAILS)
    assert report.serving is None
    assert str(report).endswith("version 1: not promoted: gain -0.0100 (above 0): fails")


def test_a_version_that_answers_otherwise_than_its_network_is_found_out(registry, candidate, panel):
    width = panel.features.shape[1]
    sizes, parameters = np.array([width, 1]), np.zeros(width + 1)
    version = candidate()
    rehearse(registry, version, Network(sizes, parameters), panel.features)
    parameters[-1] = 1e-6
    with pytest.raises(ArtifactError, match="version 1 answers otherwise"):
        rehearse(registry, version, Network(sizes, parameters), panel.features)


@pytest.mark.long
def test_if_the_control_truth_cannot_be_written_no_alias_moves(registry, baselines, candidate):
    baselines()

    def refuse(_):
        raise ConnectionError("the database is away")

    with pytest.raises(ConnectionError):
        promote(registry, candidate(), HOLDS, refuse)
    assert registry.resolve(manifests.REGIME, "champion").version == "1"


@pytest.mark.long
def test_a_second_network_must_beat_the_first(registry, baselines, candidate, published, panel):
    baselines()

    def condition(log_loss, rows=panel):
        metrics = {"validation_log_loss": log_loss}
        return against_champion(registry, manifests.REGIME, metrics, panel=rows.digest)

    assert condition(0.50) == ()  # persistence serves: the gates compare with it already
    promote(registry, candidate(log_loss=0.54), HOLDS, published.append)
    assert [one.holds for one in condition(0.53)] == [True]
    assert [one.holds for one in condition(0.54)] == [False]
    assert (
        condition(0.60, panel.take(np.arange(len(panel) - 1))) == ()
    )  # other rows: the numbers do not compare

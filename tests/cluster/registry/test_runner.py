"""A loaded model answers as it was validated, or says why it cannot."""

import subprocess
import sys

import numpy as np
import pytest

from cluster.registry import artifact
from cluster.registry.artifact import ArtifactError
from cluster.registry.runner import ModelRunner
from market.errors import DataNotFit
from market.features import CLOSE_VOLATILITY, QUANTILE_PERMILLE, RETURN_RESIDUALS

LEVELS = tuple(permille / 1000 for permille in QUANTILE_PERMILLE)


def walk(count: int, seed: int = 0) -> np.ndarray:
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, count)))


@pytest.fixture
def quantile_manifest(manifest):
    return manifest(
        name="return-quantiles",
        kind="quantiles",
        algorithm="return-quantiles",
        horizon=5,
        feature_set=RETURN_RESIDUALS.name,
        feature_hash=RETURN_RESIDUALS.definition_hash,
        quantile_levels=LEVELS,
        coverage=0.9,
    )


def test_a_loaded_network_gives_the_same_bytes_alone_and_in_a_batch(tmp_path, manifest, arrays):
    runner = ModelRunner.load(tmp_path, sha256=artifact.write(tmp_path, manifest(), arrays))
    close = walk(1400)
    rows = CLOSE_VOLATILITY.compute(close)
    batch = runner.predict(rows)
    for count in (1281, 1300, 1400):
        alone = runner.predict_closes(close[:count])
        assert np.float64(alone.value).tobytes() == batch[count - 1].tobytes()


def test_a_probability_comes_with_both_classes_and_no_interval(manifest, arrays):
    said = ModelRunner.build(manifest(), arrays).predict_closes(walk(1281))
    assert said.probabilities == {"below": 1 - said.value, "above": said.value}
    assert said.quantiles is None
    assert said.interval is None


def test_quantiles_come_with_their_interval(quantile_manifest):
    said = ModelRunner.build(quantile_manifest, {}).predict_closes(walk(1286))
    assert list(said.quantiles) == list(LEVELS)
    values = list(said.quantiles.values())
    assert values == sorted(values)
    assert said.value == said.quantiles[0.5]
    assert said.probabilities is None
    assert (said.interval.lower, said.interval.upper) == (values[0], values[-1])
    assert said.interval.coverage == 0.9


def test_persistence_answers_with_its_frequencies(manifest):
    model = ModelRunner.build(
        manifest(algorithm="persistence"), {"frequencies": np.array([0.3, 0.7])}
    )
    calm_then_wild = np.concatenate([walk(1300), walk(1300)[-1] * walk(40, seed=1) ** 3 / 1e6])
    assert model.predict_closes(calm_then_wild).value == 0.7
    assert set(model.predict(CLOSE_VOLATILITY.compute(walk(1500)))[1280:]) <= {0.3, 0.7}


def test_too_short_a_past_is_refused_with_what_is_needed(manifest, arrays):
    runner = ModelRunner.build(manifest(), arrays)
    with pytest.raises(DataNotFit, match="needs 1281 closes without a gap"):
        runner.predict_closes(walk(1280))
    gap = walk(1300)
    gap[1000] = np.nan
    with pytest.raises(DataNotFit, match="without a gap"):
        runner.predict_closes(gap)


def test_features_of_another_width_are_refused(manifest, arrays):
    with pytest.raises(DataNotFit, match=r"expected \(m, 18\)"):
        ModelRunner.build(manifest(), arrays).predict(np.ones((2, 3)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"feature_hash": "0" * 64}, "train it again"),
        ({"feature_set": "other"}, "unknown feature set 'other'"),
        ({"algorithm": "persistence"}, "frequencies"),
    ],
)
def test_a_model_that_does_not_fit_this_code_is_refused(manifest, arrays, changes, message):
    with pytest.raises(ArtifactError, match=message):
        ModelRunner.build(manifest(**changes), arrays)


def test_a_replica_loads_neither_mlflow_nor_torch():
    code = (
        "import sys, cluster.registry.runner;"
        "print(sorted({'mlflow', 'torch', 'ray', 'pandas'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert loaded.stdout.strip() == b"[]"

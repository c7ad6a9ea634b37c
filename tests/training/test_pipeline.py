"""The whole of training on the real sample: Ray Tune, MLflow, gates and promotion."""

import logging
import os
import shutil
import tempfile

import pytest
import ray

from cluster.registry.mlflow_client import Registry
from cluster.registry.runner import ModelRunner
from training.pipeline import Pipeline

POOL = {"trii/pool-batch": "true"}


@pytest.fixture
def cluster():
    """Two CPUs of our own; the folder is short, for the paths of its sockets."""
    before, folder = dict(os.environ), tempfile.mkdtemp(prefix="tr")
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        labels=POOL,
        _temp_dir=folder,
    )
    yield
    ray.shutdown()
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.long
@pytest.mark.filterwarnings("default")  # Ray's own
@pytest.mark.usefixtures("cluster")
def test_a_sweep_ends_with_a_promoted_network(mlflow_settings, sample, tmp_path):
    published, said = [], []
    settings = mlflow_settings.model_copy(update={"home": tmp_path})
    pipeline = Pipeline(
        registry=Registry.from_settings(settings),
        snapshot="b1-i1",
        seed=7,
        scratch=tmp_path / "sweeps",
        selector=POOL,
        serving=(),
        publish=published.append,
        say=said.append,
    )
    report = pipeline.run(sample)
    assert report.promoted, report.reason
    assert [(one.name, one.version) for one in published] == [
        ("volatility-regime", "1"),
        ("return-quantiles", "1"),
        ("volatility-regime", "2"),
    ]
    assert sum(line.startswith("sweep: ") for line in said) == 12
    champion = pipeline.registry.resolve("volatility-regime", "champion")
    runner = ModelRunner.load(pipeline.registry.fetch(champion), sha256=champion.sha256)
    assert runner.manifest.algorithm == "mlp"
    assert runner.manifest.metrics["validation_accuracy"] > 0.70
    assert 0.0 < runner.predict_closes(sample[0].close).value < 1.0

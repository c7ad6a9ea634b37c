"""One MLflow run: opened, written in one batch, and closed as finished or failed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from cluster.registry.manifest import Manifest

EXPERIMENT = "trii"


@dataclass(frozen=True)
class MlflowRun:
    """A running run; ``artifact_uri`` is where its files lie."""

    client: MlflowClient
    run_id: str
    artifact_uri: str
    started_ms: int

    @classmethod
    @contextmanager
    def open(cls, client: MlflowClient, name: str) -> "Iterator[MlflowRun]":
        """A run that is finished when the block ends, failed when it raises."""
        info = client.create_run(_experiment(client), run_name=name).info
        try:
            yield cls(client, info.run_id, info.artifact_uri, info.start_time)
        # A stop too: a run that nobody ends counts as running for ever.
        except BaseException:
            client.set_terminated(info.run_id, "FAILED")
            raise
        client.set_terminated(info.run_id, "FINISHED")

    def log(
        self, manifest: Manifest, *, params: Mapping[str, Any], documents: Mapping[str, Any]
    ) -> None:
        """Metrics, parameters and tags in one call, then each document as a JSON file."""
        metrics = [Metric(k, v, self.started_ms, 0) for k, v in manifest.metrics.items()]
        self.client.log_batch(
            self.run_id,
            metrics=metrics,
            params=[Param(key, str(value)) for key, value in params.items()],
            tags=[RunTag(key, value) for key, value in tags(manifest).items()],
        )
        for name, document in documents.items():
            self.client.log_dict(self.run_id, document, f"{name}.json")

    def upload(self, folder: Path) -> None:
        """Store the MLflow model in ``folder`` as ``model``."""
        self.client.log_artifacts(self.run_id, str(folder), "model")


def tags(manifest: Manifest) -> dict[str, str]:
    """What a search over runs and versions goes by."""
    return {
        "trii.kind": manifest.kind,
        "trii.algorithm": manifest.algorithm,
        "trii.horizon": str(manifest.horizon),
        "trii.feature_set": manifest.feature_set,
        "trii.feature_hash": manifest.feature_hash,
        "trii.snapshot": manifest.snapshot,
        "trii.universe": manifest.universe,
    }


def _experiment(client: MlflowClient) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    return found.experiment_id if found else str(client.create_experiment(EXPERIMENT))

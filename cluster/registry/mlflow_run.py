"""One MLflow run: opened, written in one batch, and closed as finished or failed; trials within it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

from cluster.registry.manifest import Manifest
from cluster.registry.tags import EXPERIMENT

_PARENT = "mlflow.parentRunId"
_DIGEST = 36  # the longest that MLflow keeps


@dataclass(frozen=True, slots=True)
class Learned:
    """What a run learns from: a universe in a snapshot of the lake, and the digest of its rows.

    `members` is that of its instruments' ids; None of versions that do not say.
    """

    universe: str
    snapshot: str
    digest: str
    members: str | None

    @classmethod
    def of(cls, manifest: Manifest) -> "Learned":
        """Of a version; one that fitted nothing read no rows, and has its snapshot's name instead."""
        digest = manifest.panel or manifest.snapshot
        return cls(manifest.universe, manifest.snapshot, digest, manifest.members)


@dataclass(frozen=True, slots=True)
class TrialRun:
    """One trial of a search, as MLflow is told of it."""

    name: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class MlflowRun:
    """A running run; ``artifact_uri`` is where its files lie."""

    client: MlflowClient
    run_id: str
    artifact_uri: str
    started_ms: int

    @classmethod
    @contextmanager
    def open(
        cls, client: MlflowClient, name: str, *, tags: Mapping[str, str] | None = None
    ) -> "Iterator[MlflowRun]":
        """A run that is finished when the block ends, failed when it raises."""
        made = client.create_run(_experiment(client), run_name=name, tags=dict(tags or {})).info
        try:
            yield cls(client, made.run_id, made.artifact_uri, made.start_time)
        # A stop too: a run that nobody ends counts as running for ever.
        except BaseException:
            client.set_terminated(made.run_id, "FAILED")
            raise
        client.set_terminated(made.run_id, "FINISHED")

    def log_trial(self, trial: TrialRun, learned: Learned) -> None:
        """The trial as a finished run of its own below this one."""
        tags = {_PARENT: self.run_id, "trii.universe": learned.universe}
        with self.open(self.client, trial.name, tags=tags) as run:
            run.log_numbers(trial.metrics, trial.params, {})
            run.log_dataset(learned, context="tuning")

    def log(
        self, manifest: Manifest, *, params: Mapping[str, Any], documents: Mapping[str, Any]
    ) -> None:
        """Name, numbers and dataset of the version that came of the run, each document as a JSON file."""
        name = f"{manifest.name} version {manifest.version}"
        self.client.update_run(self.run_id, name=name)
        self.log_numbers(manifest.metrics, params, tags(manifest))
        self.log_dataset(Learned.of(manifest), context="training")
        for name, document in documents.items():
            self.client.log_dict(self.run_id, document, f"{name}.json")

    def log_numbers(
        self, metrics: Mapping[str, float], params: Mapping[str, Any], tags: Mapping[str, str]
    ) -> None:
        """Metrics, parameters and tags in one call."""
        self.client.log_batch(
            self.run_id,
            metrics=[Metric(key, value, self.started_ms, 0) for key, value in metrics.items()],
            params=[Param(key, str(value)) for key, value in params.items()],
            tags=[RunTag(key, value) for key, value in tags.items()],
        )

    def log_dataset(self, learned: Learned, *, context: str) -> None:
        """What the run reads; `context` says for what."""
        told = {"universe": learned.universe, "members": learned.members}
        source = {"snapshot": learned.snapshot, **{k: v for k, v in told.items() if v}}
        dataset = Dataset(
            name=learned.universe,
            digest=learned.digest[:_DIGEST],
            source_type="trii-lake",
            source=orjson.dumps(source).decode(),
        )
        given = DatasetInput(dataset, [InputTag("mlflow.data.context", context)])
        self.client.log_inputs(self.run_id, datasets=[given])

    def upload(self, folder: Path) -> None:
        """Store the MLflow model in ``folder`` as ``model``."""
        self.client.log_artifacts(self.run_id, str(folder), "model")


def tags(manifest: Manifest) -> dict[str, str]:
    """What a search over runs and versions goes by."""
    members = {"trii.members": manifest.members} if manifest.members else {}
    return {
        **members,
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

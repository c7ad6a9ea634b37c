"""The registry over MLflow: versions with their runs, and the aliases that say which one serves.

For training, jobs, the command line and the deploy step. Replicas load folders and never come here.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import orjson
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from cluster.errors import NotFound, StoreError
from cluster.registry import artifact
from cluster.registry.artifact import Arrays, ArtifactError
from cluster.registry.manifest import Manifest
from cluster.registry.mlflow_model import DATA, save_model
from cluster.registry.mlflow_run import Learned, MlflowRun, TrialRun, tags
from cluster.registry.tags import GATES, SHA256
from cluster.registry.versions import Alias, RegisteredVersion, registered
from cluster.settings import Settings
from cluster.stores import places
from cluster.stores.place import Place

_MISSING = "RESOURCE_DOES_NOT_EXIST"


def use_platform(settings: Settings) -> MlflowClient:
    """A client of the platform's server.

    MLflow's client takes its token, its CA, its retries and its silence from the environment and
    nowhere else, so they are put there for this process and its children: the one such assignment
    in TRII.
    """
    os.environ.update(
        settings.mlflow_variables(),
        # By default a server that is away is asked for minutes.
        MLFLOW_HTTP_REQUEST_MAX_RETRIES="2",
        MLFLOW_HTTP_REQUEST_TIMEOUT="30",
        MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
        MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    )
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    return MlflowClient(tracking_uri=settings.mlflow_url, registry_uri=settings.mlflow_url)


class Registry:
    """Versions and aliases in MLflow; artifacts are fetched to ``models/<name>/<version>``.

    There every node reads them, without asking MLflow.

    Every method raises StoreError when MLflow is away or refuses.
    """

    def __init__(self, client: MlflowClient, models: Place) -> None:
        self._client = client
        self._models = models

    @classmethod
    def from_settings(cls, settings: Settings) -> "Registry":
        return cls(use_platform(settings), places.models(settings))

    def register(
        self,
        name: str,
        describe: Callable[[str], Manifest],
        arrays: Arrays,
        *,
        params: Mapping[str, Any],
        documents: Mapping[str, Any],
        gates: Sequence[Mapping[str, Any]] | None = None,
        run: MlflowRun | None = None,
    ) -> RegisteredVersion:
        """Make a version of a run, by default of one of its own.

        MLflow gives the number, ``describe`` the manifest that holds it. ``documents`` are stored
        beside the model as JSON, ``gates`` on the version. A version that fails on its way is
        deleted again.
        """
        with _talking(f"registering {name}"), self._own_or(run, name) as held:
            version = self._new_version(name, held)
            try:
                self._complete(held, describe(version), arrays, gates)
                held.log(describe(version), params=params, documents=documents)
            # A stop too: without its checksum the version would never be more than a number.
            except BaseException:
                self._client.delete_model_version(name, version)
                raise
        return self.version(name, version)

    @contextmanager
    def run(self, name: str) -> Iterator[MlflowRun]:
        """A run that a version may come of, and the trials before it; failed where the block raises."""
        with _talking(f"a run of {name}"), MlflowRun.open(self._client, name) as run:
            yield run

    def log_trial(self, run: MlflowRun, trial: TrialRun, learned: Learned) -> None:
        """One trial of a search as a finished run below `run`."""
        with _talking(trial.name):
            run.log_trial(trial, learned)

    def _own_or(self, run: MlflowRun | None, name: str) -> AbstractContextManager[MlflowRun]:
        return MlflowRun.open(self._client, name) if run is None else nullcontext(run)

    def _new_version(self, name: str, run: MlflowRun) -> str:
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(name)
        made = self._client.create_model_version(
            name, f"{run.artifact_uri}/model", run.run_id, await_creation_for=0
        )
        return str(made.version)

    def _complete(
        self,
        run: MlflowRun,
        manifest: Manifest,
        arrays: Arrays,
        gates: Sequence[Mapping[str, Any]] | None,
    ) -> None:
        """Upload the model, then say so: a version without its checksum does not exist for us."""
        with tempfile.TemporaryDirectory(prefix="trii-model-") as scratch:
            sha256 = save_model(Path(scratch), manifest, arrays)
            run.upload(Path(scratch) / "model")
        self._client.update_registered_model(manifest.name, manifest.description)
        self._client.update_model_version(manifest.name, manifest.version, manifest.summary)
        told = {} if gates is None else {GATES: orjson.dumps(gates).decode()}
        # The checksum last: a version that has it has the other tags as well.
        for key, value in {**tags(manifest), **told, SHA256: sha256}.items():
            self._client.set_model_version_tag(manifest.name, manifest.version, key, value)

    def set_alias(self, name: str, alias: Alias, version: str) -> None:
        """Point the alias at the version, wherever it stood."""
        with _talking(f"alias {alias} of {name}"):
            self._client.set_registered_model_alias(name, alias, version)

    def resolve(self, name: str, alias: Alias) -> RegisteredVersion | None:
        """The version behind the alias; None if the model or the alias does not exist."""
        version = self._aliases(name).get(alias)
        return None if version is None else self.version(name, version)

    def version(self, name: str, version: str) -> RegisteredVersion:
        """One version; NotFound if it does not exist or its artifact is not complete."""
        with _talking(f"{name} version {version}"):
            found = self._client.get_model_version(name, version)
        if SHA256 not in found.tags:
            raise NotFound(f"{name} version {version} has no complete artifact")
        return registered(found, self._aliases(name))

    def _aliases(self, name: str) -> dict[str, str]:
        """Alias to version; a search gives versions without theirs."""
        with _talking(f"aliases of {name}"):
            found = self._client.search_registered_models(f"name = '{name}'")
        held = found[0].aliases if found else {}
        return {alias: str(version) for alias, version in held.items()}

    def models(self) -> list[str]:
        """Names of all models, sorted."""
        with _talking("list of models"):
            return sorted(str(model.name) for model in self._client.search_registered_models())

    def versions(self, name: str) -> list[RegisteredVersion]:
        """Complete versions, newest first; empty for an unknown model."""
        with _talking(f"versions of {name}"):
            found = self._client.search_model_versions(f"name = '{name}'")
        aliases = self._aliases(name)
        whole = [registered(version, aliases) for version in found if SHA256 in version.tags]
        return sorted(whole, key=lambda version: int(version.version), reverse=True)

    def fetch(self, version: RegisteredVersion) -> Place:
        """The folder of the version's artifact, downloaded if it is not there, and checked.

        Raises ArtifactError if what MLflow holds is not what was registered.
        """
        folder = self._models / version.name / version.version
        if _holds(folder, version.sha256):
            return folder
        with tempfile.TemporaryDirectory(prefix="trii-fetch-") as scratch:
            with _talking(f"artifact of {version.name} version {version.version}"):
                path = self._client.download_artifacts(version.run_id, f"model/{DATA}", scratch)
            artifact.read(Path(path), sha256=version.sha256)
            with folder.publishing() as draft:
                shutil.copytree(path, draft, dirs_exist_ok=True)
                # What stood there was not this version: half a download, or bytes that went bad.
                folder.remove()
        return folder


@contextmanager
def _talking(what: str) -> Iterator[None]:
    """Failures of MLflow as ours: NotFound for a name it does not know, else StoreError."""
    try:
        yield
    except MlflowException as exc:
        detail = str(exc).strip().splitlines()[0]
        if exc.error_code == _MISSING:
            raise NotFound(f"{what}: {detail}") from exc
        raise StoreError(f"MLflow, {what}: {detail}") from exc


def _holds(folder: Place, sha256: str) -> bool:
    try:
        return artifact.digest(folder) == sha256
    except ArtifactError:
        return False

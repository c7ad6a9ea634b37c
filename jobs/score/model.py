"""The model version that a request means: found in the registry, fetched and checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cluster.errors import Fault, NotFound
from cluster.registry.artifact import ArtifactError
from cluster.registry.manifest import Manifest
from cluster.registry.runner import ModelRunner
from cluster.registry.versions import RegisteredVersion
from cluster.stores.place import Place
from market.errors import near_names


class Versions(Protocol):
    """What is asked of the registry; see `cluster.registry.mlflow_client.Registry`."""

    def models(self) -> list[str]: ...

    def versions(self, name: str) -> list[RegisteredVersion]: ...

    def fetch(self, version: RegisteredVersion) -> Place: ...


@dataclass(frozen=True)
class Model:
    """A version where every node reads it. `lookback` is how many closes one of its answers reads."""

    folder: Place
    sha256: str
    manifest: Manifest
    lookback: int


def find_model(registry: Versions, name: str, version: str) -> Model:
    """The version of that number or alias, fetched and whole.

    Raises NotFound (with what there is) for an unknown model or version, ArtifactError where the
    artifact is not what was registered.
    """
    found = registry.versions(name)
    if not found:
        raise _unknown_model(name, registry.models())
    wanted = next(
        (
            candidate
            for candidate in found
            if version == candidate.version or version in candidate.aliases
        ),
        None,
    )
    if wanted is None:
        raise _missing("version", f"{name} has no version {version}: expected {_names(found)}")
    folder = registry.fetch(wanted)
    runner = ModelRunner.load(folder, sha256=wanted.sha256)
    said = runner.manifest
    if (said.name, said.version) != (wanted.name, wanted.version):
        raise ArtifactError(
            f"{folder} holds {said.name} version {said.version}, not {name} version "
            f"{wanted.version}: register the version again"
        )
    return Model(folder, wanted.sha256, said, runner.features.lookback)


def _unknown_model(name: str, known: Sequence[str]) -> NotFound:
    if not known:
        return _missing("model", "no model is registered yet: train one with `trii sweep run`")
    near = near_names(name, known) or list(known)
    return _missing("model", f"model {name!r} has no versions: expected one of {', '.join(near)}")


def _names(versions: Sequence[RegisteredVersion]) -> str:
    aliases = sorted({alias for candidate in versions for alias in candidate.aliases})
    return ", ".join([*aliases, *(candidate.version for candidate in versions[:10])])


def _missing(loc: str, message: str) -> NotFound:
    return NotFound(message, faults=[Fault(loc, message, "unknown")])

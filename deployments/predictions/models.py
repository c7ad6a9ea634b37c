"""What may be asked of `/v1/predictions`, the models that a replica holds, and which of them answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cluster.desired.store import ServedModel
from cluster.errors import BadInput, ConfigError, Fault, NotFound, Overloaded
from cluster.registry.runner import ModelRunner
from cluster.requests.spelling import ModelName, Spelled
from cluster.stores.places import at
from deployments.http.fields import Instant, Symbols
from deployments.http.partial import PARTIAL


class PredictionRequest(BaseModel):
    """`horizon` counts sessions and chooses the model where none is named.

    `as_of` cuts what the model may read; without it the newest closes are read.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    symbols: Symbols
    horizon: Annotated[int, Field(ge=1, le=1000)]
    model: ModelName | None = None
    version: Annotated[str, Spelled(r"^[1-9][0-9]{0,8}$", "a version's number")] | None = None
    as_of: Annotated[Instant, Field(strict=False)] | None = None
    partial: bool = PARTIAL


class ServingConfig(BaseModel):
    """The deployment's `user_config`: the versions that the control truth wants served."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[ServedModel, ...] = ()


@dataclass(frozen=True)
class LoadedModel:
    """A version that is ready to answer."""

    wanted: ServedModel
    runner: ModelRunner

    @property
    def key(self) -> str:
        """`volatility-regime/3`."""
        return f"{self.wanted.name}/{self.wanted.version}"


def load(wanted: ServedModel) -> LoadedModel:
    """The version from its folder. Raises ArtifactError, or ConfigError where it is another one."""
    runner = ModelRunner.load(at(wanted.folder), sha256=wanted.sha256)
    found = runner.manifest
    # The checksum says that the folder is whole, not that it is the one that was meant.
    if (found.name, found.version, found.kind, found.horizon) != (
        wanted.name,
        wanted.version,
        wanted.kind,
        wanted.horizon,
    ):
        raise ConfigError(
            f"{wanted.folder} holds {found.name} version {found.version} ({found.kind}, "
            f"horizon {found.horizon}), not what was wanted: {wanted.name} version {wanted.version}"
        )
    return LoadedModel(wanted, runner)


def choose(models: Sequence[LoadedModel], request: PredictionRequest) -> LoadedModel:
    """The model that answers: the champion of the horizon unless the request names another.

    Raises Overloaded while no model serves, NotFound for a model or version that does not, and
    BadInput for a horizon that nothing predicts.
    """
    if not models:
        raise Overloaded("no model serves yet: train one with `trii sweep run`", retry_after_s=30)
    fits = [model for model in models if request.model in {None, model.wanted.name}]
    if not fits:
        names = ", ".join(sorted({model.wanted.name for model in models}))
        raise NotFound(f"no model named {request.model} serves: expected one of {names}")
    fits = _with_horizon(fits, request)
    if request.version is not None:
        fits = _with_version(fits, request.version)
    # By name behind the champion, so that every replica chooses the same.
    return min(fits, key=lambda model: (model.wanted.alias != "champion", model.wanted.name))


def _with_horizon(models: Sequence[LoadedModel], request: PredictionRequest) -> list[LoadedModel]:
    found = [model for model in models if model.wanted.horizon == request.horizon]
    if found:
        return found
    known = ", ".join(f"{model.wanted.horizon} ({model.wanted.name})" for model in models)
    message = f"no model predicts that many sessions: expected {known}"
    raise BadInput(message, faults=[Fault("body.horizon", message, "unknown_horizon")])


def _with_version(models: Sequence[LoadedModel], version: str) -> list[LoadedModel]:
    found = [model for model in models if model.wanted.version == version]
    if not found:
        serving = ", ".join(model.key for model in models)
        raise NotFound(f"version {version} does not serve: expected one of {serving}")
    return found

"""Models and versions as a reader of the registry sees them: parsed from MLflow's REST answers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import BaseModel, Field, JsonValue

from cluster.registry.tags import GATES, PREFIX, SHA256

_APART = {SHA256, GATES}


class ModelOut(BaseModel):
    """A registered model; `aliases` maps `champion`, `challenger`, `previous` to a version."""

    name: str
    description: str
    aliases: dict[str, str]
    created_at: datetime
    updated_at: datetime


class GateOut(BaseModel):
    """One gate of a version: what was measured, its limit, and whether it held."""

    name: str
    value: float | None
    relation: str = Field(description="`above` or `at most` the limit.")
    limit: float
    holds: bool


class DatasetOut(BaseModel):
    """What a version learned from; `source` names universe, digest of its members and snapshot."""

    name: str
    digest: str
    source: dict[str, JsonValue]


class VersionOut(BaseModel):
    """A registered version; `properties` are what its manifest says of it (kind, horizon, …).

    `metrics` are those of its validation unless their name says otherwise; `gates` are None where a
    version had none to pass, as a baseline.
    """

    name: str
    version: str
    description: str
    aliases: list[str]
    sha256: str
    run_id: str
    created_at: datetime
    properties: dict[str, str]
    metrics: dict[str, float | None]
    parameters: dict[str, str]
    dataset: DatasetOut | None
    gates: list[GateOut] | None


def model_entry(found: Mapping[str, Any]) -> ModelOut:
    """From an entry of `registered-models/search`."""
    return ModelOut(
        name=found["name"],
        description=found.get("description", ""),
        aliases=aliases_of(found),
        created_at=_instant(found["creation_timestamp"]),
        updated_at=_instant(found["last_updated_timestamp"]),
    )


def version_entry(
    found: Mapping[str, Any], aliases: Mapping[str, str], run: Mapping[str, Any]
) -> VersionOut:
    """From an entry of `model-versions/search`, its model's aliases and its run, {} if gone."""
    tags, number, data = tags_of(found), str(found["version"]), run.get("data", {})
    return VersionOut(
        name=found["name"],
        version=number,
        description=found.get("description", ""),
        aliases=sorted(alias for alias, at in aliases.items() if at == number),
        sha256=tags[SHA256],
        run_id=found.get("run_id", ""),
        created_at=_instant(found["creation_timestamp"]),
        properties={
            key.removeprefix(PREFIX): value for key, value in tags.items() if key not in _APART
        },
        metrics={metric["key"]: float(metric["value"]) for metric in data.get("metrics", [])},
        parameters={parameter["key"]: parameter["value"] for parameter in data.get("params", [])},
        dataset=_dataset(run),
        gates=orjson.loads(tags[GATES]) if GATES in tags else None,
    )


def aliases_of(found: Mapping[str, Any]) -> dict[str, str]:
    """Alias to version, of a model."""
    return {alias["alias"]: str(alias["version"]) for alias in found.get("aliases", [])}


def tags_of(found: Mapping[str, Any]) -> dict[str, str]:
    """Key to value, of a version."""
    return {tag["key"]: tag["value"] for tag in found.get("tags", [])}


def _dataset(run: Mapping[str, Any]) -> DatasetOut | None:
    inputs = run.get("inputs", {}).get("dataset_inputs", [])
    if not inputs:
        return None
    found = inputs[0]["dataset"]
    return DatasetOut(
        name=found["name"], digest=found["digest"], source=orjson.loads(found["source"])
    )


def _instant(milliseconds: int | str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)

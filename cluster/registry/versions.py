"""A registered version as TRII sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from mlflow.entities.model_registry import ModelVersion

from cluster.registry.tags import SHA256

Alias = Literal["champion", "challenger", "previous"]


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A version whose artifact is complete; ``created_at`` is aware."""

    name: str
    version: str
    sha256: str
    run_id: str
    created_at: datetime
    aliases: tuple[str, ...]
    tags: Mapping[str, str]


def registered(found: ModelVersion, aliases: Mapping[str, str]) -> RegisteredVersion:
    """From MLflow's own object, which must carry the checksum, and its model's aliases."""
    return RegisteredVersion(
        name=found.name,
        version=str(found.version),
        sha256=found.tags[SHA256],
        run_id=found.run_id or "",
        created_at=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
        aliases=tuple(sorted(alias for alias, at in aliases.items() if at == str(found.version))),
        tags={key: value for key, value in found.tags.items() if key != SHA256},
    )

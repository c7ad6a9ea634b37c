"""Models and their versions as MLflow's registry has them, over its REST interface.

A small client, because MLflow's own takes seconds to import and waits for minutes on a server
that is away.
"""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from pydantic import BaseModel

from cluster.errors import NotFound, Overloaded
from cluster.registry.tags import PREFIX, SHA256
from cluster.settings import Settings

_TIMEOUT_S: Final = 3.0
_PAGE: Final = 200


class ModelOut(BaseModel):
    """A registered model; `aliases` maps `champion`, `challenger`, `previous` to a version."""

    name: str
    description: str
    aliases: dict[str, str]
    created_at: datetime
    updated_at: datetime


class VersionOut(BaseModel):
    """A registered version; `properties` are what its manifest says of it (kind, horizon, …)."""

    name: str
    version: str
    aliases: list[str]
    sha256: str
    run_id: str
    created_at: datetime
    properties: dict[str, str]


class RegistryReader:
    """Reads from MLflow. Raises Overloaded where it is away or answers nonsense."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @classmethod
    def from_settings(cls, settings: Settings) -> "RegistryReader":
        """A reader of the platform's MLflow. Close it with `close`."""
        token = settings.mlflow_token.get_secret_value()
        return cls(
            httpx.AsyncClient(
                base_url=f"{settings.mlflow_url}/api/2.0/mlflow/",
                headers={"authorization": f"Bearer {token}"} if token else {},
                timeout=_TIMEOUT_S,
                verify=ssl.create_default_context(cafile=settings.mlflow_ca),
                trust_env=False,
            )
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def models(self) -> list[ModelOut]:
        """All models by name."""
        found = await self._search("registered-models/search", "registered_models", {})
        return sorted(map(_model, found), key=lambda model: model.name)

    async def versions(self, name: str) -> list[VersionOut]:
        """The complete versions of a model, newest first. Raises NotFound for an unknown model."""
        # The name's pattern leaves nothing that could end the quoted text.
        wanted = {"filter": f"name = '{name}'"}
        models = await self._search("registered-models/search", "registered_models", wanted)
        if not models:
            raise NotFound(f"no model is named {name}: /v1/models lists them")
        aliases = _aliases(models[0])
        found = await self._search("model-versions/search", "model_versions", wanted)
        # A version whose artifact never came whole has no checksum: it is none for clients.
        whole = [_version(version, aliases) for version in found if SHA256 in _tags(version)]
        return sorted(whole, key=lambda version: int(version.version), reverse=True)

    async def _search(self, path: str, key: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            page = await self._get(path, {**query, "max_results": _PAGE, "page_token": token})
            found += page.get(key, [])
            token = page.get("next_page_token", "")
            if not token:
                return found

    async def _get(self, path: str, query: Mapping[str, str | int]) -> dict[str, Any]:
        try:
            answer = await self._client.get(path, params=dict(query))
            answer.raise_for_status()
            page: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as exc:
            raise Overloaded("the model registry is away: try again", retry_after_s=5) from exc
        return page


def _model(found: Mapping[str, Any]) -> ModelOut:
    return ModelOut(
        name=found["name"],
        description=found.get("description", ""),
        aliases=_aliases(found),
        created_at=_instant(found["creation_timestamp"]),
        updated_at=_instant(found["last_updated_timestamp"]),
    )


def _version(found: Mapping[str, Any], aliases: Mapping[str, str]) -> VersionOut:
    tags = _tags(found)
    number = str(found["version"])
    return VersionOut(
        name=found["name"],
        version=number,
        aliases=sorted(alias for alias, at in aliases.items() if at == number),
        sha256=tags[SHA256],
        run_id=found.get("run_id", ""),
        created_at=_instant(found["creation_timestamp"]),
        properties={
            key.removeprefix(PREFIX): value for key, value in tags.items() if key != SHA256
        },
    )


def _aliases(found: Mapping[str, Any]) -> dict[str, str]:
    return {alias["alias"]: str(alias["version"]) for alias in found.get("aliases", [])}


def _tags(found: Mapping[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in found.get("tags", [])}


def _instant(milliseconds: int | str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)

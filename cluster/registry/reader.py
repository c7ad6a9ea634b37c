"""Models and their versions as MLflow's registry has them, over its REST interface.

A small client for whoever only looks, because MLflow's own takes seconds to import and waits for
minutes on a server that is away.
"""

import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from cluster.closing import Closing
from cluster.errors import NotFound, Overloaded
from cluster.registry.entries import (
    ModelOut,
    VersionOut,
    aliases_of,
    model_entry,
    tags_of,
    version_entry,
)
from cluster.registry.tags import EXPERIMENT, SHA256
from cluster.settings import Settings

_TIMEOUT_S: Final = 3.0
# Of a command: on a machine under load a person would rather wait than be told to try again.
PATIENT_S: Final = 20.0
_PAGE: Final = 200


class RegistryReader(Closing):
    """Reads from MLflow, from any thread. Raises Overloaded where it is away or answers nonsense."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    @classmethod
    def from_settings(
        cls, settings: Settings, *, timeout_s: float = _TIMEOUT_S
    ) -> "RegistryReader":
        """A reader of the platform's MLflow. Close it with `close`, or use it in a `with`."""
        token = settings.mlflow_token.get_secret_value()
        return cls(
            httpx.Client(
                base_url=f"{settings.mlflow_url}/api/2.0/mlflow/",
                headers={"authorization": f"Bearer {token}"} if token else {},
                timeout=timeout_s,
                verify=_certificates(settings),
                trust_env=False,
            )
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def models(self) -> list[ModelOut]:
        """All models by name."""
        found = self._search("registered-models/search", "registered_models", {})
        return sorted(map(model_entry, found), key=lambda model: model.name)

    def versions(self, name: str) -> list[VersionOut]:
        """The complete versions of a model, newest first. Raises NotFound for an unknown model."""
        if "'" in name:  # would end the quoted text; MLflow has no way to write one
            raise _unknown(name)
        wanted = {"filter": f"name = '{name}'"}
        models = self._search("registered-models/search", "registered_models", wanted)
        if not models:
            raise _unknown(name)
        found = self._search("model-versions/search", "model_versions", wanted)
        # A version whose artifact never came whole has no checksum: it is none for readers.
        whole = [version for version in found if SHA256 in tags_of(version)]
        runs, aliases = self._runs([_run_id(version) for version in whole]), aliases_of(models[0])
        entries = [
            version_entry(version, aliases, runs.get(_run_id(version), {})) for version in whole
        ]
        return sorted(entries, key=lambda version: int(version.version), reverse=True)

    def _runs(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The runs of these ids that MLflow still has; the versions' experiment alone is asked."""
        wanted = sorted({run_id for run_id in ids if run_id.isalnum()})
        if not wanted:
            return {}
        named = {"filter": f"name = '{EXPERIMENT}'", "max_results": 1}
        experiments = self._ask("experiments/search", named).get("experiments", [])
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(wanted), _PAGE):
            listed = ", ".join(f"'{run_id}'" for run_id in wanted[start : start + _PAGE])
            asked = {
                "experiment_ids": [experiment["experiment_id"] for experiment in experiments],
                "filter": f"attributes.run_id IN ({listed})",
                "max_results": _PAGE,
            }
            page = self._ask("runs/search", asked)
            found |= {run["info"]["run_id"]: run for run in page.get("runs", [])}
        return found

    def _search(self, path: str, key: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            asked: dict[str, str | int] = {**query, "max_results": _PAGE, "page_token": token}
            page = self._answer(self._client.build_request("GET", path, params=asked))
            found += page.get(key, [])
            token = page.get("next_page_token", "")
            if not token:
                return found

    def _ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._answer(self._client.build_request("POST", path, json=body))

    def _answer(self, request: httpx.Request) -> dict[str, Any]:
        try:
            answer = self._client.send(request)
            answer.raise_for_status()
            page: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as exc:
            raise Overloaded(
                "the model registry is away: try again, `trii status` says more", retry_after_s=5
            ) from exc
        return page


def _run_id(version: Mapping[str, Any]) -> str:
    return str(version.get("run_id", ""))


def _certificates(settings: Settings) -> ssl.SSLContext | bool:
    # Reading the machine's own certificates takes 20 ms, which nobody needs without TLS.
    return ssl.create_default_context(cafile=settings.mlflow_ca) if settings.mlflow_tls else False


def _unknown(name: str) -> NotFound:
    return NotFound(f"no model is named {name}: `trii model list` and /v1/models list them")

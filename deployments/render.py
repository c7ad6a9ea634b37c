"""The whole Serve configuration, made from `serve.yaml` and the control truth; nothing else makes one.

`serve.yaml` says how an application runs (replicas, queues, routes); the rows of `desired` say
which of them run, which model versions they serve, and may override an option.
"""

from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from typing import Any

import yaml

from cluster.desired.store import Desired
from cluster.errors import ConfigError
from cluster.settings import Settings
from deployments.scaling.goals import scaled
from deployments.scaling.opening import opened

# The application whose replicas hold the models, and the deployment in it.
MODEL_HOST = ("predictions", "Predictions")


def catalogue() -> dict[str, dict[str, Any]]:
    """The applications that `serve.yaml` knows, by name."""
    text = (resources.files("deployments") / "serve.yaml").read_text()
    return {entry["name"]: entry for entry in yaml.safe_load(text)["applications"]}


def render(
    desired: Desired, settings: Settings, *, now: datetime, only: str | None = None
) -> dict[str, Any]:
    """A document that fits Serve's `ServeDeploySchema`, every wanted application as it is to be `now`.

    Serve deletes what a document does not name: `only` one application is for an empty Serve.
    Raises ConfigError for an application that `serve.yaml` does not know.
    """
    known = catalogue()
    for name in desired.applications:
        if name not in known:
            raise ConfigError(f"application={name!r}: expected one of {', '.join(known)}")
    return {
        "proxy_location": "EveryNode",
        "http_options": {
            "host": settings.listen_host,
            "port": settings.api_port,
            "request_timeout_s": settings.request_timeout_s,
        },
        # No access log of Serve's: the edge writes one.
        "logging_config": {"encoding": "JSON", "enable_access_log": False, "log_level": "WARNING"},
        "applications": [
            _application(known[name], spec, desired, settings, now)
            for name, spec in desired.applications.items()
            if only in {None, name}
        ],
    }


def _application(
    entry: Mapping[str, Any],
    spec: Mapping[str, Any],
    desired: Desired,
    settings: Settings,
    now: datetime,
) -> dict[str, Any]:
    overrides: Mapping[str, Any] = spec.get("deployments", {})
    deployments = []
    for deployment in entry["deployments"]:
        merged = {**deployment, **overrides.get(deployment["name"], {})}
        if (entry["name"], deployment["name"]) == MODEL_HOST:
            # The models' host alone sees the models: a promotion reconfigures nothing else.
            models = [model.model_dump() for model in desired.models]
            merged["user_config"] = {**(merged.get("user_config") or {}), "models": models}
        deployments.append(opened(scaled(entry["name"], merged, settings), settings, now))
    return {**entry, "deployments": deployments}

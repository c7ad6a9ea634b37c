"""Replicas that run before the market opens, as the settings name them, in Serve's configuration."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cluster.errors import ConfigError
from cluster.fleet.steering.opening import opens
from cluster.settings import Settings
from deployments.scaling.goals import MAY_FOLLOW


def opened(deployment: Mapping[str, Any], settings: Settings, now: datetime) -> dict[str, Any]:
    """The deployment with its least number of replicas at that time; more stay more.

    Serve takes the number in place: no replica that runs is replaced. Raises ConfigError for a
    deployment whose number is not free.
    """
    told = settings.opening_replicas
    if told is None:
        return dict(deployment)
    unknown = sorted(told.replicas.keys() - set(MAY_FOLLOW))
    if unknown:
        raise ConfigError(
            f"TRII_OPENING_REPLICAS: the number of {', '.join(unknown)} is fixed; expected of "
            f"{', '.join(MAY_FOLLOW)}"
        )
    wanted = told.replicas.get(deployment["name"], 0)
    if wanted == 0 or not opens(told, now):
        return dict(deployment)
    scaling = deployment.get("autoscaling_config")
    if scaling is None:
        return {**deployment, "num_replicas": max(wanted, deployment.get("num_replicas", 1))}
    least = min(max(wanted, scaling["min_replicas"]), scaling["max_replicas"])
    return {**deployment, "autoscaling_config": {**scaling, "min_replicas": least}}

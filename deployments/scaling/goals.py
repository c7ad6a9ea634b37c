"""Deployments that follow a latency, as the settings name them, in Serve's configuration."""

from collections.abc import Mapping
from typing import Any, Final

from cluster.errors import ConfigError
from cluster.settings import Settings
from deployments.scaling.decision import WINDOW_S

# The others are one writer, hold streams, or hold connections that a budget counts.
MAY_FOLLOW: Final = ("Analysis", "Predictions", "Quotes")
# By name: Serve is slow to load, and whoever only reads the configuration does without.
_POLICY: Final = "deployments.scaling.policy:KeepsLatency"
_FETCH_EVERY_S: Final = 5.0
_DOWN_AFTER_S: Final = 120


def scaled(application: str, deployment: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The deployment, with Serve's autoscaling in place of a fixed number where it has a goal.

    Raises ConfigError for goals without Prometheus, of unknown deployments, and out of bounds.
    """
    _check(settings)
    goal = settings.latency_goals.get(deployment["name"])
    if goal is None:
        return dict(deployment)
    least = deployment.get("num_replicas", 1)
    if goal.max_replicas < least:
        raise ConfigError(
            f"TRII_LATENCY_GOALS: {deployment['name']}.max_replicas={goal.max_replicas} is below its "
            f"{least} replicas; raise it"
        )
    policy = {
        "policy_function": _POLICY,
        "policy_kwargs": {
            "url": settings.prometheus_url,
            "application": application,
            "deployment": deployment["name"],
            "p95_ms": goal.p95_ms,
            "fetch_interval_s": _FETCH_EVERY_S,
        },
    }
    scaling = {
        "min_replicas": least,
        "max_replicas": goal.max_replicas,
        "upscale_delay_s": WINDOW_S,
        "downscale_delay_s": _DOWN_AFTER_S,
        "policy": policy,
    }
    kept = {name: value for name, value in deployment.items() if name != "num_replicas"}
    return kept | {"autoscaling_config": scaling}


def _check(settings: Settings) -> None:
    unknown = sorted(settings.latency_goals.keys() - set(MAY_FOLLOW))
    if unknown:
        raise ConfigError(
            f"TRII_LATENCY_GOALS: {', '.join(unknown)} can't follow a latency; expected of "
            f"{', '.join(MAY_FOLLOW)}"
        )
    if settings.latency_goals and settings.prometheus_url is None:
        raise ConfigError(
            "TRII_LATENCY_GOALS: who measures it? Set TRII_PROMETHEUS_URL too, such as "
            "http://10.0.0.9:9090"
        )

"""What each replica of `serve.yaml` asks of its node."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cluster.fleet.planning.demand import Demand
from deployments.render import catalogue

# What Ray gives a replica that does not say.
_CPUS: Final = 1.0


def demands() -> list[Demand]:
    """A demand for each deployment, named `application/Deployment`."""
    return [
        _demand(f"{name}/{deployment['name']}", deployment.get("ray_actor_options") or {})
        for name, deployment in deployments()
    ]


def deployments() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each deployment with the name of its application."""
    for name, application in catalogue().items():
        for deployment in application["deployments"]:
            yield name, deployment


def _demand(name: str, options: Mapping[str, Any]) -> Demand:
    asked = {
        "CPU": float(options.get("num_cpus", _CPUS)),
        "GPU": float(options.get("num_gpus", 0.0)),
        "memory": float(options.get("memory", 0.0)),
        **options.get("resources", {}),
    }
    resources = {resource: amount for resource, amount in asked.items() if amount}
    return Demand(name, resources, options.get("label_selector") or {})

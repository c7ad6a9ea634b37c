"""What the platform's parts may open of PostgreSQL's connections, all together and at most."""

from collections.abc import Mapping
from typing import Any, Final

from cluster.fleet.rules.connections import Opens
from cluster.stores import connections as at_most
from deployments.control.loops import OF_THE_CLUSTER, OF_THE_DATABASE
from deployments.planning.demands import deployments

_OF_A_REPLICA: Final[Mapping[str, int]] = {
    "api/Api": at_most.READS_AT_ONCE,
    "stream/Stream": at_most.READS_AT_ONCE + at_most.LISTENS,
    "control/Control": (
        at_most.LEADS
        + len(OF_THE_DATABASE)
        + len(OF_THE_CLUSTER)
        # The worker hears of tasks, books them on its pool, and does them on connections of theirs.
        + at_most.LISTENS
        + 2 * at_most.TASKS_AT_ONCE
    ),
}


def opened() -> list[Opens]:
    """Each part beside the jobs with what it opens; replicas as many as there are in a rollout."""
    replicas = [
        Opens(name, most_replicas(deployment) * _OF_A_REPLICA[name])
        for application, deployment in deployments()
        if (name := f"{application}/{deployment['name']}") in _OF_A_REPLICA
    ]
    kept, more = at_most.MLFLOW_KEPT, at_most.MLFLOW_MORE
    return [*replicas, Opens("MLflow", at_most.MLFLOW_STORES * (kept + more))]


def most_replicas(deployment: Mapping[str, Any]) -> int:
    """As many as may run, and those that replace them beside them."""
    scaling = deployment.get("autoscaling_config") or {}
    most = int(deployment.get("num_replicas") or scaling.get("max_replicas", 1))
    surge = int(deployment.get("max_surge_percent", 0))
    return most + -(-most * surge // 100)

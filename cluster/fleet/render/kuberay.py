"""The same cluster for KubeRay: a RayCluster with a group for each node type.

The machines are the Kubernetes cluster's business, so a group's pods ask for a node's resources
and choose nodes by its instance type and way of buying.
"""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from cluster.fleet.machines.catalogue import Machine, machine
from cluster.fleet.planning.node_types import NodeType, node_types
from cluster.fleet.render.commands import GCS_VOLUME, every_node
from cluster.fleet.source.cluster import ClusterSource
from cluster.fleet.source.ground import Ground
from cluster.runtime_env import as_environment, gcs_in

_MIB_FOR_KUBELET: Final = 1024  # what the node keeps for itself


def document(source: ClusterSource, ground: Ground) -> dict[str, Any]:
    """A `RayCluster` of `ray.io/v1`. Raises BadInput for a source that can't be fulfilled."""
    types = node_types(source, list(ground.subnets))
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": source.name, "labels": {"trii/environment": source.environment}},
        "spec": {
            "rayVersion": version("ray"),
            "enableInTreeAutoscaling": True,
            "autoscalerOptions": {"version": "v2", "upscalingMode": "Default"},
            **_redis(source, ground),
            "headGroupSpec": {
                "rayStartParams": {"num-cpus": "0", "dashboard-host": "0.0.0.0"},  # noqa: S104 - its pod
                "template": _head(source, ground),
            },
            "workerGroupSpecs": [_group(entry, source, ground) for entry in types.values()],
        },
    }


def _head(source: ClusterSource, ground: Ground) -> dict[str, Any]:
    pod = _pod(machine(source.head.machine), source, ground, image="trii-node")
    container = pod["spec"]["containers"][0]
    container["name"] = "ray-head"
    if ground.head.redis:
        return pod
    container["env"] += _environment(as_environment(gcs_in(GCS_VOLUME / "gcs")))
    container["volumeMounts"] = [{"name": "gcs", "mountPath": str(GCS_VOLUME)}]
    claim = {"claimName": f"{source.name}-gcs"}
    pod["spec"]["volumes"] = [{"name": "gcs", "persistentVolumeClaim": claim}]
    return pod


def _redis(source: ClusterSource, ground: Ground) -> dict[str, Any]:
    """The Redis that keeps the head's state, if one does; KubeRay names each life of it itself."""
    if ground.head.redis is None:
        return {}
    password = {"secretKeyRef": {"name": f"{source.name}-gcs", "key": "password"}}
    return {
        "gcsFaultToleranceOptions": {
            "redisAddress": ground.head.redis.address,
            "redisPassword": {"valueFrom": password},
        }
    }


def _group(entry: NodeType, source: ClusterSource, ground: Ground) -> dict[str, Any]:
    image = "trii-node-gpu" if entry.machine.gpus else "trii-node"
    pod = _pod(entry.machine, source, ground, image=image)
    # A container that came back in place is a node under an old identity: scaling would stop.
    pod["spec"]["restartPolicy"] = "Never"
    pod["spec"]["nodeSelector"] = {
        "node.kubernetes.io/instance-type": entry.machine.name,
        "karpenter.sh/capacity-type": entry.market,
        **({"topology.kubernetes.io/zone": entry.zones[0]} if len(entry.zones) == 1 else {}),
    }
    return {
        "groupName": entry.name.replace(".", "-"),
        "replicas": entry.min_nodes,
        "minReplicas": entry.min_nodes,
        "maxReplicas": entry.max_nodes,
        "idleTimeoutSeconds": entry.idle_s,
        "labels": entry.labels,
        "rayStartParams": {"num-cpus": str(entry.resources["CPU"])},
        "template": pod,
    }


def _pod(kind: Machine, source: ClusterSource, ground: Ground, *, image: str) -> dict[str, Any]:
    resources: dict[str, Any] = {
        "cpu": kind.vcpus - 1,
        "memory": f"{kind.memory_mib - _MIB_FOR_KUBELET}Mi",
    }
    if kind.gpus:
        resources["nvidia.com/gpu"] = kind.gpus
    return {
        "spec": {
            "securityContext": {"runAsNonRoot": True},
            "containers": [
                {
                    "name": "ray-worker",
                    "image": f"{image}:{source.environment}",
                    "env": _environment(
                        {
                            name: value
                            for name, value in every_node(source, ground).items()
                            if not name.startswith(("TRII_SECRET_", "TRII_SECRETS_OF_"))
                        }
                    ),
                    "resources": {"requests": resources, "limits": dict(resources)},
                }
            ],
        }
    }


def _environment(variables: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in variables.items()]

"""Numbers and machines that Ray takes without a word."""

from collections.abc import Iterator
from typing import Any, Final

from cluster.fleet.machines.catalogue import machines
from cluster.fleet.rules.document import ClusterFile
from cluster.fleet.rules.rule import Offence, Rule

# A node was usable 35 to 60 s after it was bought; one that idles for less may be gone before the
# rest of its gang has come.
_SHORTEST_IDLE_S: Final = 120
_SHORTEST_RECONNECT_S: Final = 300


def machine_of(entry: Any) -> str:
    """The instance type that a node type names."""
    return str((entry.get("node_config") or {}).get("InstanceType", ""))


def _least_above_most(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.workers():
        least, most = entry.get("min_workers", 0), entry.get("max_workers", 0)
        if _number(least) > _number(most):
            yield Offence((*place, "min_workers"), f"{name}: min_workers {least} > {most}")


def _sum_above_all(file: ClusterFile) -> Iterator[Offence]:
    wanted = sum(_number(entry.get("max_workers", 0)) for _, _, entry in file.workers())
    most = _number(file.told.get("max_workers", 0))
    if wanted > most:
        yield Offence(("max_workers",), f"max_workers {most}, the types together {wanted}")


def _unknown_machine(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.types():
        told = machine_of(entry)
        if told not in machines():
            what = f"{name}: {told!r} is not in the table of machines"
            yield Offence((*place, "node_config", "InstanceType"), what)


def _head_works(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.types():
        if name == file.head_type and (entry.get("resources") or {}).get("CPU") != 0:
            yield Offence((*place, "resources"), f"{name} offers CPUs")


def _idle_too_short(file: ClusterFile) -> Iterator[Offence]:
    minutes = file.told.get("idle_timeout_minutes")
    if minutes is not None and _number(minutes) * 60 < _SHORTEST_IDLE_S:
        yield Offence(("idle_timeout_minutes",), f"{minutes} minutes")
    for place, name, entry in file.workers():
        seconds = entry.get("idle_timeout_s")
        if seconds is not None and _number(seconds) < _SHORTEST_IDLE_S:
            yield Offence((*place, "idle_timeout_s"), f"{name}: {seconds} s")


def _gives_up_early(file: ClusterFile) -> Iterator[Offence]:
    for section in ("head_start_ray_commands", "worker_start_ray_commands"):
        told = file.environment(section).get("RAY_gcs_rpc_server_reconnect_timeout_s")
        if told is None or not told.isdigit() or int(told) < _SHORTEST_RECONNECT_S:
            yield Offence(
                (section,), f"RAY_gcs_rpc_server_reconnect_timeout_s is {told or 'unset'}"
            )


def _data_buys_all(file: ClusterFile) -> Iterator[Offence]:
    for section in ("head_start_ray_commands", "worker_start_ray_commands"):
        if file.environment(section).get("RAY_DATA_CLUSTER_AUTOSCALER") == "V2":
            yield Offence((section,), "RAY_DATA_CLUSTER_AUTOSCALER is V2")


def _number(told: object) -> float:
    return float(told) if isinstance(told, int | float) else 0.0


RULES: Final = (
    Rule(
        "min-above-max",
        "Ray takes it, and its autoscaler stops with an assertion once the head runs",
        "lower min_workers or raise max_workers",
        _least_above_most,
    ),
    Rule(
        "types-above-max",
        "the last of them to grow never gets its nodes",
        "raise max_workers to the sum of the types",
        _sum_above_all,
    ),
    Rule(
        "unknown-machine",
        "Ray takes any word for an instance type, and every launch fails",
        "name one that `trii cluster machines` lists",
        _unknown_machine,
    ),
    Rule(
        "head-works",
        "work beside the control processes takes their memory, and the cluster with it",
        "give the head resources {CPU: 0}",
        _head_works,
    ),
    Rule(
        "idle-too-short",
        "a node would be gone before the rest of what it waits for has started",
        f"wait {_SHORTEST_IDLE_S} s at least",
        _idle_too_short,
    ),
    Rule(
        "gives-up-on-head",
        "nodes end themselves and every replica 60 s after they lost the head",
        "set RAY_gcs_rpc_server_reconnect_timeout_s=600 in both start commands",
        _gives_up_early,
    ),
    Rule(
        "data-buys-every-type",
        "whatever a Dataset is short of, it buys a node of each type, GPUs among them",
        "leave RAY_DATA_CLUSTER_AUTOSCALER out: by default a Dataset asks for what it needs",
        _data_buys_all,
    ),
)

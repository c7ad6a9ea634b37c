"""What a cluster keeps when its head, or a node, goes away."""

import re
from collections.abc import Iterator
from typing import Final

from cluster.fleet.rules.document import ClusterFile
from cluster.fleet.rules.rule import Offence, Rule

_HEAD: Final = ("head_start_ray_commands",)
_STOPS: Final = re.compile(r"\bray\s+stop\b")


def _forgetful(file: ClusterFile) -> Iterator[Offence]:
    told = file.environment("head_start_ray_commands")
    if "RAY_REDIS_ADDRESS" not in told and told.get("RAY_gcs_storage") != "rocksdb":
        yield Offence(_HEAD, "RAY_gcs_storage is not rocksdb, and no Redis is named")


def _on_root_disk(file: ClusterFile) -> Iterator[Offence]:
    told = file.environment("head_start_ray_commands")
    kept = told.get("RAY_gcs_storage") == "rocksdb"
    if kept and not told.get("RAY_gcs_storage_path", "").startswith("/"):
        yield Offence(_HEAD, "RAY_gcs_storage_path is no path")
    elif kept and re.match(r"/(tmp|var/tmp|run|dev/shm)(/|$)", told["RAY_gcs_storage_path"]):
        yield Offence(_HEAD, f"the state of the GCS is in {told['RAY_gcs_storage_path']}")


def _life_unnamed(file: ClusterFile) -> Iterator[Offence]:
    told = file.environment("head_start_ray_commands")
    if "RAY_REDIS_ADDRESS" in told and "RAY_external_storage_namespace" not in told:
        yield Offence(_HEAD, "RAY_REDIS_ADDRESS without RAY_external_storage_namespace")


def _head_moves(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.types():
        if name == file.head_type and "PrivateIpAddress" not in (entry.get("node_config") or {}):
            yield Offence((*place, "node_config"), f"{name}: no PrivateIpAddress")


def _stops_others(file: ClusterFile) -> Iterator[Offence]:
    for place, command in file.commands():
        if _STOPS.search(command):
            yield Offence(place, "runs ray stop")


def _keeps_stopped(file: ClusterFile) -> Iterator[Offence]:
    provider = file.told.get("provider") or {}
    if provider.get("type") == "aws" and provider.get("cache_stopped_nodes", True) is not False:
        yield Offence(("provider",), "cache_stopped_nodes is not false")


def _defaults_run(file: ClusterFile) -> Iterator[Offence]:
    for section in (
        *("setup_commands", "head_setup_commands", "initialization_commands"),
        *("worker_setup_commands", "head_start_ray_commands", "worker_start_ray_commands"),
    ):
        if section not in file.told:
            yield Offence((), f"{section} is not given")


RULES: Final = (
    Rule(
        "state-not-kept",
        "a head that comes back is a new cluster: nodes abort, and with them every replica",
        "set RAY_gcs_storage=rocksdb and RAY_gcs_storage_path on a volume that outlives the head",
        _forgetful,
    ),
    Rule(
        "state-on-passing-disk",
        "it is gone with the instance",
        "put RAY_gcs_storage_path on a volume that outlives the head",
        _on_root_disk,
    ),
    Rule(
        "state-shared",
        "a second cluster, or a second life of this one, would take over the first one's state",
        "set RAY_external_storage_namespace to a name of this cluster's life",
        _life_unnamed,
    ),
    Rule(
        "head-address-moves",
        "nodes that still serve dial the old address of a head that was replaced",
        "give the head a fixed PrivateIpAddress of its subnet",
        _head_moves,
    ),
    Rule(
        "ray-stop",
        "it ends every Ray on the machine, and cuts what is being answered",
        "start Ray by its unit, which drains first",
        _stops_others,
    ),
    Rule(
        "stopped-nodes-kept",
        "their disks go on being paid for, and they come back with old state",
        "set provider.cache_stopped_nodes: false",
        _keeps_stopped,
    ),
    Rule(
        "defaults-run",
        "Ray's defaults install a nightly build of Ray and run `ray stop`",
        "give every list of commands, empty ones too",
        _defaults_run,
    ),
)

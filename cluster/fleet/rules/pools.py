"""Whether each pool can do what it is for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cluster.fleet.machines.catalogue import machines
from cluster.fleet.planning.demand import Demand, impossible
from cluster.fleet.pools import POOLS
from cluster.fleet.rules.bounds import machine_of
from cluster.fleet.rules.document import ClusterFile
from cluster.fleet.rules.rule import Offence, Rule


@dataclass(frozen=True)
class Offered:
    """What a node type of a file has, as far as the file or the table of machines says it."""

    resources: dict[str, float]
    labels: dict[str, str]


def offered(file: ClusterFile) -> dict[str, Offered]:
    """Every worker type that may have a node, by name."""
    return {
        name: Offered(_resources(entry), dict(entry.get("labels") or {}))
        for _, name, entry in file.workers()
        if entry.get("max_workers", 0)
    }


def _resources(entry: Any) -> dict[str, float]:
    """As declared; what is not comes from the machine, as Ray finds it when the node starts."""
    known = machines().get(machine_of(entry))
    found: dict[str, float] = {}
    if known:
        found = {"CPU": known.vcpus, "memory": known.memory_for_work}
        found |= {"GPU": known.gpus} if known.gpus else {}
    return found | dict(entry.get("resources") or {})


def _gpu_image(file: ClusterFile) -> Iterator[Offence]:
    plain = {_image(entry) for _, _, entry in file.types() if not _has_gpu(entry)} - {None}
    for place, name, entry in file.workers():
        if _has_gpu(entry) and (_image(entry) is None or _image(entry) in plain):
            yield Offence((*place, "node_config", "ImageId"), f"{name}: an image without drivers")


def _cpu_work_on_gpus(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.workers():
        if _has_gpu(entry) and (entry.get("resources") or {}).get("CPU") != 0:
            yield Offence((*place, "resources"), f"{name} offers CPUs")


def _spot_alone(file: ClusterFile) -> Iterator[Offence]:
    for pool in POOLS.values():
        members = [found for found in file.workers() if _of_pool(found[2], pool.label)]
        if members and all(_is_spot(entry) for _, _, entry in members):
            place, _, _ = members[0]
            yield Offence((*place, "node_config"), f"pool {pool.name}: spot alone")


def _serves_on_spot(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.workers():
        if _of_pool(entry, POOLS["serve"].label) and _is_spot(entry):
            yield Offence((*place, "node_config"), f"{name}: serves on spot")


def _no_pool(file: ClusterFile) -> Iterator[Offence]:
    known = {pool.label for pool in POOLS.values()}
    for place, name, entry in file.workers():
        if not known & set(entry.get("labels") or {}):
            yield Offence((*place, "labels"), f"{name} is of no pool")


def waits_for_ever(demands: Sequence[Demand]) -> Rule:
    """The rule that every one of these can be placed on some node of the file."""

    def check(file: ClusterFile) -> Iterator[Offence]:
        for name, reason in impossible(demands, offered(file)).items():
            yield Offence(("available_node_types",), f"{name} {reason}")

    return _rule_of(check)


def _rule_of(check: Callable[[ClusterFile], Iterator[Offence]]) -> Rule:
    return Rule(
        "waits-for-ever",
        "Ray waits for ever for a node that can't be",
        "give a pool such a node type, or change what is asked for",
        check,
    )


def _image(entry: Any) -> str | None:
    return (entry.get("node_config") or {}).get("ImageId")


def _has_gpu(entry: Any) -> bool:
    known = machines().get(machine_of(entry))
    return bool((known and known.gpus) or (entry.get("resources") or {}).get("GPU"))


def _is_spot(entry: Any) -> bool:
    market = (entry.get("node_config") or {}).get("InstanceMarketOptions") or {}
    return bool(market.get("MarketType") == "spot")


def _of_pool(entry: Any, label: str) -> bool:
    return bool((entry.get("labels") or {}).get(label) == "true")


RULES: Final = (
    Rule(
        "gpu-image",
        "nodes would join without a GPU, fail their work and be bought again",
        "name an image with NVIDIA's drivers, not the one of the CPU nodes",
        _gpu_image,
    ),
    Rule(
        "cpu-work-on-gpus",
        "work that names no pool keeps a GPU node from going",
        "give it resources {CPU: 0}; what runs there asks for GPUs alone",
        _cpu_work_on_gpus,
    ),
    Rule(
        "spot-alone",
        "while spot is refused its jobs wait, and Ray never tries another type",
        "add a type on demand under the same pool label",
        _spot_alone,
    ),
    Rule(
        "serves-on-spot",
        "requests in flight are lost when the node is taken back",
        "buy the pool serve on demand",
        _serves_on_spot,
    ),
    Rule(
        "no-pool",
        "nothing of ours asks for such a node; what names no pool lands on it",
        "give it the label trii/pool-NAME of a pool",
        _no_pool,
    ),
)

"""Whether a job's pool has, or gets, a machine that can hold it: what none can would wait for ever."""

from collections.abc import Mapping
from typing import Final

from cluster.errors import BadInput, ConfigError, Fault
from cluster.fleet import pools
from cluster.fleet.pools import Node
from cluster.queue.rules.size import exceeds, fits, size
from cluster.requests.job import JobRequest
from cluster.settings import Settings

# No machine is smaller: for a job of this size Ray need not be asked.
_ANY_MACHINE: Final = Node(cpus=1.0)


def require(settings: Settings, request: JobRequest) -> None:
    """Raises BadInput for a pool that is not there, or where no machine of it can hold the job.

    Machines of a GPU pool offer nothing but GPUs: a job there asks for some, and its CPUs are not kept.

    The machines that a growing pool gets are not known here, and while Ray is away none are: such a
    job waits in the queue, which says for what.
    """
    try:
        pools.placement(request.pool, available=settings.pools)
    except ConfigError as exc:
        raise BadInput(str(exc), faults=[Fault("pool", str(exc))]) from exc
    asked = kept(request)
    if pools.POOLS[request.pool].gpu and not asked.gpus:
        message = (
            f"a job in pool {request.pool} asks for GPUs, since its machines offer nothing else"
        )
        raise BadInput(message, faults=[Fault("gpus", message)])
    if request.pool in settings.pools_that_grow or fits(asked, _ANY_MACHINE.amounts):
        return
    from cluster.fleet.ray_api import RayApi, RayAway  # noqa: PLC0415  # an HTTP client: 0.1 s to load

    try:
        with RayApi(settings) as ray:
            nodes = ray.nodes()
    except RayAway:
        return
    if nodes.get(request.pool) and not _has_room(asked, nodes[request.pool]):
        raise _too_large(request, nodes)


def kept(request: JobRequest) -> Node:
    """The part of a machine that the job keeps for its driver."""
    cpus = 0.0 if pools.POOLS[request.pool].gpu else request.cpus
    return Node(cpus, request.gpus, request.memory_bytes)


def _has_room(asked: Node, nodes: tuple[Node, ...]) -> bool:
    return any(fits(asked, node.amounts) for node in nodes)


def _too_large(request: JobRequest, nodes: Mapping[str, tuple[Node, ...]]) -> BadInput:
    own = nodes[request.pool]
    others = [
        name
        for name, held in nodes.items()
        if (request.gpus or not pools.POOLS[name].gpu)
        and _has_room(kept(request.model_copy(update={"pool": name})), held)
    ]
    remedy = f"choose pool {' or '.join(others)}" if others else "ask for less"
    largest = max(own, key=lambda node: node.amounts)
    message = f"no machine of pool {request.pool} has {size(kept(request))}, the largest has {size(largest)}: {remedy}"
    return BadInput(message, faults=[Fault(_short_of(kept(request), own), message)])


def _short_of(asked: Node, nodes: tuple[Node, ...]) -> str:
    """The field that no machine can meet; the CPUs where each alone could be met."""
    most = {
        "cpus": max(node.cpus for node in nodes),
        "gpus": max(node.gpus for node in nodes),
        "memory_bytes": max(node.memory_bytes for node in nodes),
    }
    return next((field for field in most if exceeds(getattr(asked, field), most[field])), "cpus")

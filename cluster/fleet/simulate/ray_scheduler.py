"""Ray's own scheduler of nodes (autoscaler v2), unmodified, asked outside of any cluster."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import Any, Final

from ray.autoscaler.v2.instance_manager.config import NodeTypeConfig
from ray.autoscaler.v2.scheduler import ResourceDemandScheduler, SchedulingRequest
from ray.autoscaler.v2.schema import AutoscalerInstance
from ray.autoscaler.v2.utils import ResourceRequestUtil
from ray.core.generated import autoscaler_pb2, common_pb2, instance_manager_pb2

from cluster.fleet.planning.demand import Demand
from cluster.fleet.planning.node_types import NodeType
from cluster.fleet.simulate.deciding import Decision
from cluster.fleet.simulate.nodes import Node, State

# Protobuf makes these names when it is loaded; no type checker sees them.
ResourceRequestByCount: Final[Any] = vars(autoscaler_pb2)["ResourceRequestByCount"]
NodeState: Final[Any] = vars(autoscaler_pb2)["NodeState"]
LabelSelectorOperator: Final[Any] = vars(common_pb2)["LabelSelectorOperator"]
Instance: Final[Any] = vars(instance_manager_pb2)["Instance"]
NodeKind: Final[Any] = vars(instance_manager_pb2)["NodeKind"]
_STATUS: Final = {
    State.QUEUED: Instance.QUEUED,
    State.REQUESTED: Instance.REQUESTED,
    State.BOOTING: Instance.ALLOCATED,
    State.RUNNING: Instance.RAY_RUNNING,
}


class RayScheduler:
    """Counts its calls: they are what a simulation's time is spent on."""

    def __init__(self, types: Mapping[str, NodeType]) -> None:
        self._scheduler = ResourceDemandScheduler()
        self._types = types
        self._chooses: dict[Demand, tuple[str, ...]] = {}
        self.calls = 0

    def decide(self, nodes: Iterable[Node], waiting: Mapping[Demand, int], now: float) -> Decision:
        """For these nodes and how often each demand waits for one.

        Node types that no demand can choose between are nothing to each other, and are asked about
        apart, where there is anything to decide: what is greedy over all of them is greedy within
        each part. A node that runs something is neither ended nor, as what waits was offered to it
        before, of use to what waits: it is told by its number alone. So a call is as long as what can
        change, not as the cluster.
        """
        of_type: dict[str, list[Node]] = {name: [] for name in self._types}
        for node in nodes:
            of_type[node.type.name].append(node)
        launch, end = dict[str, int](), list[str]()
        for part, demands in self._parts(waiting):
            standing = {name: of_type[name] for name in part}
            if not demands and not any(map(self._has_news, part, standing.values(), repeat(now))):
                continue
            decided = self._ask(standing, demands, now)
            launch |= decided.launch
            end += decided.end
        return Decision(launch, tuple(end))

    def _parts(
        self, waiting: Mapping[Demand, int]
    ) -> Iterator[tuple[tuple[str, ...], dict[Demand, int]]]:
        """The node types cut into parts, each with the demands that find theirs in it alone."""
        chooses = {demand: self._matching(demand) for demand in waiting}
        parts = {name: {name} for name in self._types}
        for names in chooses.values():
            joined = set().union(*(parts[name] for name in names))
            parts |= dict.fromkeys(joined, joined)
        # In the types' own order, which settles ties.
        cut = dict.fromkeys(tuple(n for n in self._types if n in part) for part in parts.values())
        for part in cut:
            yield (
                part,
                {d: waiting[d] for d, names in chooses.items() if names and names[0] in part},
            )

    def _matching(self, demand: Demand) -> tuple[str, ...]:
        if demand not in self._chooses:
            self._chooses[demand] = tuple(
                name for name, kind in self._types.items() if demand.matches(kind.labels)
            )
        return self._chooses[demand]

    def _has_news(self, name: str, nodes: Sequence[Node], now: float) -> bool:
        """Whether nodes of a type that nothing waits for are too few, too many or idle for too long."""
        kind = self._types[name]
        idle = any(
            node.idle_since is not None and now - node.idle_since > kind.idle_s for node in nodes
        )
        return not kind.min_nodes <= len(nodes) <= kind.max_nodes or (
            idle and len(nodes) > kind.min_nodes
        )

    def _ask(
        self, standing: Mapping[str, Sequence[Node]], demands: Mapping[Demand, int], now: float
    ) -> Decision:
        self.calls += 1
        free = [node for nodes in standing.values() for node in nodes if not node.held]
        busy = {name: sum(bool(node.held) for node in nodes) for name, nodes in standing.items()}
        configs = {name: _config(self._types[name], count) for name, count in busy.items()}
        reply = self._scheduler.schedule(
            SchedulingRequest(
                disable_launch_config_check=True,
                node_type_configs=configs,
                # The head counts as one.
                max_num_nodes=sum(config.max_worker_nodes for config in configs.values()) + 1,
                resource_requests=[
                    ResourceRequestByCount(request=_request(demand), count=count)
                    for demand, count in demands.items()
                ],
                current_instances=[_instance(node, now) for node in free],
            )
        )
        return Decision(
            launch={entry.instance_type: entry.count for entry in reply.to_launch},
            end=tuple(entry.instance_id for entry in reply.to_terminate),
        )


def _config(kind: NodeType, busy: int) -> NodeTypeConfig:
    """The type as Ray has it, for the nodes beside those that are busy."""
    return NodeTypeConfig(
        name=kind.name,
        min_worker_nodes=max(0, kind.min_nodes - busy),
        max_worker_nodes=max(0, kind.max_nodes - busy),
        idle_timeout_s=kind.idle_s,
        priority=kind.priority,
        resources=dict(kind.resources),
        labels=kind.labels,
    )


@cache
def _request(demand: Demand) -> Any:
    selectors = [_selector(key, wanted) for key, wanted in demand.selector.items()]
    return ResourceRequestUtil.make(
        dict(demand.resources), None, [selectors] if selectors else None
    )


def _selector(key: str, wanted: str) -> tuple[str, Any, list[str]]:
    negated, values = wanted.startswith("!"), wanted.removeprefix("!")
    listed = re.fullmatch(r"in\((.*)\)", values)
    told = [value.strip() for value in listed[1].split(",")] if listed else [values]
    operator = LabelSelectorOperator
    taken = operator.LABEL_OPERATOR_NOT_IN if negated else operator.LABEL_OPERATOR_IN
    return key, taken, told


def _instance(node: Node, now: float) -> AutoscalerInstance:
    is_running = node.state is State.RUNNING
    instance = Instance(
        instance_id=node.name,
        cloud_instance_id=node.name if node.state in {State.BOOTING, State.RUNNING} else "",
        instance_type=node.type.name,
        status=_STATUS[node.state],
        node_kind=NodeKind.WORKER,
        node_id=node.name if is_running else "",
    )
    if not is_running:
        return AutoscalerInstance(im_instance=instance)
    idle_s = now - node.idle_since if node.idle_since is not None else 0.0
    ray_node = NodeState(
        node_id=node.name.encode(),
        instance_id=node.name,
        ray_node_type_name=node.type.name,
        total_resources=node.type.resources,
        available_resources=node.free,
        labels=node.type.labels,
        idle_duration_ms=int(idle_s * 1000),
    )
    return AutoscalerInstance(cloud_instance_id=node.name, ray_node=ray_node, im_instance=instance)

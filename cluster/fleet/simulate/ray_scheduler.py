"""Ray's own scheduler of nodes (autoscaler v2), unmodified, asked outside of any cluster."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
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
        self.calls = 0

    def decide(self, nodes: Iterable[Node], waiting: Iterable[Demand], now: float) -> Decision:
        """For these nodes and what waits for one.

        A node that runs something is neither ended nor, as what waits was offered to it before, of
        use to what waits. Such nodes are told by their number alone, which makes a call as long as
        what can change, not as the cluster.
        """
        self.calls += 1
        counted = Counter(waiting)
        open_nodes, busy = [], Counter[str]()
        for node in nodes:
            if node.held:
                busy[node.type.name] += 1
            else:
                open_nodes.append(node)
        configs = {name: _config(kind, busy[name]) for name, kind in self._types.items()}
        reply = self._scheduler.schedule(
            SchedulingRequest(
                disable_launch_config_check=True,
                node_type_configs=configs,
                # The head counts as one.
                max_num_nodes=sum(config.max_worker_nodes for config in configs.values()) + 1,
                resource_requests=ResourceRequestUtil.group_by_count(
                    [
                        request
                        for kind, times in counted.items()
                        for request in [_request(kind)] * times
                    ]
                ),
                current_instances=[_instance(node, now) for node in open_nodes],
            )
        )
        return Decision(
            launch={entry.instance_type: entry.count for entry in reply.to_launch},
            end=tuple(entry.instance_id for entry in reply.to_terminate),
            impossible=len(reply.infeasible_resource_requests),
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

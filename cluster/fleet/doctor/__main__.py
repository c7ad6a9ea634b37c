"""On the head, as a job of Ray: have each node tell of itself, and print what came within the time.

`python -m cluster.fleet.doctor`. It takes no CPUs: a cluster with no room is looked at all the same.
"""

import logging
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

import ray
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cluster.fleet.doctor import node
from cluster.fleet.doctor.facts import ANSWER, Node, NodeFacts, Nodes

_PATIENCE_S: Final = 30.0  # a first worker on a busy node takes its time; a lost one answers never
_CLOCK_S: Final = 5.0
_CLOCK_TRIES: Final = 3


@ray.remote(num_cpus=0, max_restarts=0)
class Probe:
    """One on each node, so that its second answer comes from a process that runs already."""

    def look(self) -> NodeFacts:
        return node.look()

    def clock(self) -> float:
        return time.time()


def main() -> None:
    """Print one document behind `ANSWER`."""
    ray.init(address="auto", log_to_driver=False, logging_level=logging.ERROR)
    listed = ray.nodes()  # type: ignore[no-untyped-call]  # Ray gives it no types
    alive = [told for told in listed if told["Alive"]]
    probes = {told["NodeID"]: _on(told["NodeID"]) for told in alive}
    looks = {name: probe.look.remote() for name, probe in probes.items()}
    ray.wait(list(looks.values()), num_returns=len(looks), timeout=_PATIENCE_S)
    seen = [_node(told, probes[told["NodeID"]], looks[told["NodeID"]]) for told in alive]
    seen.sort(key=lambda node: (not node.is_head, node.pools, node.address))
    sys.stdout.write(f"{ANSWER}{Nodes(nodes=tuple(seen)).model_dump_json()}\n")


def _on(node_id: str) -> Any:
    there = NodeAffinitySchedulingStrategy(node_id=node_id, soft=False)
    return Probe.options(scheduling_strategy=there).remote()  # type: ignore[attr-defined]


def _node(told: Mapping[str, Any], probe: Any, look: Any) -> Node:
    total = told["Resources"]
    named = Node(
        id=told["NodeID"],
        address=told["NodeManagerAddress"],
        is_head="node:__internal_head__" in total,
        labels=told["Labels"],
        cpus=total.get("CPU", 0.0),
        gpus=total.get("GPU", 0.0),
    )
    try:
        facts = ray.get(look, timeout=0)
        ahead, unsure = _clock(probe)
    except GetTimeoutError:
        return named.model_copy(update={"trouble": f"no answer in {_PATIENCE_S:g} s"})
    except RayError as exc:
        return named.model_copy(update={"trouble": str(exc).strip().partition("\n")[0][:300]})
    return named.model_copy(
        update={"facts": facts, "clock_ahead_s": ahead, "clock_unsure_s": unsure}
    )


def _clock(probe: Any) -> tuple[float, float]:
    """Seconds that a node's clock is ahead of the head's, and how far that may be off."""
    tries = []
    for _ in range(_CLOCK_TRIES):
        before = time.time()
        there = ray.get(probe.clock.remote(), timeout=_CLOCK_S)
        after = time.time()
        tries.append(((after - before) / 2, there - (before + after) / 2))
    unsure, ahead = min(tries)
    return ahead, unsure


if __name__ == "__main__":
    main()

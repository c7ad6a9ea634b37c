"""A cluster's file as it holds at this moment: the same pools between other bounds."""

import copy
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cluster.fleet.pools import of_labels
from cluster.fleet.steering.opening import Opening
from cluster.fleet.steering.refusals import Pause


def steered(
    base: Mapping[str, Any],
    *,
    pauses: Mapping[str, Pause],
    nodes: Mapping[str, int],
    opening: Opening | None,
    now: datetime,
) -> dict[str, Any]:
    """The file `base` with the bounds of now. `nodes` are those that run or come, by node type.

    A paused type keeps what it has: below that number Ray would end nodes that work. Of a pool whose
    types are all paused, the one whose pause ends first is asked all the same. Nothing ever goes above
    the largest number in the file.
    """
    found = copy.deepcopy(dict(base))
    types = found["available_node_types"]
    if opening is not None and opening.holds(now):
        for name in opening.nodes.keys() & types.keys():
            _at_least(types[name], opening.nodes[name])
    for name in _left_alone(types, pauses, now):
        _at_most(types[name], nodes.get(name, 0))
    return found


def _left_alone(
    types: Mapping[str, Mapping[str, Any]], pauses: Mapping[str, Pause], now: datetime
) -> set[str]:
    resting = {name for name in types.keys() & pauses.keys() if now < pauses[name].until}
    pools: dict[str, list[str]] = defaultdict(list)
    for name, entry in types.items():
        for pool in of_labels(entry.get("labels") or {}):
            pools[pool].append(name)
    first = {
        min(members, key=lambda name: (pauses[name].until, name))
        for members in pools.values()
        if resting.issuperset(members)
    }
    return resting - first


def _at_least(entry: dict[str, Any], wanted: int) -> None:
    least = max(entry.get("min_workers", 0), wanted)
    entry["min_workers"] = min(least, entry["max_workers"])


def _at_most(entry: dict[str, Any], held: int) -> None:
    entry["max_workers"] = min(entry["max_workers"], held)
    entry["min_workers"] = min(entry.get("min_workers", 0), entry["max_workers"])

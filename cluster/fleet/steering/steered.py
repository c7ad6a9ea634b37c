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
    floors: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """The file `base` with the bounds of now.

    `nodes` are those that run or come, by node type; `floors` how many nodes of a pool an engineer
    wants at least.

    A paused type keeps what it has: below that number Ray would end nodes that work. Of a pool whose
    types are all paused, the one whose pause ends first is asked all the same. Nothing ever goes above
    the largest number in the file.
    """
    found = copy.deepcopy(dict(base))
    types = found["available_node_types"]
    if opening is not None and opening.holds(now):
        for name in opening.nodes.keys() & types.keys():
            _at_least(types[name], opening.nodes[name])
    alone = _left_alone(types, pauses, now)
    for pool, wanted in (floors or {}).items():
        _pool_at_least(types, _buyable(types, pool, alone), wanted)
    for name in alone:
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


def _buyable(types: Mapping[str, Any], pool: str, alone: set[str]) -> list[str]:
    """The pool's node types that may be bought, what Ray prefers first."""
    members = [
        name for name, entry in types.items() if pool in of_labels(entry.get("labels") or {})
    ]
    members = [name for name in members if name not in alone]
    return sorted(members, key=lambda name: -types[name].get("priority", 0))


def _pool_at_least(types: dict[str, Any], members: list[str], wanted: int) -> None:
    """What is missing is added to the type that is wanted most, up to its largest number, and so on."""
    missing = wanted - sum(types[name].get("min_workers", 0) for name in members)
    for name in members:
        least = types[name].get("min_workers", 0)
        added = max(0, min(missing, types[name]["max_workers"] - least))
        missing -= added
        types[name]["min_workers"] = least + added


def _at_least(entry: dict[str, Any], wanted: int) -> None:
    least = max(entry.get("min_workers", 0), wanted)
    entry["min_workers"] = min(least, entry["max_workers"])


def _at_most(entry: dict[str, Any], held: int) -> None:
    entry["max_workers"] = min(entry["max_workers"], held)
    entry["min_workers"] = min(entry.get("min_workers", 0), entry["max_workers"])

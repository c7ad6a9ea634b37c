"""Nodes that an engineer wants to run until a time, kept with the cluster: in the GCS.

Ray's own `request_resources` is one slot of the whole cluster, which Ray Data and Ray Train overwrite
and empty when they end. These stand until their time or until they are taken back.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, PositiveInt, TypeAdapter

from cluster.errors import BadInput
from cluster.fleet.pools import of_labels


class Prewarmed(BaseModel):
    """At least so many nodes of a pool run until then."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pool: str
    nodes: PositiveInt
    until: AwareDatetime


_HELD: Final = TypeAdapter(tuple[Prewarmed, ...])


def parsed(text: str | None) -> tuple[Prewarmed, ...]:
    """What was written, ended or not; nothing where nothing was."""
    return _HELD.validate_json(text) if text else ()


def written(held: Iterable[Prewarmed]) -> str:
    return _HELD.dump_json(tuple(held)).decode()


def holding(held: Iterable[Prewarmed], now: datetime) -> tuple[Prewarmed, ...]:
    """Those that have not ended."""
    return tuple(entry for entry in held if now < entry.until)


def most_nodes_by_pool(document: Mapping[str, Any]) -> dict[str, int]:
    """How many nodes each pool of a cluster's file may have."""
    found: dict[str, int] = {}
    for entry in document["available_node_types"].values():
        for pool in of_labels(entry.get("labels") or {}):
            found[pool] = found.get(pool, 0) + entry["max_workers"]
    return found


def check_prewarm(document: Mapping[str, Any], pool: str, nodes: int) -> None:
    """Raises BadInput for a pool that the cluster's file does not have, or not so large."""
    most = most_nodes_by_pool(document)
    if pool not in most:
        raise BadInput(f"POOL={pool!r}: this cluster has {', '.join(sorted(most))}")
    if nodes > most[pool]:
        raise BadInput(
            f"NODES={nodes}: the pool {pool} may have {most[pool]} (`max_nodes` in the source of the "
            "cluster's file says so); ask for fewer"
        )

"""Leases in PostgreSQL: who may act alone, with a token that fences off whoever held it before.

Expiry is judged by the database's clock, so that the holders' clocks need not agree.
"""

from dataclasses import dataclass
from typing import Final

from cluster.errors import Conflict
from cluster.stores.postgres import Connection, sql

CONTROL: Final = "control"
"""The lease of the leader of what a database has once: its queue, its schedules."""


def of_cluster(cluster_id: str) -> str:
    """The lease of the leader of what each cluster has for itself: what runs there."""
    return f"{CONTROL} of {cluster_id}"


@dataclass(frozen=True)
class Lease:
    """A lease as its holder knows it. Tokens only grow: a later holder has a greater one."""

    name: str
    token: int
    seconds: float


class LostLease(Conflict):
    """Another holder has taken the lease meanwhile: nothing may be written any more."""


def take(connection: Connection, name: str, *, holder: str, seconds: float) -> Lease | None:
    """The lease, where it is free, over, or this holder's; None while another holds it."""
    row = {"name": name, "holder": holder, "seconds": seconds}
    taken = connection.execute(sql("take_lease"), row).fetchone()
    return None if taken is None else Lease(name, taken["token"], seconds)


def prolong(connection: Connection, lease: Lease) -> None:
    """Have it for its full time from now on. Raises LostLease."""
    _require(connection.execute(sql("prolong_lease"), vars(lease)).rowcount, lease)


def hold(connection: Connection, lease: Lease) -> None:
    """Let nobody take it before this transaction ends; any number may hold it. Raises LostLease."""
    _require(connection.execute(sql("hold_lease"), vars(lease)).rowcount, lease)


def release(connection: Connection, lease: Lease) -> None:
    """Let the next one have it at once; nothing happens where it is lost already."""
    connection.execute(sql("release_lease"), vars(lease))


def is_held(connection: Connection, name: str) -> bool:
    """Whether anybody holds it now."""
    row = connection.execute(sql("get_lease"), {"name": name}).fetchone()
    return row is not None and row["held"]


def _require(rows: int, lease: Lease) -> None:
    if rows != 1:
        raise LostLease(f"the lease {lease.name!r} was taken by another")

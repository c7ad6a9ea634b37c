"""Leases in PostgreSQL: who may act alone, with a token that fences off whoever held it before.

Expiry is judged by the database's clock, so that the holders' clocks need not agree.
"""

from dataclasses import dataclass

from cluster.errors import Conflict
from cluster.stores.postgres import Connection, sql


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


def hold(connection: Connection, lease: Lease) -> None:
    """Prolong it, and let nobody take it before this transaction ends. Raises LostLease."""
    if connection.execute(sql("hold_lease"), vars(lease)).rowcount != 1:
        raise LostLease(f"the lease {lease.name!r} was taken by another")


def release(connection: Connection, lease: Lease) -> None:
    """Let the next one have it at once; nothing happens where it is lost already."""
    connection.execute(sql("release_lease"), vars(lease))


def is_held(connection: Connection, name: str) -> bool:
    """Whether anybody holds it now."""
    row = connection.execute(sql("get_lease"), {"name": name}).fetchone()
    return row is not None and row["held"]

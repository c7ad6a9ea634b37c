"""The outbox in PostgreSQL: notices, and the state of each delivery to a channel."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from cluster.stores.postgres import Connection, sql

DeliveryState = Literal["pending", "sent", "dead"]


@dataclass(frozen=True)
class Notice:
    """What happened. `channel` is the one that is told; None is whoever wants the event."""

    id: str
    event: str
    payload: Mapping[str, Any]
    channel: str | None
    created_at: datetime


@dataclass(frozen=True)
class Attempt:
    """A try that has begun: how many there were, with this one, and what to say."""

    number: int
    notice: Notice


@dataclass(frozen=True)
class Delivery:
    """How a notice fares on one channel. `error` is why the last attempt failed."""

    notice_id: str
    event: str
    payload: Mapping[str, Any]
    created_at: datetime
    channel: str
    state: DeliveryState
    attempts: int
    error: str
    ended_at: datetime | None


def insert_notice(
    connection: Connection,
    event: str,
    payload: Mapping[str, Any],
    *,
    channel: str | None,
    now: datetime,
) -> str:
    """Returns the id."""
    row = {"event": event, "payload": Jsonb(dict(payload)), "channel": channel, "now": now}
    written = connection.execute(sql("insert_notice"), row).fetchone()
    if written is None:
        raise LookupError("INSERT … RETURNING gave no row")
    return str(written["id"])


def take_unrouted(connection: Connection, *, limit: int) -> list[Notice]:
    """Notices that have no deliveries yet, locked for this transaction."""
    rows = connection.execute(sql("take_unrouted"), {"limit": limit}).fetchall()
    return [Notice(**(row | {"id": str(row["id"])})) for row in rows]


def route(
    connection: Connection, notice: Notice, channels: Collection[str], *, now: datetime
) -> None:
    """Write what the notice is, and a delivery for each channel."""
    row = {"id": notice.id, "event": notice.event, "payload": Jsonb(notice.payload), "now": now}
    connection.execute(sql("route_notice"), row)
    for channel in channels:
        connection.execute(sql("insert_delivery"), {"notice_id": notice.id, "channel": channel})


def begin(connection: Connection, notice_id: str, channel: str) -> Attempt | None:
    """Count an attempt. None where the delivery has ended."""
    place = {"notice_id": notice_id, "channel": channel}
    row = connection.execute(sql("begin_delivery"), place).fetchone()
    if row is None:
        return None
    notice = Notice(notice_id, row["event"], row["payload"], channel, row["created_at"])
    return Attempt(row["attempts"], notice)


def note(
    connection: Connection,
    notice_id: str,
    channel: str,
    *,
    state: DeliveryState,
    now: datetime,
    error: str = "",
) -> None:
    row = {"notice_id": notice_id, "channel": channel, "state": state, "error": error, "now": now}
    connection.execute(sql("note_delivery"), row)


def revive(connection: Connection, notice_id: str, channel: str | None) -> list[str]:
    """Open dead deliveries of a notice again; returns their channels."""
    place = {"notice_id": notice_id, "channel": channel}
    return [row["channel"] for row in connection.execute(sql("revive_delivery"), place)]


def list_deliveries(
    connection: Connection, *, states: Collection[DeliveryState] | None = None, limit: int
) -> list[Delivery]:
    """Newest first."""
    conditions = {"states": None if states is None else list(states), "limit": limit}
    return [Delivery(**row) for row in connection.execute(sql("list_deliveries"), conditions)]


def forget(connection: Connection, *, before: datetime) -> None:
    """Remove older notices whose deliveries have all ended."""
    connection.execute(sql("forget_notices"), {"before": before})

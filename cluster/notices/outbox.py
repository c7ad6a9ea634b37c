"""The outbox: what happened is written with what caused it, and told to channels afterwards."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from cluster.logs import get_logger
from cluster.notices import store
from cluster.notices.ingests import refusals
from cluster.notices.settings import Event
from cluster.notices.store import Notice
from cluster.queue import folder
from cluster.settings import Settings
from cluster.stores.postgres import Connection
from cluster.stores.tasks import DELIVER, defer

AT_ONCE: Final = 100


def notify(
    connection: Connection,
    event: Event,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    channel: str | None = None,
) -> str:
    """Write a notice in the caller's transaction: it is told if and only if that is committed.

    To one channel, or to all that want the event. Returns the id, the key of every delivery. The
    payload goes out as it is: put no secret into it.
    """
    return store.insert_notice(connection, event, payload, channel=channel, now=now)


def route(connection: Connection, settings: Settings, *, now: datetime) -> int:
    """Enter the deliveries of what is new, and a task for each; returns how many notices.

    At most AT_ONCE of them, the oldest, all in the caller's transaction. A notice that no channel wants is done with that.
    """
    found = store.take_unrouted(connection, limit=AT_ONCE)
    for notice in found:
        known = classify(notice, settings)
        channels = _channels(known, settings)
        store.route(connection, known, channels, now=now)
        for channel in channels:
            defer(connection, DELIVER, notice_id=known.id, channel=channel)
        get_logger().info("notice", kind=known.event, notice=known.id, channels=channels)
    return len(found)


def classify(notice: Notice, settings: Settings) -> Notice:
    """A failed job that was an ingest is more exactly one that failed, or one that refused rows."""
    if notice.event != "job.failed" or notice.payload.get("kind") != "ingest":
        return notice
    log = folder.kept_log(settings, str(notice.payload["job"]))
    refused = refusals(log.text if log else "")
    if not refused:
        return replace(notice, event="ingest.failed")
    added = {"rows": sum(refused.values()), "reasons": refused}
    return replace(notice, event="ingest.quarantined", payload={**notice.payload, **added})


def _channels(notice: Notice, settings: Settings) -> list[str]:
    if notice.channel is not None:
        return [notice.channel]
    channels = settings.notify_channels
    return sorted(name for name, channel in channels.items() if channel.wants(notice.event))

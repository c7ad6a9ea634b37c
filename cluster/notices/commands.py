"""What people do with notices: list deliveries, try dead ones again, test a channel."""

from collections.abc import Collection
from uuid import uuid4

from cluster.clock import Clock
from cluster.errors import NotFound
from cluster.notices import store
from cluster.notices.delivery import find_channel, send
from cluster.notices.messages import Message
from cluster.notices.store import Delivery, DeliveryState
from cluster.settings import Settings
from cluster.stores.postgres import connect
from cluster.stores.tasks import DELIVER, defer


def list_deliveries(
    settings: Settings, *, states: Collection[DeliveryState] | None = None, limit: int = 50
) -> list[Delivery]:
    with connect(settings, "serve") as connection:
        return store.list_deliveries(connection, states=states, limit=limit)


def retry(settings: Settings, notice_id: str, *, channel: str | None = None) -> list[str]:
    """Give a notice's dead deliveries all their attempts anew; returns the channels.

    Raises NotFound where none is dead.
    """
    with connect(settings, "serve") as connection:
        channels = store.revive(connection, notice_id, channel)
        for name in channels:
            defer(connection, DELIVER, notice_id=notice_id, channel=name)
    if not channels:
        raise NotFound(
            f"no dead delivery of {notice_id!r}; `trii notify list --state dead` shows them"
        )
    return channels


def test(settings: Settings, channel: str, *, clock: Clock) -> None:
    """Send a test at once, past the outbox. Raises DeliveryFailed that says why it did not go."""
    message = Message(str(uuid4()), "test", {"channel": channel}, clock())
    send(settings, find_channel(settings, channel), message, clock=clock)

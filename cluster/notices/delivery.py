"""One delivery: an attempt, and what its outcome means for the next one."""

from typing import Final

from cluster.clock import Clock
from cluster.logs import get_logger
from cluster.notices import apprise_channel, store, webhook
from cluster.notices.errors import DeliveryFailed, Undeliverable
from cluster.notices.messages import Message
from cluster.notices.settings import Channel
from cluster.notices.store import Attempt, DeliveryState
from cluster.settings import Settings
from cluster.stores.postgres import connect

WAITS_S: Final = (5, 30, 120, 600, 1800, 7200, 21600)
"""Seconds between attempts, eight in nine hours; then a delivery is dead."""


class TryAgain(DeliveryFailed):
    """The attempt failed, and the next one is due after `wait_s`."""

    def __init__(self, message: str, *, wait_s: int) -> None:
        super().__init__(message)
        self.wait_s = wait_s


def deliver(settings: Settings, notice_id: str, channel: str, *, clock: Clock) -> None:
    """Make one attempt, unless it has been delivered or is dead.

    A process killed behind the sending and before the row is written sends it again, with the same
    key. Raises TryAgain; StoreError where PostgreSQL is away.
    """
    with connect(settings, "serve") as connection:
        attempt = store.begin(connection, notice_id, channel)
    if attempt is None:
        return
    state, error = _attempt(settings, attempt, channel, clock)
    with connect(settings, "serve") as connection:
        store.note(connection, notice_id, channel, state=state, error=error, now=clock())
    get_logger().info(
        "delivery",
        notice=notice_id,
        channel=channel,
        state=state,
        attempt=attempt.number,
        why=error,
    )
    if state == "pending":
        raise TryAgain(error, wait_s=WAITS_S[attempt.number - 1])


def send(settings: Settings, channel: Channel, message: Message, *, clock: Clock) -> None:
    """Hand a message to a channel. Raises DeliveryFailed."""
    if channel.is_webhook:
        private = settings.notify_private_hosts
        webhook.send(channel, message, now=clock(), private_hosts=private)
    else:
        apprise_channel.send(channel, message)


def find_channel(settings: Settings, name: str) -> Channel:
    """Raises Undeliverable that names those there are."""
    channel = settings.notify_channels.get(name)
    if channel is None:
        known = ", ".join(sorted(settings.notify_channels)) or "none"
        raise Undeliverable(f"no channel {name!r} in TRII_NOTIFY_CHANNELS; there are: {known}")
    return channel


def _attempt(
    settings: Settings, attempt: Attempt, name: str, clock: Clock
) -> tuple[DeliveryState, str]:
    """The state that follows, and why it is not `sent`."""
    notice = attempt.notice
    message = Message(notice.id, notice.event, notice.payload, notice.created_at)
    try:
        send(settings, find_channel(settings, name), message, clock=clock)
    # First, being a kind of DeliveryFailed that no repetition mends.
    except Undeliverable as exc:
        return "dead", str(exc)
    except DeliveryFailed as exc:
        error = str(exc)
    except Exception as exc:  # noqa: BLE001 - a fault of ours or Apprise's; its text may hold secrets
        error = f"unexpected {type(exc).__name__}"
    else:
        return "sent", ""
    return ("pending" if attempt.number <= len(WAITS_S) else "dead"), error

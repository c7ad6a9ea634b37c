"""Waiting until Serve has come to an epoch of the control truth."""

import time
from collections.abc import Callable
from typing import Final

from cluster.desired.store import read_reached
from cluster.errors import PlatformError
from cluster.settings import Settings
from cluster.stores.postgres import connect
from cluster.stores.settings import PostgresRole

_LOOK_S: Final = 0.3


def await_reached(
    settings: Settings,
    epoch: int,
    *,
    role: PostgresRole,
    timeout_s: float = 180.0,
    progress: Callable[[str], None],
) -> None:
    """Wait for the loop `reconcile`, and tell its news.

    Raises PlatformError with Serve's own reason where it refuses, and where there was no news for
    `timeout_s`, or no end in three times that.
    """
    news, end = "the loop `reconcile` says nothing", time.monotonic() + timeout_s
    limit = end + 2 * timeout_s  # reasons may alternate for ever
    progress(f"waiting until Serve has followed to epoch {epoch}")
    with connect(settings, role) as connection:
        # Each look by itself: no transaction stays open for minutes.
        connection.autocommit = True
        while True:
            found = read_reached(connection, settings.cluster_id)
            if found is not None and found.epoch >= epoch:
                if found.state == "reached":
                    return
                if found.state == "refused":
                    raise PlatformError(found.reason)
                if found.reason != news:
                    news, end = found.reason, time.monotonic() + timeout_s
                    progress(news)
            if time.monotonic() > min(end, limit):
                raise PlatformError(
                    f"Serve did not follow to epoch {epoch} within {timeout_s:.0f} s: {news}; "
                    "see `trii doctor`"
                )
            time.sleep(_LOOK_S)

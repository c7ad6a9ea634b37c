"""A job's connection to the platform's Ray cluster."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from cluster.errors import PlatformError
from cluster.fleet.pools import carried
from cluster.settings import Settings


@contextmanager
def connected(settings: Settings) -> Iterator[None]:
    """Connected to the running cluster for the block. Never starts one.

    Raises `PlatformError` when none answers.
    """
    import ray  # noqa: PLC0415  # a second of import that only jobs on Ray pay

    # Whoever connected before also ends the connection.
    if ray.is_initialized():
        yield
        return
    try:
        # Ray itself waits for minutes where nothing listens.
        socket.create_connection((settings.ray_host, settings.ray_port), timeout=5).close()
        ray.init(address=settings.ray_address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError) as exc:
        raise PlatformError(
            f"no Ray cluster at {settings.ray_address}: `trii status` says more, `trii up` starts it"
        ) from exc
    try:
        yield
    finally:
        ray.shutdown()


def pools_here() -> tuple[str, ...]:
    """The pools that have nodes in the cluster that this process is connected to."""
    import ray  # noqa: PLC0415  # as above

    return carried(ray.nodes())  # type: ignore[no-untyped-call]  # Ray gives it no types

"""A leader of control loops that runs beside a block of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from cluster.control.leader import Leader


@contextmanager
def leading(leader: Leader) -> Iterator[None]:
    """Have a leader run beside the block; its lease is given back at the end."""
    stop = Event()
    thread = Thread(target=leader.run, args=(stop,), daemon=True, name="leader")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()

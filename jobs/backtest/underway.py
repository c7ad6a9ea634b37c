"""What a backtest is at while its shards run: told at once, not from the first finished shard on."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread

from cluster.errors import StoreError
from cluster.queue import progress
from cluster.stores.place import Place
from jobs.backtest.shard import UNDERWAY

_LOOK_S = 0.25
_UNIT = "shards"
Count = Callable[[int], None]


def tell_planning() -> None:
    """The first line of a run, while it is still open how many shards it has."""
    progress.report(0, unit=_UNIT, doing="planning", stream=sys.stderr)


@contextmanager
def following(folder: Place, of: int, *, idle: str) -> Iterator[Count]:
    """Tell on standard error how many of `of` shards in `folder` are done and how many run.

    Whenever either changes, until the block ends; `idle` says what it is at while none does. Gives what
    is to be called with the number of those that are done.
    """
    shown, over = _Shown(folder, of, idle), Event()

    def look() -> None:
        while not over.wait(_LOOK_S):
            with suppress(StoreError):  # what is away may be back at the next look
                shown.look()

    shown.look()
    thread = Thread(target=look, daemon=True)
    thread.start()
    try:
        yield shown.count
    finally:
        over.set()
        thread.join()


class _Shown:
    """What was told last; safe between threads."""

    def __init__(self, folder: Place, of: int, idle: str) -> None:
        self._folder, self._of, self._idle = folder, of, idle
        # Marks that a killed attempt has left tell nothing of this one.
        self._left = self._marks()
        self._done, self._last = 0, ""
        self._lock = Lock()

    def count(self, done: int) -> None:
        self._done = done
        self.look()

    def look(self) -> None:
        with self._lock:
            doing = self._doing()
            if (now := f"{self._done} {doing}") != self._last:
                self._last = now
                progress.report(self._done, self._of, _UNIT, doing=doing, stream=sys.stderr)

    def _doing(self) -> str:
        if self._done >= self._of:
            return "putting them together"
        running = len(self._marks() - self._left)
        return f"{running} running" if running else self._idle

    def _marks(self) -> set[tuple[str, int]]:
        """Name and time of those that are being computed."""
        files = self._folder.files()
        return {(file.name, file.written_ns) for file in files if file.name.endswith(UNDERWAY)}

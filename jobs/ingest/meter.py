"""How far an ingest is, how fast, and how long it still takes."""

import time
from collections.abc import Callable

_EVERY_S = 1.0


class Meter:
    """Counts pieces of work and rows; the time left assumes that the pieces to come are alike."""

    def __init__(self, total: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self._clock = clock
        self._began = self._told = clock()
        self._done = self._rows = 0

    def due(self) -> bool:
        """Whether a second has passed since it last said so: readers need no more lines."""
        if self._clock() - self._told < _EVERY_S:
            return False
        self._told = self._clock()
        return True

    def add(self, rows: int) -> None:
        """One more piece is done, with that many rows."""
        self._done += 1
        self._rows += rows

    def __str__(self) -> str:
        passed = self._clock() - self._began
        speed = self._rows / passed if passed > 0 else 0.0
        ahead = max(self.total - self._done, 0)  # a window that is asked again counts again
        left = passed * ahead / self._done if self._done else 0.0
        return (
            f"{self._done:,} of {self.total:,}, {self._rows:,} rows, {speed:,.0f} rows/s, "
            f"ETA {_clock_face(left)}"
        )


def _clock_face(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

"""The newest events of a job, shared by all who follow it: what is kept is bounded, not who reads."""

from typing import Final

from deployments.stream.wire import Entry, Position

_SPARE: Final = 4096  # dropped entries that stay in the list until it is worth moving the rest


class Ring:
    """Events by number, 0 for the first ever; those below `first` are gone.

    Holds at most `limit_bytes` of frames, and always the newest event. `lost` is the place of the
    last log line that is gone.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.first = 0
        self.lost: Position | None = None
        self._limit = limit_bytes
        self._bytes = 0
        # The number of the list's first entry: those from here up to `first` are dropped, but not
        # moved yet.
        self._offset = 0
        self._entries: list[Entry] = []

    @property
    def end(self) -> int:
        """The number of the next event."""
        return self._offset + len(self._entries)

    def append(self, entry: Entry) -> None:
        """Keep one more; the oldest give way."""
        self._entries.append(entry)
        self._bytes += len(entry.frame)
        while self._bytes > self._limit and self.end - self.first > 1:
            self._drop()
        if self.first - self._offset > _SPARE:
            del self._entries[: self.first - self._offset]
            self._offset = self.first

    def read(self, start: int, *, limit_bytes: int) -> list[Entry]:
        """Events from number `start` on, at least one where there is any, about `limit_bytes`."""
        found: list[Entry] = []
        size = 0
        for place in range(start - self._offset, len(self._entries)):
            found.append(self._entries[place])
            size += len(found[-1].frame)
            if size >= limit_bytes:
                break
        return found

    def _drop(self) -> None:
        gone = self._entries[self.first - self._offset]
        self._bytes -= len(gone.frame)
        self.first += 1
        if gone.kind == "log":
            self.lost = gone.position

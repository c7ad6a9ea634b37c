"""Events on the wire (`text/event-stream`), and the places in a job's log that number them."""

import re
from typing import Any, Final, Literal, NamedTuple, Self

import orjson

HEARTBEAT: Final = b": heartbeat\n\n"
_ID = re.compile(r"([0-9]{1,9})-([0-9]{1,12})(-end)?")

Kind = Literal["state", "progress", "log", "gap", "end", "reconnect", "closed"]


class Position(NamedTuple):
    """So many lines of this attempt's log have been told; `ended`: and how the job ended.

    Positions are ordered, and the same on every replica: they count what the job has written.
    """

    attempt: int
    line: int
    ended: bool = False

    def __str__(self) -> str:
        return f"{self.attempt}-{self.line}{'-end' if self.ended else ''}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The position that an event's id says; None for another text."""
        found = _ID.fullmatch(text)
        return found and cls(int(found[1]), int(found[2]), bool(found[3]))


class Entry(NamedTuple):
    """One event, ready to be sent."""

    kind: Kind
    position: Position | None
    frame: bytes


def entry(kind: Kind, position: Position | None, **fields: Any) -> Entry:
    """An event whose data name its type too, for clients that read the data alone.

    One without a position leaves a client where it is in the log.
    """
    data = orjson.dumps({"type": kind, **fields}, option=orjson.OPT_UTC_Z)
    number = b"" if position is None else b"id: %s\n" % str(position).encode()
    return Entry(kind, position, b"%sevent: %s\ndata: %s\n\n" % (number, kind.encode(), data))


def wait_before_reconnecting(milliseconds: int) -> bytes:
    """How long a client shall wait before it comes back when the connection breaks."""
    return b"retry: %d\n\n" % milliseconds

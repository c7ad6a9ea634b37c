"""A job's log and files on their way out: a part of the log, and files that lie inside the folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from cluster.errors import NotFound
from cluster.queue.folder import LogEnd
from cluster.stores.place import Place

LOG_PART: Final = 1_000_000
_CHUNK: Final = 256 * 1024


@dataclass(frozen=True)
class LogPart:
    """Some bytes of a log, UTF-8: where they begin, and how many the log has in all."""

    start: int
    content: bytes
    length: int


def log_part(log: LogEnd, *, start: int | None, limit: int = LOG_PART) -> LogPart:
    """At most `limit` bytes from `start` on; without it the last ones, from the begin of a line.

    No character is cut at the end. What the log does not give any more is passed over.
    """
    data = log.text.encode(errors="replace")
    begin = _last(data, limit) if start is None else max(0, start - log.before)
    end = begin + limit
    while begin < end < len(data) and data[end] & 0xC0 == 0x80:  # in the midst of a character
        end -= 1
    return LogPart(begin + log.before, data[begin:end], log.before + len(data))


def _last(data: bytes, limit: int) -> int:
    """Where the last `limit` bytes begin, or the first line that begins in them."""
    begin = max(0, len(data) - limit)
    return (data.find(b"\n", begin) + 1 or begin) if begin else 0


def open_inside(top: Place, name: str) -> BinaryIO:
    """A file of a job, for reading.

    Whatever a job puts into its folder, also while this runs, nothing outside of it is read. Raises
    NotFound, StoreError.
    """
    try:
        return top.inside(name)
    except FileNotFoundError as exc:
        raise NotFound(
            "the job has no such file: its artifacts are listed without a name behind them"
        ) from exc


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The file's bytes; it is closed at the end, and where nobody reads on."""
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk

"""A job's log and files on their way out: a part of the log, and files that lie inside the folder."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cluster.errors import NotFound
from cluster.queue.folder import LogEnd

LOG_PART: Final = 1_000_000
_CHUNK: Final = 256 * 1024
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: a pipe that a job has made must not hold a thread for ever.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


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


def open_inside(top: Path, name: str) -> BinaryIO:
    """A regular file below `top`, for reading.

    Every part of `name` is opened below the one before and no link is followed: whatever a job puts
    into its folder, also while this runs, nothing outside of it is read. Raises NotFound.
    """
    parts = name.split("/")
    # `..` too, which is no link: nothing below would refuse it.
    if any(part.startswith(".") or not part or "\0" in part for part in parts):
        raise _no_file()
    try:
        return _regular(_descend(top, parts))
    except OSError as exc:
        raise _no_file() from exc


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The file's bytes; it is closed at the end, and where nobody reads on."""
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _descend(top: Path, parts: list[str]) -> int:
    place = os.open(top, _FOLDER)
    for part in parts[:-1]:
        try:
            deeper = os.open(part, _FOLDER, dir_fd=place)
        finally:
            os.close(place)
        place = deeper
    try:
        return os.open(parts[-1], _FILE, dir_fd=place)
    finally:
        os.close(place)


def _regular(descriptor: int) -> BinaryIO:
    # Asked of the open file: its name may mean something else by now.
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _no_file()
    return os.fdopen(descriptor, "rb")


def _no_file() -> NotFound:
    return NotFound("the job has no such file: its artifacts are listed without a name behind them")

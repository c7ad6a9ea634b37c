"""The folder of a job: its log, kept after Ray and the node are gone, and what the job wrote there."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cluster.settings import Settings
from cluster.stores import places
from cluster.stores.place import Place

LOG = "log.txt"
# Characters (of what is shown, bytes) of a log: on disk (Ray sends 150 MB/s, and while it is kept the queue does not move), and at
# once in memory.
KEPT: Final = 1_000_000_000
SHOWN: Final = 32_000_000
_PIECE: Final = 65_536


@dataclass(frozen=True)
class Artifact:
    """A file of a job: its path within the folder, and its size."""

    name: str
    bytes: int


@dataclass(frozen=True)
class LogEnd:
    """The end of a log, which says why a job ended: its last SHOWN characters, with plain line ends.

    `before` counts the bytes that stand before them.
    """

    text: str = ""
    before: int = 0

    def __str__(self) -> str:
        """The text, and a word on what is left out."""
        if not self.before:
            return self.text
        return f"[{self.before:,} bytes before this are left out; the job's {LOG} has them]\n{self.text}"


def folder(settings: Settings, job_id: str) -> Place:
    return places.jobs(settings) / job_id


def keep_log(settings: Settings, job_id: str, pieces: Iterable[str], *, limit: int = KEPT) -> None:
    """Write the log of the current attempt; a reader sees the old one or the new one.

    What is longer than `limit` characters is cut off there.
    """
    with (folder(settings, job_id) / LOG).writing() as file:
        for piece in _up_to(pieces, limit):
            file.write(piece.encode())


def set_aside_log(settings: Settings, job_id: str, attempt: int) -> None:
    """Keep the log of an attempt that is over as `log-<attempt>.txt`, for the next one's sake."""
    log = folder(settings, job_id) / LOG
    if log.exists():
        log.rename(f"log-{attempt}.txt")


def kept_log(settings: Settings, job_id: str) -> LogEnd | None:
    """What was kept of a job's log; None where there is none, or something else in its place.

    The job can write into its folder: no link is followed, and no pipe is waited for. Raises
    StoreError.
    """
    try:
        file = folder(settings, job_id).inside(LOG)
    except FileNotFoundError:
        return None
    with file:
        before = max(0, file.seek(0, os.SEEK_END) - SHOWN)
        file.seek(before)
        return LogEnd(_plain(file.read().decode(errors="replace")), before)


def end_of(pieces: Iterable[str]) -> LogEnd:
    """The end of a log that comes in pieces; no more of it is ever held than is shown, and a piece."""
    kept: deque[str] = deque()
    length = before = 0
    for piece in pieces:
        kept.append(piece)
        length += len(piece)
        while length - len(kept[0]) >= SHOWN:
            gone = kept.popleft()
            length -= len(gone)
            before += len(gone.encode())
    text = "".join(kept)
    cut = max(0, length - SHOWN)
    return LogEnd(_plain(text[cut:]), before + len(text[:cut].encode()))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _up_to(pieces: Iterable[str], limit: int) -> Iterator[str]:
    """At most `limit` characters, and no piece asked for behind them."""
    for piece in pieces:
        yield piece[:limit]
        limit -= len(piece)
        if limit <= 0:
            return


def artifacts(settings: Settings, job_id: str) -> list[Artifact]:
    """Every file in the job's folder, by name; unfinished ones (a dot before the name) are not shown.

    Raises StoreError.
    """
    found = folder(settings, job_id).files()
    return [Artifact(file.name, file.size) for file in found if _is_shown(file.name)]


def _is_shown(name: str) -> bool:
    return name.rpartition("/")[2][0] != "."

"""Drivers of which Ray can't be believed: what they tell themselves stands for it.

Ray calls a live job failed where its own supervision had a fault, such as a control service that was
away; and it knows nothing of what ended in a cluster whose memory is lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cluster.clock import Clock
from cluster.errors import StoreError
from cluster.queue import folder, pulse
from cluster.queue.pulse import Pulse
from cluster.queue.ray_jobs import NotNow, RayJobs
from cluster.queue.rules.job import Job, RayJob
from cluster.queue.rules.steps import as_ended, is_doubted
from cluster.settings import Settings
from cluster.stores.place import Place

_SILENT: Final = timedelta(seconds=pulse.SILENT_S)
_TAIL: Final = 20_000  # characters of a log, as Ray's own message has


@dataclass(frozen=True)
class _Heard:
    beats: int
    at: datetime


class Drivers:
    """Keeps in mind when each doubted driver was last heard. Every method may raise NotNow, RayAway."""

    def __init__(self, settings: Settings, ray: RayJobs, clock: Clock) -> None:
        self._settings = settings
        self._ray = ray
        self._clock = clock
        self._heard: dict[str, _Heard] = {}

    def seen(self, job: Job, told: RayJob | None, *, session: str) -> RayJob | None:
        """The attempt as Ray tells of it; where that is doubted, as its driver does."""
        name = job.submission_id or job.id
        if not is_doubted(job, told, session=session):
            self._heard.pop(name, None)
            return told
        with _folder_of(job):
            found = self._read(job, name)
            if found is None or found.forbidden:
                return told
            if found.exit_status is not None:
                return as_ended(job, found.exit_status, self._last_words(job, name))
            if self._lives(name, found):
                return RayJob(name, "RUNNING", "", job_id=job.id)
            # It may be held up, or cut off: should it come back, it ends itself.
            pulse.forbid(self._folder(job), name)
            return told

    def never_begins(self, job: Job) -> bool:
        """Forbid an attempt to begin; False where it has begun already."""
        name = job.submission_id or job.id
        with _folder_of(job):
            pulse.forbid(self._folder(job), name)
            return pulse.read(self._folder(job), name) is None

    def stop(self, job: Job) -> None:
        """Have the driver end also where Ray's supervision of it is gone."""
        with _folder_of(job):
            pulse.forbid(self._folder(job), job.submission_id or job.id)

    def _read(self, job: Job, name: str) -> Pulse | None:
        found = pulse.read(self._folder(job), name)
        if found is None and not self.never_begins(job):
            return pulse.read(self._folder(job), name)
        return found

    def _lives(self, name: str, found: Pulse) -> bool:
        """By this process's own clock: those of two machines may differ."""
        now, last = self._clock(), self._heard.get(name)
        if last is None or last.beats != found.beats:
            self._heard[name] = _Heard(found.beats, now)
            return True
        return now - last.at < _SILENT

    def _last_words(self, job: Job, name: str) -> str:
        pieces = self._ray.log(name)
        end = folder.kept_log(self._settings, job.id) if pieces is None else folder.end_of(pieces)
        return end.text[-_TAIL:] if end else ""

    def _folder(self, job: Job) -> Place:
        return folder.folder(self._settings, job.id)


@contextmanager
def _folder_of(job: Job) -> Iterator[None]:
    """Nothing is decided of a driver whose word can't be read; other jobs go on."""
    try:
        yield
    except (OSError, StoreError) as exc:
        raise NotNow(f"the folder of job {job.id} can't be reached: {exc}") from exc
